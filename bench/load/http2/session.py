"""One connection's HTTP/2, without a socket: bytes in, facts out, and the bytes to send back.

Requests are told apart by tokens, numbers of whoever sends them. What is in flight is bounded, and
so is what is kept of what a server sends; a server that breaks the protocol is done with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from bench.load.http2.answer import PartialAnswer
from bench.load.http2.fields import BLOCKS, NO_TABLE, Fields, check_trailers
from bench.load.http2.frames import (
    FIRST_WINDOW,
    HEAD_BYTES,
    LEAST_MAX_FRAME,
    MAX_WINDOW,
    PREFACE,
    ErrorCode,
    Flag,
    FrameHead,
    Kind,
    Setting,
    error_name,
    frame,
    frame_head,
    goaway,
    number_in,
    rst_stream,
    settings,
    stream_bytes,
    window_update,
)
from bench.load.http2.peer import PeerSettings
from bench.load.http2.uploads import Uploads
from bench.load.net.limits import MAX_BODY, MAX_HEAD, MalformedResponseError

REPLENISH: Final = 1 << 30  # bytes received, until as many more are allowed
MAX_CONTROL: Final = 10_000  # frames that bring nothing, between two answers
MAX_OUT: Final = 256 * 1024  # bytes of replies to these that the peer has not read
MAX_DROPPED: Final = 1024  # streams that were reset here and that the peer has not ended
LAST_STREAM: Final = MAX_WINDOW - 2_000_000  # more than a slice has requests
_DEBUG_BYTES: Final = 80  # of what a GOAWAY says
HELLO: Final = (
    PREFACE
    + settings({
        Setting.HEADER_TABLE_SIZE: 0,
        Setting.ENABLE_PUSH: 0,
        Setting.INITIAL_WINDOW_SIZE: MAX_WINDOW,
        Setting.MAX_HEADER_LIST_SIZE: MAX_HEAD,
    })
    + window_update(0, MAX_WINDOW - FIRST_WINDOW)
)  # fmt: skip
"""What a connection begins with: no table for headers, no push, and room for all that may come."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer.

    `whole`: all its bytes, cut where the number of its stream stands; None: they came not in a row.
    `size`: of what of it counts for flow control.
    """

    token: int
    fields: Fields
    body: bytes
    whole: tuple[bytes, ...] | None
    size: int


@dataclass(frozen=True, slots=True)
class Spoilt:
    """An answer that is none, though the connection may be used further."""

    token: int
    error: MalformedResponseError


@dataclass(frozen=True, slots=True)
class Reset:
    """The peer has ended a stream before its answer was whole."""

    token: int
    words: str


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """The peer goes away, and has not looked at a request: it may be sent again."""

    token: int


Event: TypeAlias = Answered | Spoilt | Reset | Unprocessed


class _StreamError(MalformedResponseError):
    """What is wrong with one stream alone."""


class Http2Session:
    """The state of one connection.

    waiting, begun: the requests in flight by their streams' numbers, those of which nothing has
    come and those of which something has. `out`: what is to be sent; whoever sends it empties it.
    `error`: why the peer is done with, once it is. `leaving`: what it said when it announced to go
    away. `next_stream` is only ever raised. `consumed`: bytes received since more were allowed.
    """

    __slots__ = (
        "_block", "_block_head", "_control", "_dropped", "_ended", "_events", "_part", "_rest",
        "begun", "consumed", "error", "leaving", "next_stream", "out", "peer", "ready",
        "table_update", "taken", "uploads", "waiting",
    )  # fmt: skip

    def __init__(self) -> None:
        """Begin; the first bytes to send are in `out`."""
        self.waiting: dict[bytes, int] = {}
        self.begun: dict[bytes, PartialAnswer] = {}
        self.out = bytearray(HELLO)
        self.peer = PeerSettings()
        self.uploads = Uploads(self.peer)
        self.ready = False  # whether the peer's first SETTINGS have come
        self.next_stream = 1
        self.consumed = self.taken = 0
        self.table_update = False  # whether the next header block must say that none is used
        self.leaving: str | None = None
        self.error: MalformedResponseError | None = None
        self._rest = b""  # the beginning of a frame
        self._block: bytearray | None = None  # the beginning of a header block
        self._block_head = FrameHead(0, 0, 0, 0)
        self._ended = 0  # requests that had, when something was fed last; twice as many
        self._control = 0  # frames since the last answer that brought nothing
        self._dropped: dict[int, int] = {}  # streams that were reset here; bytes that came since
        self._events: list[Event] = []
        self._part = b"", 0  # what was received last, and where in it the frame begins

    @property
    def in_flight(self) -> int:
        """How many requests are."""
        return len(self.waiting) + len(self.begun)

    @property
    def between_frames(self) -> bool:
        """Whether what comes next is the beginning of a frame, of any stream."""
        return not self._rest and self._block is None

    @property
    def retired(self) -> bool:
        """Whether no new request may be sent: it ends, or has no stream left for as many."""
        return self.leaving is not None or self.error is not None or self.next_stream > LAST_STREAM

    def request(self, token: int, block: bytes, body: bytes, *, head: bool = False) -> None:
        """Put a request into `out`, its body as far as the peer allows. `head`: it is a HEAD."""
        stream = self.next_stream
        self.next_stream += 2
        if self.table_update:
            block, self.table_update = NO_TABLE + block, False
        self.out += header_frames(stream, block, self.peer.max_frame, end=not body)
        if head:
            self.begun[stream_bytes(stream)] = PartialAnswer(token, bodiless=True)
        else:
            self.waiting[stream_bytes(stream)] = token
        if body:
            self.uploads.begin(stream, body)
            self.uploads.pump(self.out)

    def request_whole(self, token: int, wire: tuple[bytes, ...]) -> None:
        """Put a request into `out` that is in frames, cut where its stream's number stands.

        The windows have been asked before, and no header block has to say that no table is used.
        """
        number = stream_bytes(self.next_stream)
        self.next_stream += 2
        self.waiting[number] = token
        self.out += number.join(wire)

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

    def feed(self, data: bytes, at: int = 0, *, brief: bool = False) -> list[Event]:
        """Take what was received, from a place on, and say what became of requests.

        After an error, which is in `error`, no more is taken. `brief`: stop as soon as no answer is
        under way; `taken` says where that was.
        """
        self.taken = len(data)
        ended = self.next_stream - 2 * self.in_flight
        if ended != self._ended:  # answers that were known have come meanwhile
            self._ended, self._control = ended, 0
        if self._rest:
            data, at, self._rest, brief = self._rest + data[at:], 0, b"", False
        events = self._events = []
        try:
            self._take(data, at, brief=brief)
        except MalformedResponseError as error:
            self.error = error
            self.out += goaway(0, ErrorCode.PROTOCOL_ERROR)
        return events

    def _take(self, data: bytes, at: int, *, brief: bool) -> None:
        """Take frames; what is left is the beginning of one. Raises MalformedResponseError."""
        size = len(data)
        while size - at >= HEAD_BYTES:
            head = frame_head(data, at)
            if head.length > LEAST_MAX_FRAME:
                raise self._no_frame(head, data[at : at + 80])
            end = at + HEAD_BYTES + head.length
            if end > size:
                break
            if self._block is not None and head.kind != Kind.CONTINUATION:
                raise MalformedResponseError("a header block that is interrupted")
            if not self.ready and head.kind != Kind.SETTINGS:
                raise self._no_frame(head, data[at : at + 80])
            self._part = data, at
            self._take_frame(head, data[at + HEAD_BYTES : end])
            at = end
            if brief and not self.begun and self._block is None:
                self.taken = at
                return
        self._rest = data[at:] if at else data

    def _take_frame(self, head: FrameHead, payload: bytes) -> None:
        """Take one; what is wrong with its stream alone costs no more than that."""
        take = _TAKE.get(head.kind)
        if take is None:
            self._count_control()  # what is not known is passed over
            return
        try:
            take(self, head, payload)
        except _StreamError as error:
            self._spoil(head, error)

    def _no_frame(self, head: FrameHead, said: bytes) -> MalformedResponseError:
        if not self.ready:
            return MalformedResponseError(f"no HTTP/2 is spoken there: {said!r}")
        return MalformedResponseError(
            f"a frame of {head.length} bytes; the most is {LEAST_MAX_FRAME}: {said!r}"
        )

    def _count_control(self) -> None:
        """Count a frame that brings nothing. Raises MalformedResponseError when it is a flood."""
        self._control += 1
        if self._control > MAX_CONTROL:
            raise MalformedResponseError(f"a flood: {MAX_CONTROL} frames without an answer")
        if len(self.out) > MAX_OUT and not self.uploads:
            raise MalformedResponseError("a flood: what is asked for is not read")

    # --- streams

    def _on_headers(self, head: FrameHead, payload: bytes) -> None:
        self._known_stream(head)
        payload = _unpadded(head, payload)
        if head.flags & Flag.PRIORITY:
            if len(payload) < 5:  # noqa: PLR2004 - a stream and a weight
                raise MalformedResponseError("a HEADERS frame that is too short")
            payload = payload[5:]
        if head.stream not in self._dropped:
            self._note_part(self._answer(head), head)
        self._block_head = head
        if head.flags & Flag.END_HEADERS:
            self._on_block(head, payload)
        else:
            self._block = bytearray(payload)

    def _on_continuation(self, head: FrameHead, payload: bytes) -> None:
        block = self._block
        if block is None or head.stream != self._block_head.stream:
            raise MalformedResponseError("a CONTINUATION of nothing")
        block += payload
        self._count_control()
        if len(block) > MAX_HEAD:
            raise MalformedResponseError(f"a header block of more than {MAX_HEAD} bytes")
        if head.stream not in self._dropped:
            self._note_part(self._answer(head), head)
        if head.flags & Flag.END_HEADERS:
            self._block = None
            self._on_block(self._block_head, bytes(block))

    def _on_block(self, head: FrameHead, block: bytes) -> None:
        """Take a whole header block of an answer, or of its trailers."""
        if head.stream in self._dropped:
            self._dropped_more(head, len(block))
            return
        answer, ends = self._answer(head), bool(head.flags & Flag.END_STREAM)
        try:
            if answer.fields is None:
                answer.take_fields(BLOCKS.get(block) or BLOCKS.learn(block), len(block), ends=ends)
            else:
                check_trailers(block)
                answer.refuse_unended(ends=ends)
        except MalformedResponseError as error:
            raise _StreamError(str(error)) from error
        if ends:
            self._complete(head.stream, answer)

    def _on_data(self, head: FrameHead, payload: bytes) -> None:
        self._known_stream(head)
        self.allow(head.length)
        if head.stream in self._dropped:
            self._dropped_more(head, head.length)
            return
        answer = self._answer(head)
        self._note_part(answer, head)
        ends = bool(head.flags & Flag.END_STREAM)
        if not head.length and not ends:
            self._count_control()
        content = _unpadded(head, payload)
        try:
            answer.take_data(content, head.length)
        except MalformedResponseError as error:
            raise _StreamError(str(error)) from error
        if ends:
            self._complete(head.stream, answer)

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
            raise _StreamError("an answer before the request was read")
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

    def _on_reset(self, head: FrameHead, payload: bytes) -> None:
        _sized(head, 4)
        self._opened(head)
        self._dropped.pop(head.stream, None)
        token = self._forget(head.stream)
        if token is None:
            self._count_control()  # of an answer that is whole: that the rest is not needed
            return
        self._control = 0
        self._events.append(
            Reset(token, f"the server reset the stream: {error_name(number_in(payload))}")
        )

    def _opened(self, head: FrameHead) -> None:
        """Raises MalformedResponseError for a stream that was never opened."""
        if not head.stream % 2 or head.stream >= self.next_stream:
            name = Kind(head.kind).name
            raise MalformedResponseError(f"{name} on stream {head.stream}, which was never opened")

    # --- the connection

    def _on_priority(self, head: FrameHead, _: bytes) -> None:
        _sized(head, 5)
        self._count_control()

    def _on_push(self, head: FrameHead, _: bytes) -> None:
        raise MalformedResponseError(f"a push on stream {head.stream}, which was switched off")

    def _on_settings(self, head: FrameHead, payload: bytes) -> None:
        _of_connection(head)
        self._count_control()
        if head.flags & Flag.ACK:
            _sized(head, 0)
            if not self.ready:
                raise MalformedResponseError("no SETTINGS first, but their ACK")
            return
        before = self.peer.first_window
        if self.peer.take(payload):
            self.table_update = True
        self.uploads.shift(self.peer.first_window - before)
        self.ready = True
        self.out += frame(Kind.SETTINGS, Flag.ACK, 0)
        self.uploads.pump(self.out)

    def _on_ping(self, head: FrameHead, payload: bytes) -> None:
        _of_connection(head)
        _sized(head, 8)
        self._count_control()
        if not head.flags & Flag.ACK:
            self.out += frame(Kind.PING, Flag.ACK, 0, payload)

    def _on_goaway(self, head: FrameHead, payload: bytes) -> None:
        _of_connection(head)
        if head.length < 8:  # noqa: PLR2004 - two numbers
            raise MalformedResponseError("a GOAWAY frame that is too short")
        self._count_control()
        last, code = number_in(payload) & MAX_WINDOW, number_in(payload, 4)
        said = f": {payload[8 : 8 + _DEBUG_BYTES]!r}" if head.length > 8 else ""  # noqa: PLR2004
        self.leaving = f"GOAWAY, {error_name(code)}{said}"
        for number in [*self.waiting, *self.begun]:
            stream = int.from_bytes(number, "big")
            if stream > last and (token := self._forget(stream)) is not None:
                self._events.append(Unprocessed(token))

    def _on_window_update(self, head: FrameHead, payload: bytes) -> None:
        _sized(head, 4)
        more = number_in(payload) & MAX_WINDOW
        self._count_control()
        if head.stream:
            self._opened(head)
        if not more:
            raise MalformedResponseError("a WINDOW_UPDATE of nothing")
        self.uploads.allow(head.stream, more)
        if self.uploads.pump(self.out):
            self._control = 0


def header_frames(stream: int, block: bytes, max_frame: int, *, end: bool) -> bytes:
    """A request's header block, in as many frames as the peer's limit demands."""
    pieces = [block[at : at + max_frame] for at in range(0, len(block), max_frame)]
    last = len(pieces) - 1
    return b"".join(
        frame(
            Kind.CONTINUATION if index else Kind.HEADERS,
            (0 if index or not end else Flag.END_STREAM) | (index == last and Flag.END_HEADERS),
            stream,
            piece,
        )
        for index, piece in enumerate(pieces)
    )


_TAKE: Final[dict[int, Callable[[Http2Session, FrameHead, bytes], None]]] = {
    Kind.DATA: Http2Session._on_data,  # noqa: SLF001
    Kind.HEADERS: Http2Session._on_headers,  # noqa: SLF001
    Kind.PRIORITY: Http2Session._on_priority,  # noqa: SLF001
    Kind.RST_STREAM: Http2Session._on_reset,  # noqa: SLF001
    Kind.SETTINGS: Http2Session._on_settings,  # noqa: SLF001
    Kind.PUSH_PROMISE: Http2Session._on_push,  # noqa: SLF001
    Kind.PING: Http2Session._on_ping,  # noqa: SLF001
    Kind.GOAWAY: Http2Session._on_goaway,  # noqa: SLF001
    Kind.WINDOW_UPDATE: Http2Session._on_window_update,  # noqa: SLF001
    Kind.CONTINUATION: Http2Session._on_continuation,  # noqa: SLF001
}
"""Apart from a session: it would hold itself, and outlive its connection while gc is off."""


def _unpadded(head: FrameHead, payload: bytes) -> bytes:
    """The content of a frame. Raises MalformedResponseError where it is all padding and more."""
    if not head.flags & Flag.PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise MalformedResponseError("a frame with more padding than it is long")
    return payload[1 : len(payload) - payload[0]]


def _sized(head: FrameHead, length: int) -> None:
    if head.length != length:
        name = Kind(head.kind).name
        raise MalformedResponseError(f"a {name} frame of {head.length} bytes, which has {length}")


def _of_connection(head: FrameHead) -> None:
    if head.stream:
        name = Kind(head.kind).name
        raise MalformedResponseError(f"{name} on stream {head.stream}: it is the connection's")
