"""The operations of an OpenAPI document, and what each sends as far as the document says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from bench.workloads.requests.openapi.document import ApiDocument, mapping
from bench.workloads.requests.openapi.values import UNSET, given, made, text_of
from bench.workloads.requests.plain_request import PlainRequest, header, sendable
from bench.workloads.requests.targets import checked, place

GET: Final = "GET"
_READING: Final = (GET,)
_ALL: Final = (GET, "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_SET_ELSEWHERE: Final = frozenset({"accept", "content-type", "authorization"})
"""Parameters of these names are ignored, says OpenAPI: other parts of the document have them."""


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """A link from an answer to a parameter of another operation. at: a pointer into its body."""

    operation: str
    parameter: str
    at: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. template: its path, with names in braces, below the document's base.

    path: names of the parameters of its path, with the value that the document gives; None: it
    gives none. guesses: values that their schemas allow.
    """

    method: str
    template: str
    name: str = ""
    path: Mapping[str, str | None] = field(default_factory=dict)
    guesses: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    links: tuple[AnswerLink, ...] = ()

    @property
    def shown(self) -> str:
        """As messages name it."""
        path = self.template[:60]
        return path if self.method == GET else f"{self.method} {path}"

    def request(
        self, base: str, values: Mapping[str, str], headers: Sequence[tuple[str, str]]
    ) -> PlainRequest:
        """It as sent. values: of its path's parameters. Raises ValueError where it cannot be."""
        path = self.template
        for name in self.path:
            if values[name] in {"", ".", ".."}:
                raise ValueError(f"parameter '{name[:40]}' has no value that a path can have")
            path = path.replace(f"{{{name}}}", quote(values[name], "", errors="surrogateescape"))
        if "{" in path:
            raise ValueError("a part of its path is no parameter")
        query = f"?{urlencode(self.query, errors='surrogateescape')}" if self.query else ""
        if not path.startswith("/"):
            raise ValueError(f"{path[:40]!r} is no path: it must begin with /")
        found = place(base + path + query)
        given_names = {name.lower() for name, _ in headers}
        own = [each for each in self.headers if each[0].lower() not in given_names]
        return checked(
            PlainRequest(found.target, self.method, sendable([*headers, *own]), self.body)
        )


def operations(
    document: ApiDocument, *, writes: bool
) -> tuple[list[Operation], dict[str, str], int]:
    """Operations that can be sent, the others with a reason, and how many were not requested.

    writes: all methods, not GET alone.
    """
    found: list[Operation] = []
    left_out: dict[str, str] = {}
    unasked = 0
    for template, item in mapping(document.content.get("paths")).items():
        try:
            resolved = mapping(document.resolved(item))
        except ValueError as error:
            left_out[template[:60]] = str(error)
            continue
        for method in _ALL:
            content = resolved.get(method.lower())
            if not isinstance(content, Mapping):
                continue
            if method not in (_ALL if writes else _READING):
                unasked += 1
                continue
            try:
                found.append(_operation(document, method, template, resolved, content))
            except ValueError as error:
                left_out[Operation(method, template).shown] = str(error)
    return found, left_out, unasked


def _operation(
    document: ApiDocument,
    method: str,
    template: str,
    item: Mapping[str, Any],
    content: Mapping[str, Any],
) -> Operation:
    """One operation. Raises ValueError if something that it needs is not in the document."""
    values = _Values(document)
    for parameter in _parameters(document, item, content):
        values.put(parameter)
    kind, body = _body(document, content, values)
    if body is not None:
        values.headers.append(("Content-Type", kind))
    return Operation(
        method,
        template,
        str(content.get("operationId", "")),
        values.path,
        values.guesses,
        tuple(values.query),
        tuple(values.headers),
        body,
        tuple(_links(document, content)),
    )


