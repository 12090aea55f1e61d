"""A right answer on record: what one server said, several times, and what others must say."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bench.workloads.recorded.json_tree import JsonValue, parsed, path_at
from bench.workloads.recorded.learning import learned
from bench.workloads.recorded.marks import Marks
from bench.workloads.recorded.template import Mismatch, Template, read
from bench.workloads.secrets import hidden

if TYPE_CHECKING:  # as in bench.workloads.requests.plain_request
    import httpx

MOST_BYTES: Final = 256 * 1024
"""Of a body that is recorded; of a longer one, its length and a digest are."""
_DEMANDED: Final = (
    "content-type", "content-encoding", "content-disposition", "location", "www-authenticate",
)  # fmt: skip
"""Headers that a client goes by."""
_COOKIES: Final = "set-cookie"
_METRICS: Final = re.compile(r"text/plain; .*\bversion=\d|application/openmetrics-text\b")
"""The type of what Prometheus reads: an app's own counters and times, which load changes."""
_LOOKED_AT: Final = frozenset(name.encode() for name in (*_DEMANDED, _COOKIES))
_Head: TypeAlias = Sequence[tuple[bytes, bytes]]
_REMEMBERED: Final = 64
_BEFORE: Final = 12  # characters that are shown before a difference
_AFTER: Final = 32
_MOST_PATH: Final = 60


