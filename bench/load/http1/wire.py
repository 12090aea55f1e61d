"""HTTP/1.1 as bytes: requests written once, response heads read once and then recognised.

A server's response heads repeat (all but the date, once a second), so that a head seen before
needs no parser: its bytes are looked up. A head not seen before is parsed by httptools.
"""

from dataclasses import dataclass, field
from typing import Final

import httptools
import httpx

from bench.load.net.limits import MalformedResponseError

END_OF_HEAD: Final = b"\r\n\r\n"
HTTP_ERRORS: Final = (httptools.HttpParserError, httptools.HttpParserUpgrade)
"""What httptools raises on bytes that are no answer; it counts an unasked upgrade apart."""

_REMEMBERED: Final = 1024  # heads kept; a server that never repeats one costs a parse each
_REMEMBERED_BYTES: Final = 4096  # of one head
_REMEMBERED_HEADERS: Final = 64  # in one head; the three bound the memory, to 20 MiB
_VERSIONS: Final = (b"HTTP/1.1 ", b"HTTP/1.0 ")  # httptools knows more, and other protocols
_INTERIM: Final = range(100, 200)
_BODILESS: Final = frozenset({204, 304})


def request_bytes(request: httpx.Request) -> bytes:
    """Head and body of a request, as one write.

    The body is read into memory; chunked transfer encoding is replaced by a content-length.
    Raises ValueError when the body can only be read asynchronously.
    """
    if not isinstance(request.stream, httpx.SyncByteStream):
        raise ValueError(  # noqa: TRY004 - the type is right, what it holds is not
            "a request's content must not be asynchronous: give bytes, data or json"
        )
    body = request.read()
    target = request.url.raw_path
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    headers = [(k, v) for k, v in request.headers.raw if k.lower() != b"transfer-encoding"]
    if len(headers) != len(request.headers.raw):
        headers.append((b"Content-Length", b"%d" % len(body)))
    lines += [b"%b: %b" % pair for pair in headers]
    return b"\r\n".join(lines) + END_OF_HEAD + body


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of a response.

    `length` is the body's length in bytes where the head says it, and None where the body is
    chunked or (`until_close`) ends with the connection.
    """

    status: int
    length: int | None
    keep_alive: bool
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    until_close: bool = False

    @property
    def interim(self) -> bool:
        """Whether another head follows, before any body (1xx)."""
        return self.status in _INTERIM


@dataclass(slots=True)
class _Parser:
    """Callbacks of httptools: collects one head."""

    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.complete = True

    def tokens(self, wanted: bytes) -> list[str]:
        """Values of one header, in lower case; its name is given so."""
        lines = (value for name, value in self.headers if name.lower() == wanted)
        return [
            token.strip().lower() for line in lines for token in line.decode("latin-1").split(",")
        ]


def parse_head(raw: bytes, *, bodiless: bool) -> Head:
    """Parse a whole response head, its empty line included.

    `bodiless` says that the request was one (HEAD) whose answer has no body. Raises
    MalformedResponseError.
    """
    if not raw.startswith(_VERSIONS):
        raise MalformedResponseError(f"not an HTTP/1.1 or 1.0 response: {raw[:80]!r}")
    seen = _Parser()
    parser = httptools.HttpResponseParser(seen)
    try:
        parser.feed_data(raw)
    except HTTP_ERRORS as error:
        raise MalformedResponseError(f"{error} in {raw[:80]!r}") from error
    if not seen.complete:
        raise MalformedResponseError(f"a head that does not end: {raw[:80]!r}")
    status = parser.get_status_code()
    if status < _INTERIM.start:
        raise MalformedResponseError(f"no status can be {status}: {raw[:80]!r}")
    length = _length(status, seen, bodiless=bodiless)
    until_close = length is None and "chunked" not in seen.tokens(b"transfer-encoding")[-1:]
    return Head(
        status=status,
        length=length,
        keep_alive=not until_close and _keeps_alive(parser.get_http_version(), seen),
        headers=tuple(seen.headers),
        until_close=until_close,
    )


def _keeps_alive(version: str, seen: _Parser) -> bool:
    """Whether the connection is kept: RFC 9112, section 9.3.

    httptools cannot be asked: it has forgotten the head once an empty body is complete.
    """
    tokens = seen.tokens(b"connection")
    return "close" not in tokens and (version == "1.1" or "keep-alive" in tokens)


def _length(status: int, seen: _Parser, *, bodiless: bool) -> int | None:
    """The body's length; httptools has refused what is no number, and repetition."""
    if status in _INTERIM:
        return None
    if bodiless or status in _BODILESS:
        return 0
    declared = seen.tokens(b"content-length")
    return int(declared[0]) if declared else None


class Heads:
    """The response heads seen so far on any connection, by their bytes."""

    def __init__(self, *, bodiless: bool = False) -> None:
        """Remember heads of answers to one kind of request: `bodiless` for HEAD."""
        self._bodiless = bodiless
        self._known: dict[bytes, Head] = {}
        self.get = self._known.get

    def learn(self, raw: bytes) -> Head:
        """Parse a head and remember it. Raises MalformedResponseError."""
        head = parse_head(raw, bodiless=self._bodiless)
        if len(raw) <= _REMEMBERED_BYTES and len(head.headers) <= _REMEMBERED_HEADERS:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[raw] = head
        return head


WITH_BODY: Final = Heads()
"""Heads of answers to everything but HEAD, of all servers."""

BODILESS: Final = Heads(bodiless=True)
"""Heads of answers to HEAD, of all servers."""
