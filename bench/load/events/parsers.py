"""From the bytes of a body to its events, however the bytes are cut into reads."""

import re
from typing import Final, Protocol, assert_never

from bench.load.net.limits import MalformedResponseError
from bench.workload import StreamForm

MAX_EVENT: Final = 1024 * 1024
"""Bytes of one event, at the most: so much is kept of each stream while it lasts."""

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DATA: Final = (b"data:", b"data")


class EventParser(Protocol):
    """Tells the events of one body apart. Both raise MalformedResponseError for too long a one."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take a piece of the body; the events that it completes, in their order."""

    def end_chunk(self) -> list[bytes]:
        """A chunk of the transfer coding has ended; the events that this completes."""

    def end(self) -> list[bytes]:
        """The body has ended as it should; the events that this completes."""


def parser_of(form: StreamForm) -> EventParser:
    """A parser for one body."""
    match form:
        case StreamForm.SSE:
            return SseParser()
        case StreamForm.LINES:
            return LineParser()
        case StreamForm.CHUNKS:
            return ChunkParser()
        case _:
            assert_never(form)


class _Pending:
    """What has come of a line or a chunk that has not ended yet, within bounds."""

    __slots__ = ("_bytes",)

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, data: bytes) -> None:
        if len(self._bytes) + len(data) > MAX_EVENT:
            raise MalformedResponseError(f"an event of more than {MAX_EVENT} bytes")
        self._bytes += data

    def take(self) -> bytes:
        found = bytes(self._bytes)
        self._bytes.clear()
        return found

    def ended_by(self, parts: list[bytes]) -> list[bytes]:
        """Take a read's parts, between line ends: the lines that it ends; the rest is pending."""
        *lines, rest = parts
        if lines:
            self.add(lines[0])
            lines[0] = self.take()
        self.add(rest)
        return lines


class SseParser:
    """Server-sent events: lines up to a blank one (WHATWG HTML, section 9.2.6).

    An event is its lines, joined by line feeds, without comments. A block without any `data` is no
    event, as a browser sees it: a comment that keeps the connection open, or a `retry`.
    """

    __slots__ = ("_after_cr", "_block", "_has_data", "_line", "_size", "_started")

    def __init__(self) -> None:
        """Begin a body."""
        self._line = _Pending()
        self._block: list[bytes] = []
        self._size = 0  # of the block
        self._has_data = False
        self._after_cr = False  # a line feed that comes next belongs to the line that has ended
        self._started = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take a piece of the body; the events that it completes."""
        if not data:
            return []
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        lines = self._line.ended_by(_LINE_END.split(data))
        return [event for line in lines if (event := self._ended(line)) is not None]

    def end_chunk(self) -> list[bytes]:
        """Chunks say nothing of events."""
        return []

    def end(self) -> list[bytes]:
        """An event without a blank line behind it is none."""
        return []

    def _ended(self, line: bytes) -> bytes | None:
        """Take a whole line; the event that it ends."""
        if not self._started:
            self._started, line = True, line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            block, whole = self._block, self._has_data
            self._block, self._size, self._has_data = [], 0, False
            return b"\n".join(block) if whole else None
        if line.startswith(b":"):
            return None
        self._size += len(line) + 1
        if self._size > MAX_EVENT:
            raise MalformedResponseError(f"an event of more than {MAX_EVENT} bytes")
        self._block.append(line)
        self._has_data = self._has_data or line.startswith(_DATA[0]) or line == _DATA[1]
        return None


class LineParser:
    """Lines, as of NDJSON: each that is not empty is an event; they end by LF or CRLF.

    The last one need not end.
    """

    __slots__ = ("_line",)

    def __init__(self) -> None:
        """Begin a body."""
        self._line = _Pending()

    def feed(self, data: bytes) -> list[bytes]:
        """Take a piece of the body; the lines that it completes."""
        lines = self._line.ended_by(data.split(b"\n"))
        return [event for line in lines if (event := line.removesuffix(b"\r"))]

    def end_chunk(self) -> list[bytes]:
        """Chunks say nothing of lines."""
        return []

    def end(self) -> list[bytes]:
        """The line that has come."""
        line = self._line.take().removesuffix(b"\r")
        return [line] if line else []


class ChunkParser:
    """Chunks of the transfer coding: what the server has sent in one piece is an event."""

    __slots__ = ("_chunk",)

    def __init__(self) -> None:
        """Begin a body."""
        self._chunk = _Pending()

    def feed(self, data: bytes) -> list[bytes]:
        """Take a piece of a chunk."""
        self._chunk.add(data)
        return []

    def end_chunk(self) -> list[bytes]:
        """The chunk; the last, which is empty, is none."""
        chunk = self._chunk.take()
        return [chunk] if chunk else []

    def end(self) -> list[bytes]:
        """What is in no chunk is no event."""
        return []
