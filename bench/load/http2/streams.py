"""Streams of one connection over HTTP/2: which requests are in flight, and how each ends."""

from typing import Final

from bench.load.http2.answer import PartialAnswer
from bench.load.http2.events import Answered, Event, Spoilt
from bench.load.http2.frames import (
    ErrorCode,
    Flag,
    FrameHead,
    Kind,
    rst_stream,
    stream_bytes,
    window_update,
)
from bench.load.http2.peer import PeerSettings
from bench.load.http2.uploads import Uploads
from bench.load.net.limits import MAX_BODY, MalformedResponseError

REPLENISH: Final = 1 << 30  # bytes received, until as many more are allowed
MAX_CONTROL: Final = 10_000  # frames that bring nothing, between two answers
MAX_OUT: Final = 256 * 1024  # bytes of replies to these that the peer has not read
MAX_DROPPED: Final = 1024  # streams that were reset here and that the peer has not ended


class StreamError(MalformedResponseError):
    """What is wrong with one stream alone."""


class StreamStates:
    """Requests in flight by their streams, and how streams end.

    waiting, begun: the requests in flight by their streams' numbers, those of which nothing has
    come and those of which something has. `out`: what is to be sent; whoever sends it empties it.
    `next_stream` is only ever raised. `consumed`: bytes received since more were allowed.
    """

    __slots__ = (
        "_block_head", "_control", "_dropped", "_events", "_part", "begun", "consumed",
        "next_stream", "out", "peer", "uploads", "waiting",
    )  # fmt: skip

    def __init__(self) -> None:
        """Begin, with no request in flight and nothing to send."""
        self.waiting: dict[bytes, int] = {}
        self.begun: dict[bytes, PartialAnswer] = {}
        self.out = bytearray()
        self.peer = PeerSettings()
        self.uploads = Uploads(self.peer)
        self.next_stream = 1
        self.consumed = 0
        self._block_head = FrameHead(0, 0, 0, 0)  # of the header block that came last
        self._control = 0  # frames since the last answer that brought nothing
        self._dropped: dict[int, int] = {}  # streams that were reset here; bytes that came since
        self._events: list[Event] = []
        self._part = b"", 0  # what was received last, and where in it the frame begins

    @property
    def in_flight(self) -> int:
        """How many requests are."""
        return len(self.waiting) + len(self.begun)

    def cancel(self, token: int) -> None:
        """Give a request up."""
        for stream, each in list(self.waiting.items()):
            if each == token:
                self._drop(int.from_bytes(stream, "big"), ErrorCode.CANCEL)
        for stream, answer in list(self.begun.items()):
            if answer.token == token:
                self._drop(int.from_bytes(stream, "big"), ErrorCode.CANCEL)

    def tokens(self) -> list[int]:
        """Those of the requests in flight."""
        return [*self.waiting.values(), *(answer.token for answer in self.begun.values())]

    def allow(self, received: int) -> None:
        """Count what was received in DATA frames; allow as much more in time."""
        self.consumed += received
        if self.consumed >= REPLENISH:
            self.out += window_update(0, self.consumed)
            self.consumed = 0

    def _count_control(self) -> None:
        """Count a frame that brings nothing. Raises MalformedResponseError when it is a flood."""
        self._control += 1
        if self._control > MAX_CONTROL:
            raise MalformedResponseError(f"a flood: {MAX_CONTROL} frames without an answer")
        if len(self.out) > MAX_OUT and not self.uploads:
            raise MalformedResponseError("a flood: what is asked for is not read")

    def _known_stream(self, head: FrameHead) -> None:
        """Raises MalformedResponseError where nothing was asked, or all was answered."""
        number = stream_bytes(head.stream)
        if number in self.waiting or number in self.begun or head.stream in self._dropped:
            return
        kind, asked = Kind(head.kind).name, head.stream % 2 and head.stream < self.next_stream
        what = "after the end of its answer" if asked else "which was never opened"
        raise MalformedResponseError(f"{kind} on stream {head.stream}, {what}")

    def _answer(self, head: FrameHead) -> PartialAnswer:
        number = stream_bytes(head.stream)
        answer = self.begun.get(number)
        if answer is None:
            answer = self.begun[number] = PartialAnswer(self.waiting.pop(number))
        return answer

    def _note_part(self, answer: PartialAnswer, head: FrameHead) -> None:
        """Note where a frame of an answer is, in what was received last."""
        answer.note_part(*self._part, head.length)

    def _complete(self, stream: int, answer: PartialAnswer) -> None:
        """Look at an answer of which all has come: is it right in itself."""
        if stream in self.uploads:
            raise StreamError("an answer before the request was read")
        try:
            body = answer.body()
        except MalformedResponseError as error:
            self._events.append(Spoilt(answer.token, error))
        else:
            assert answer.fields is not None  # noqa: S101 - else there is no body
            self._events.append(
                Answered(answer.token, answer.fields, body, answer.whole(), answer.size)
            )
        del self.begun[stream_bytes(stream)]
        self._control = 0

    def _spoil(self, head: FrameHead, error: MalformedResponseError) -> None:
        """Give a stream up whose answer is none, by a frame of it."""
        flags = self._block_head.flags if head.kind == Kind.CONTINUATION else head.flags
        if flags & Flag.END_STREAM and head.stream not in self.uploads:
            token = self._forget(head.stream)
        else:
            token = self._drop(head.stream, ErrorCode.PROTOCOL_ERROR)
        if token is not None:
            self._events.append(Spoilt(token, error))

    def _drop(self, stream: int, code: ErrorCode) -> int | None:
        """Reset a stream, and pass over what may still come of it; the token of its request."""
        self.out += rst_stream(stream, code)
        self._dropped[stream] = 0
        if len(self._dropped) > MAX_DROPPED:
            del self._dropped[next(iter(self._dropped))]
        return self._forget(stream)

    def _dropped_more(self, head: FrameHead, size: int) -> None:
        """Pass over what comes of a stream that was reset, up to a limit."""
        if head.flags & Flag.END_STREAM:
            del self._dropped[head.stream]
            return
        self._count_control()
        self._dropped[head.stream] += size
        if self._dropped[head.stream] > MAX_BODY:
            raise MalformedResponseError("a stream that goes on when it is reset")

    def _forget(self, stream: int) -> int | None:
        """Forget a request; its token, where it was in flight."""
        self.uploads.forget(stream)
        number = stream_bytes(stream)
        answer = self.begun.pop(number, None)
        return self.waiting.pop(number, None) if answer is None else answer.token

    def _opened(self, head: FrameHead) -> None:
        """Raises MalformedResponseError for a stream that was never opened."""
        if not head.stream % 2 or head.stream >= self.next_stream:
            name = Kind(head.kind).name
            raise MalformedResponseError(f"{name} on stream {head.stream}, which was never opened")
