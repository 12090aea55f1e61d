"""OpenAPI documents: the GETs whose parameters all have an example or a default."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from bench.errors import UsageError
from bench.workloads.requests.files import text_of
from bench.workloads.requests.model import PlainRequest, RequestSet, request_set, sendable
from bench.workloads.requests.targets import checked, place

OPTION: Final = "--openapi"
_DEEPEST: Final = 20  # references that lead to references
_MOST_LEFT_OUT: Final = 3  # that are named
_UNSET: Final = object()


def openapi(path: Path, headers: Sequence[tuple[str, str]] = ()) -> RequestSet:
    """Read a document in JSON. Raises UsageError."""
    source = f"{OPTION} {str(path)!r}"
    document = _document(path)
    found: list[PlainRequest] = []
    left_out: list[str] = []
    for template, item in _mapping(document.get("paths")).items():
        operation = _resolved(document, item)
        get = _mapping(operation).get("get")
        if not isinstance(get, Mapping):
            continue
        try:
            found.append(_request(document, template, operation, get, headers))
        except ValueError as error:
            left_out.append(f"{template[:60]} ({error})")
    if not found:
        why = f": {_told(left_out)}" if left_out else ": it has no GET"
        raise UsageError(f"{source} says nothing that can be asked without more{why}")
    notes = [f"{source}: left out: {_told(left_out)}"] if left_out else []
    return request_set(source, found, str(path.resolve()), notes)


def _document(path: Path) -> Mapping[str, Any]:
    text = text_of(path, OPTION)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "too deep"
        raise UsageError(
            f"{OPTION} {str(path)!r} is no JSON ({what}): save the document that the app serves at "
            "/openapi.json"
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise UsageError(f"{OPTION} {str(path)!r} is no OpenAPI document: it has no paths")
    return document


def _request(
    document: Mapping[str, Any],
    template: str,
    item: Any,
    get: Mapping[str, Any],
    headers: Sequence[tuple[str, str]],
) -> PlainRequest:
    """The GET of a path. Raises ValueError for what it needs and the document does not say."""
    path, query = template, []
    for parameter in _parameters(document, item, get):
        name, where = str(parameter.get("name")), parameter.get("in")
        value = _value(document, parameter)
        if value is _UNSET:
            if parameter.get("required") or where == "path":
                raise ValueError(f"{where} parameter '{name[:40]}' has no example")
        elif where == "path":
            path = path.replace(
                f"{{{name}}}", quote(_text(value), safe="", errors="surrogateescape")
            )
        elif where == "query":
            each = value if isinstance(value, list) else [value]
            query += [(name, _text(one)) for one in each]
    if "{" in path:
        raise ValueError("a part of its path is no parameter")
    found = place(path + (f"?{urlencode(query, errors='surrogateescape')}" if query else ""))
    return checked(PlainRequest(found.target, "GET", sendable(headers)))


def _parameters(
    document: Mapping[str, Any], item: Any, get: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Those of the path and of the operation, whose word is the last."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for owner in (_mapping(item), get):
        every = owner.get("parameters")
        for each in every if isinstance(every, list) else []:
            parameter = _mapping(_resolved(document, each))
            found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    yield from found.values()


def _value(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Any:
    """What the document gives as an example of a parameter, or as its default."""
    schema = _mapping(_resolved(document, parameter.get("schema")))
    if "example" in parameter:
        return parameter["example"]
    for example in _mapping(parameter.get("examples")).values():
        found = _mapping(_resolved(document, example))
        if "value" in found:
            return found["value"]
    for name in ("example", "default"):
        if name in schema and schema[name] is not None:
            return schema[name]
    for name in ("examples", "enum"):
        if isinstance(schema.get(name), list) and schema[name]:
            return schema[name][0]
    return _UNSET


def _resolved(document: Mapping[str, Any], value: Any) -> Any:
    """What a reference within the document stands for. Raises ValueError where it goes round."""
    for _ in range(_DEEPEST):
        if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
            return value
        reference = value["$ref"]
        if not reference.startswith("#/"):
            raise ValueError(f"it refers to another document, {reference[:40]!r}")
        value = document
        for part in reference[2:].split("/"):
            value = _mapping(value).get(part.replace("~1", "/").replace("~0", "~"))
    raise ValueError("its references go round in a circle")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _told(left_out: Sequence[str]) -> str:
    more = (
        f"; and {len(left_out) - _MOST_LEFT_OUT:,} more" if len(left_out) > _MOST_LEFT_OUT else ""
    )
    return f"{'; '.join(left_out[:_MOST_LEFT_OUT])}{more}"
