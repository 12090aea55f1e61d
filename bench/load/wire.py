"""HTTP/1.1 as bytes: requests written once, response heads read once and then recognised.

A server's response heads repeat (all but the date, once a second), so that a head seen before
needs no parser: its bytes are looked up. A head not seen before is parsed by httptools.
"""

from dataclasses import dataclass, field
from typing import Final

import httptools
import httpx

MAX_HEAD: Final = 64 * 1024
MAX_BODY: Final = 64 * 1024 * 1024
_END: Final = b"\r\n\r\n"
_REMEMBERED: Final = 1024  # heads kept; a server that never repeats one costs a parse each
_BODILESS_STATUS: Final = frozenset({204, 304})
_INFORMATIONAL: Final = range(100, 200)


class MalformedResponseError(Exception):
    """What was received is not HTTP/1.1, or more than one answer to one request."""


def request_bytes(request: httpx.Request) -> bytes:
    """Head and body of a request, as one write.

    The body is read into memory; chunked transfer encoding is replaced by a content-length.
    """
    body = request.read()
    target = request.url.raw_path
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    headers = [(k, v) for k, v in request.headers.raw if k.lower() != b"transfer-encoding"]
    if len(headers) != len(request.headers.raw):
        headers.append((b"Content-Length", b"%d" % len(body)))
    lines += [b"%b: %b" % pair for pair in headers]
    return b"\r\n".join(lines) + _END + body


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of a response.

    `length` is the body's length in bytes where the head says it, and None where the body is
    chunked or ends with the connection.
    """

    status: int
    length: int | None
    keep_alive: bool
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)


@dataclass(slots=True)
class _Parser:
    """Callbacks of httptools: collects one response."""

    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    head_complete: bool = False
    complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.head_complete = True

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True


def parse_head(raw: bytes, *, bodiless: bool) -> Head:
    """Parse a whole response head, its empty line included.

    `bodiless` says that the request was one (HEAD) whose answer has no body. Raises
    MalformedResponseError.
    """
    seen = _Parser()
    parser = httptools.HttpResponseParser(seen)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserError as error:
        raise MalformedResponseError(f"{error} in {raw[:80]!r}") from error
    if not seen.head_complete:
        raise MalformedResponseError(f"a head that does not end: {raw[:80]!r}")
    status = parser.get_status_code()
    return Head(
        status=status,
        length=0 if bodiless or status in _BODILESS_STATUS else _content_length(seen.headers),
        keep_alive=parser.should_keep_alive(),
        headers=tuple(seen.headers),
    )


def _content_length(headers: list[tuple[bytes, bytes]]) -> int | None:
    """The declared length of the body; httptools has refused what is no number, and repetition."""
    values = [value for name, value in headers if name.lower() == b"content-length"]
    return int(values[0]) if values else None


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
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[raw] = head
        return head


class Reader:
    """Turns what one connection receives into one response at a time.

    `feed` is called with each piece received; it returns the body once it is whole, with its
    head in `head`, and None before.
    """

    __slots__ = ("_heads", "_rest", "_stream", "head")

    def __init__(self, heads: Heads) -> None:
        """Look heads up in `heads`, which all connections may share."""
        self._heads = heads
        self._rest = b""
        self._stream: _Stream | None = None
        self.head: Head | None = None

    def expect(self, heads: Heads) -> None:
        """Read the next response as the answer to another kind of request."""
        self._heads = heads

    @property
    def is_between(self) -> bool:
        """Whether nothing of a next response has come yet."""
        return not self._rest and self._stream is None

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece. Raises MalformedResponseError, also for bytes after the response."""
        if self._stream is not None:
            return self._continue_stream(data)
        if self._rest:
            data = self._rest + data
        end = data.find(_END) + 4
        head = self._heads.get(data[:end])
        if head is not None and len(data) - end == head.length:
            self._rest = b""
            self.head = head
            return data[end:]
        return self._feed_rare(data, end, head)

    def _feed_rare(self, data: bytes, end: int, head: Head | None) -> bytes | None:
        """Take what is not one whole response with a head seen before."""
        if end < len(_END):  # find() answered -1: no end of the head yet
            if len(data) > MAX_HEAD:
                raise MalformedResponseError(f"a head of more than {MAX_HEAD} bytes")
            self._rest = data
            return None
        if head is None:
            head = self._heads.learn(data[:end])
        if head.status in _INFORMATIONAL:
            self._rest = b""
            return self.feed(data[end:]) if len(data) > end else None
        self.head = head
        if head.length is None:
            self._rest = b""
            self._stream = _Stream()
            return self._continue_stream(data)
        return self._measured(data, end, head.length)

    def _measured(self, data: bytes, end: int, length: int) -> bytes | None:
        """Take a body of known length."""
        if length > MAX_BODY:
            raise MalformedResponseError(f"a body of {length} bytes; the most is {MAX_BODY}")
        excess = len(data) - end - length
        if excess > 0:
            raise MalformedResponseError(f"{excess} bytes after the end of the response")
        self._rest = b"" if excess == 0 else data
        return data[end:] if excess == 0 else None

    def _continue_stream(self, data: bytes) -> bytes | None:
        """Take a piece of a body whose length is not known in advance."""
        assert self._stream is not None  # noqa: S101 - the caller has looked
        if not self._stream.feed(data):
            return None
        body = self._stream.body()
        self._stream = None
        return body

    def end_of_stream(self) -> bytes | None:
        """The server closed the connection: the body, if that was its proper end."""
        stream, head = self._stream, self.head
        if stream is None or head is None or head.keep_alive:
            return None
        self._stream = None
        return stream.body()


class _Stream:
    """A response whose body is chunked or ends with the connection."""

    __slots__ = ("_parser", "_seen", "_size")

    def __init__(self) -> None:
        self._seen = _Parser()
        self._parser = httptools.HttpResponseParser(self._seen)
        self._size = 0

    def feed(self, data: bytes) -> bool:
        """Take a piece; True once the response is whole."""
        self._size += len(data)
        if self._size > MAX_BODY + MAX_HEAD:
            raise MalformedResponseError(f"a body of more than {MAX_BODY} bytes")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise MalformedResponseError(f"{error} in {data[:80]!r}") from error
        return self._seen.complete

    def body(self) -> bytes:
        """All that has come of the body."""
        return b"".join(self._seen.body)