@dataclass(slots=True)
class _Values:
    """The values of one operation's parameters, by where they are sent."""

    document: ApiDocument
    path: dict[str, str | None] = field(default_factory=dict)
    guesses: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    form: dict[str, Any] = field(default_factory=dict)
    body: Any = UNSET

    def put(self, parameter: Mapping[str, Any]) -> None:
        """Find the value of one, if it has to have one or the document gives it."""
        name, where = str(parameter.get("name")), parameter.get("in")
        value = _given(self.document, parameter)
        if where == "path":
            self._put_path(name, value, parameter)
            return
        if value is UNSET and (parameter.get("required") is True or where == "body"):
            value = _made(self.document, parameter)
        if value is not UNSET:
            self._put_value(name, str(where), value)

    def _put_path(self, name: str, value: Any, parameter: Mapping[str, Any]) -> None:
        self.path[name] = None if value is UNSET else text_of(value)
        if value is UNSET and (guess := _guess(self.document, parameter)) is not None:
            self.guesses[name] = guess

    def _put_value(self, name: str, where: str, value: Any) -> None:
        if where == "query":
            each = value if isinstance(value, list) else [value]
            self.query += [(name, text_of(one)) for one in each]
        elif where == "header" and name.lower() not in _SET_ELSEWHERE:
            self.headers.append(header(f"{name}: {text_of(value)}"))
        elif where == "cookie":
            self.headers.append(header(f"Cookie: {name}={text_of(value)}"))
        elif where == "formData":
            self.form[name] = value
        elif where == "body":
            self.body = value


def _parameters(
    document: ApiDocument, item: Mapping[str, Any], content: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Parameters of the path and of the operation; the operation's take precedence."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for owner in (item, content):
        every = owner.get("parameters")
        for each in every if isinstance(every, list) else []:
            parameter = mapping(document.resolved(each))
            found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    yield from found.values()


def _given(document: ApiDocument, parameter: Mapping[str, Any]) -> Any:
    """What the document gives of a parameter, in it or in its schema."""
    value = given(document, parameter)
    return value if value is not UNSET else given(document, parameter.get("schema"))


def _made(document: ApiDocument, parameter: Mapping[str, Any]) -> Any:
    """A value that a parameter's schema allows; of version 2, the parameter is its own schema."""
    name = f"{parameter.get('in')} parameter '{str(parameter.get('name'))[:40]}'"
    if "schema" not in parameter and "type" not in parameter:
        raise ValueError(f"{name} has no example")
    try:
        return made(document, parameter.get("schema", parameter))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _guess(document: ApiDocument, parameter: Mapping[str, Any]) -> str | None:
    """A guessed value for a path parameter; None: there is no schema for it."""
    try:
        return text_of(_made(document, parameter))
    except ValueError:
        return None


def _body(
    document: ApiDocument, content: Mapping[str, Any], values: _Values
) -> tuple[str, bytes | None]:
    """The type of what is sent, and it; None: nothing. Raises ValueError."""
    if values.form:
        return _encoded(_FORM, values.form)
    if values.body is not UNSET:
        return _encoded(_JSON, values.body)
    asked = mapping(document.resolved(content.get("requestBody")))
    offered = mapping(asked.get("content"))
    if not offered:
        return "", None
    kind = next((each for each in offered if _is_json(each)), None)
    kind = kind or next((each for each in (_FORM, "text/plain") if each in offered), None)
    if kind is None:
        raise ValueError(f"its body is {next(iter(offered))[:40]!r}, which is not made up")
    media = mapping(document.resolved(offered[kind]))
    value = given(document, media)
    if value is UNSET:
        value = made(document, media.get("schema"))
    return _encoded(kind, value)


def _encoded(kind: str, value: Any) -> tuple[str, bytes]:
    if _is_json(kind):
        return kind, json.dumps(value, separators=(",", ":")).encode()
    if kind != _FORM:
        return kind, text_of(value).encode(errors="surrogateescape")
    pairs = [(str(name), text_of(each)) for name, each in mapping(value).items()]
    return kind, urlencode(pairs, errors="surrogateescape").encode()


def _is_json(kind: str) -> bool:
    plain = kind.partition(";")[0].strip().lower()
    return plain == _JSON or plain.endswith("+json")


def _links(document: ApiDocument, content: Mapping[str, Any]) -> Iterator[AnswerLink]:
    """What its answers say of others, where it is in their bodies."""
    for response in mapping(content.get("responses")).values():
        try:
            links = mapping(mapping(document.resolved(response)).get("links"))
            found = [mapping(document.resolved(each)) for each in links.values()]
        except ValueError:
            continue  # an answer that the document does not describe says nothing of others
        for link in found:
            for name, where in mapping(link.get("parameters")).items():
                if isinstance(where, str) and where.startswith("$response.body#"):
                    pointer = where.removeprefix("$response.body#")
                    yield AnswerLink(
                        str(link.get("operationId")), name.removeprefix("path."), pointer
                    )