@dataclass(frozen=True, slots=True)
class Digest:
    """Of a long body, or one that is no text."""

    length: int
    sha256: str

    @classmethod
    def of(cls, body: bytes) -> "Digest":
        """That of a body."""
        return cls(len(body), hashlib.sha256(body).hexdigest())


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What is demanded of the answers to one request.

    server: who gave them. headers: their values, by name; None: any. cookies: names that must be
    set. body: None: any.
    """

    server: str
    status: int
    headers: Mapping[str, str | None]
    cookies: tuple[str, ...] = ()
    body: Template | Digest | None = None

    @property
    def bare(self) -> "RecordedAnswer":
        """The status alone."""
        return RecordedAnswer(self.server, self.status, {})

    @property
    def written(self) -> dict[str, Any]:
        """As JSON."""
        body: Any = None
        if isinstance(self.body, Template):
            body = {"text": self.body.written}
        elif isinstance(self.body, Digest):
            body = {"length": self.body.length, "sha256": self.body.sha256}
        return {
            "server": self.server,
            "status": self.status,
            "headers": dict(self.headers),
            "cookies": list(self.cookies),
            "body": body,
        }


def from_json(written: Mapping[str, Any]) -> RecordedAnswer:
    """Read what was written. Raises KeyError, TypeError, ValueError where it is none of ours."""
    body = written["body"]
    found: Template | Digest | None = None
    if body is not None:
        found = (
            read(body["text"]) if "text" in body else Digest(int(body["length"]), body["sha256"])
        )
    headers = {str(name): value for name, value in written["headers"].items()}
    return RecordedAnswer(
        str(written["server"]), int(written["status"]), headers, tuple(written["cookies"]), found
    )


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """One answer, as far as it is looked at. body: a digest where it is not kept."""

    status: int
    headers: Mapping[str, str]
    cookies: frozenset[str]
    body: bytes | Digest
    marks: Marks

    @classmethod
    def of(
        cls, response: "httpx.Response", marks: Marks, most_bytes: int = MOST_BYTES
    ) -> "SeenAnswer":
        """`marks`: of the request to this server. `most_bytes`: of a body that is kept."""
        content = response.content
        body = content if len(content) <= most_bytes else Digest.of(content)
        headers = _demanded(response, marks)
        return cls(response.status_code, headers, _cookies(response), body, marks)


def recorded(
    server: str, answers: Sequence[SeenAnswer], changes: Callable[[str], bool]
) -> RecordedAnswer:
    """What several answers to one request have in common; their statuses are alike.

    changes: see `learned`.
    """
    first = answers[0]
    headers = {
        name: value if all(each.headers[name] == value for each in answers) else None
        for name, value in first.headers.items()
        if all(name in each.headers for each in answers)
    }
    cookies = frozenset.intersection(*(each.cookies for each in answers))
    return RecordedAnswer(
        server, first.status, headers, tuple(sorted(cookies)), _body(answers, changes)
    )


def _demanded(response: "httpx.Response", marks: Marks) -> dict[str, str]:
    """The headers that a client goes by, written as all servers write them."""
    found = {name: response.headers.get(name) for name in _DEMANDED}
    return {name: _plain(marks.put(value)) for name, value in found.items() if value is not None}


def _plain(value: str) -> str:
    """A value without what may be written in several ways: spaces, and capitals of a charset."""
    media, semicolon, parameters = value.partition(";")
    if not semicolon or "/" not in media:
        return value.strip()
    parameters = parameters.replace(" ", "").replace('"', "").lower()
    return f"{media.strip().lower()}; {parameters}"


def _head(headers: _Head) -> _Head:
    """What is demanded of headers, and the names of cookies, to be recognised."""
    found = ((name.lower(), value) for name, value in headers)
    return tuple(
        (name, value.partition(b"=")[0] if name == _COOKIES.encode() else value)
        for name, value in found
        if name in _LOOKED_AT
    )


def _cookies(response: "httpx.Response") -> frozenset[str]:
    """The names of cookies that an answer sets."""
    every = response.headers.get_list(_COOKIES)
    return frozenset(value.partition("=")[0].strip() for value in every)


def _body(
    answers: Sequence[SeenAnswer], changes: Callable[[str], bool]
) -> Template | Digest | None:
    """What bodies have in common.

    None: they are too long, or no text, and not the same; or an app's measurements of itself.
    """
    if _METRICS.match(answers[0].headers.get("content-type", "")):
        return None
    texts = [_text(each) for each in answers]
    known = [text for text in texts if text is not None]
    if len(known) == len(answers):
        return learned(known, changes)
    found = {
        each.body if isinstance(each.body, Digest) else Digest.of(each.body) for each in answers
    }
    return found.pop() if len(found) == 1 else None


def _text(seen: SeenAnswer) -> str | None:
    """The body of an answer with stand-ins; None: it was not kept, or is no text."""
    if isinstance(seen.body, Digest):
        return None
    try:
        return seen.marks.put(seen.body.decode())
    except UnicodeDecodeError:
        return None


class Demanded:
    """A recorded answer as it is demanded of one server."""

    repeats = True

    def __init__(self, answer: RecordedAnswer, marks: Marks) -> None:
        """`marks`: of the request to this server."""
        self.status = answer.status
        self._answer = answer
        self._marks = marks
        self._right: set[bytes] = set()
        self._heads: set[_Head] = set()
        body = answer.body
        self._template = body.filled(marks.taken) if isinstance(body, Template) else None
        self._varies = self._template is not None and self._template.constant is None

    def accepts_head(self, headers: _Head) -> bool:
        """Accept headers that are known to be right, as far as they are demanded."""
        return _head(headers) in self._heads

    def accepts(self, body: bytes) -> bool:
        """Accept a body that is known to be right, or of the form that is demanded."""
        if body in self._right:
            return True
        if not self._varies or self._template is None:
            return False
        try:
            return self._template.mismatch(body.decode()) is None
        except UnicodeDecodeError:
            return False

    def fault(self, response: "httpx.Response") -> str | None:
        """Say where an answer of the right status differs from the one on record."""
        found = self._of_headers(response) or self._of_body(response.content)
        if found is not None:
            return hidden(found, self._marks.secrets)
        if len(self._heads) < _REMEMBERED:
            self._heads.add(_head(response.headers.raw))
        if not self._varies and len(self._right) < _REMEMBERED:
            self._right.add(response.content)
        return None

    def _of_headers(self, response: "httpx.Response") -> str | None:
        given = _demanded(response, self._marks)
        for name, wanted in self._answer.headers.items():
            found = given.get(name)
            if found is None:
                return f"no header {name}: {self._server}{self._shown(wanted)}"
            if wanted is not None and found != wanted:
                taken = self._marks.taken(found)
                return f"header {name} is {taken!r:.80}: {self._server}{self._shown(wanted)}"
        missing = set(self._answer.cookies) - _cookies(response)
        return (
            f"no cookie {min(missing)!r:.40} is set, as {self._answer.server} set it"
            if missing
            else None
        )

    @property
    def _server(self) -> str:
        return f"{self._answer.server} answered with "

    def _shown(self, value: str | None) -> str:
        return "one" if value is None else f"{self._marks.taken(value)!r:.80}"

    def _of_body(self, body: bytes) -> str | None:
        wanted = self._answer.body
        if isinstance(wanted, Digest):
            found = Digest.of(body)
            if found == wanted:
                return None
            if found.length != wanted.length:
                return f"{found.length:,} bytes: {self._server}{wanted.length:,}"
            return (
                f"other bytes than {self._answer.server} answered with, as many ({wanted.length:,})"
            )
        if self._template is None:
            return None
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return f"a body that is no text: {self._server}text"
        found_at = self._template.mismatch(text)
        return None if found_at is None else self._difference(self._template, text, found_at)

    def _difference(self, template: Template, text: str, found: Mismatch) -> str:
        """Both sides about the first difference; where in JSON it stands."""
        wanted = template.snippet(found, _BEFORE, _AFTER)
        got = text[max(0, found.at - _BEFORE) : found.at + _AFTER]
        value = parsed(text)
        where = f"line {text.count(chr(10), 0, found.at) + 1}"
        if value is not None and value.items:
            where = _path(value, found.at)[:_MOST_PATH]
        return f"at {where}: {wanted!r} from {self._answer.server}, here {got!r}"


def _path(value: JsonValue, at: int) -> str:
    """The path of the value that a difference is in, or at whose end it is."""
    path, inner = path_at(value, max(0, at - 1))
    return path_at(value, at)[0] if inner.items else path
