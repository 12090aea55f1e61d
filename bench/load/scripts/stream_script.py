"""A script as it is sent over HTTP/2: the frames of each request, and those of its right answer."""

from collections.abc import Iterable
from typing import Final

from bench.load.http2.events import Answered
from bench.load.http2.fields import BLOCKS, Fields, request_block
from bench.load.http2.frames import HEAD_BYTES, LEAST_MAX_FRAME, Flag, Kind, frame, frame_head
from bench.load.scripts.script import ScriptLine

_STREAM_AT: Final = 5  # in the head of a frame
_DATES_KEPT: Final = 8  # those of several processes may be a second apart


class StreamLine:
    """One exchange, as frames.

    `wire`, `seen`: the bytes of the request and of the last right answer to it, cut where the
    number of a stream stands, so that `number.join(...)` is what is sent, or expected, on that
    stream. `wire` is None where a request's head or body takes more than one frame; `seen`, before
    anything was answered that may come again. `cost`, `size`: bytes of `wire` and of `seen` that
    count for flow control.
    """

    __slots__ = (
        "_dates", "_fields", "_tail", "block", "body", "cost", "head", "line", "seen", "size",
        "wire",
    )  # fmt: skip

    def __init__(self, line: ScriptLine, scheme: str, dates: set[bytes]) -> None:
        """Frame what a line sends; `dates` of right answers are shared by all lines of a server."""
        self.line = line
        self.body = line.request.content
        self.block = request_block(line.request, scheme, len(self.body) or None)
        self.head = line.bodiless
        self.wire = None if self.head else _cut_request(self.block, self.body)
        self.cost = len(self.body)
        self.seen: tuple[bytes, ...] | None = None
        self.size = 0
        self._dates = dates
        self._fields: Fields | None = None
        self._tail: tuple[bytes, ...] = ()  # what comes after the header block, cut as `seen` is

    def remember(self, answered: Answered) -> None:
        """Keep the bytes of a right answer: the same bytes are right again, unread."""
        whole = answered.whole
        if whole is None or sum(map(len, whole)) > self.line.kept_bytes:
            return
        self.seen, self.size, self._fields = whole, answered.size, None
        first = frame_head(whole[0] + bytes(4))
        if first.flags & (Flag.PADDED | Flag.PRIORITY) or not first.flags & Flag.END_HEADERS:
            return
        self._fields, self._tail = answered.fields, (whole[1][first.length :], *whole[2:])
        if answered.fields.date:
            if len(self._dates) == _DATES_KEPT:
                self._dates.clear()
            self._dates.add(answered.fields.date)

    def redated(self, data: bytes, at: int, stream: bytes) -> int:
        """How long an answer is that is the one which was seen but for its date; 0: it is not.

        Another had that date. Then it is the one to be seen from now on: once a second all lines'
        answers change so, and to take each of them the long way would cost as much as many
        requests.
        """
        seen, fields = self.seen, self._fields
        if seen is None or fields is None or data[at + 3 : at + _STREAM_AT] != seen[0][3:]:
            return 0
        end = at + HEAD_BYTES + int.from_bytes(data[at : at + 3], "big")
        block = data[at + HEAD_BYTES : end]
        found = BLOCKS.get(block)
        if found is None or found.undated is not fields.undated or found.date not in self._dates:
            return 0
        tail = stream.join(self._tail)
        if not data.startswith(tail, end):
            return 0
        self.seen = (data[at : at + _STREAM_AT], block + self._tail[0], *self._tail[1:])
        self._fields = found
        return end - at + len(tail)


def _cut_request(block: bytes, body: bytes) -> tuple[bytes, ...] | None:
    """A request, cut where its stream's number stands; None: it takes more frames than it has."""
    if max(len(block), len(body)) > LEAST_MAX_FRAME:
        return None
    if not body:
        whole = frame(Kind.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 0, block)
        return whole[:_STREAM_AT], whole[HEAD_BYTES:]
    head, data = (
        frame(Kind.HEADERS, Flag.END_HEADERS, 0, block),
        frame(Kind.DATA, Flag.END_STREAM, 0, body),
    )
    return head[:_STREAM_AT], head[HEAD_BYTES:] + data[:_STREAM_AT], body


class StreamScript:
    """The lines of a script, framed; each once, however often it is sent."""

    def __init__(self, scheme: str) -> None:
        """Frame requests to a server that is asked by http or https."""
        self._scheme = scheme
        self._framed: dict[ScriptLine, StreamLine] = {}
        self._dates: set[bytes] = set()

    def frame(self, line: ScriptLine) -> StreamLine:
        """A line that is sent once: it is not kept."""
        return StreamLine(line, self._scheme, self._dates)

    def framed(self, lines: Iterable[ScriptLine]) -> list[StreamLine]:
        """The same lines, in the same order."""
        known = self._framed
        for line in set(lines) - known.keys():
            known[line] = StreamLine(line, self._scheme, self._dates)
        return [known[line] for line in lines]
