"""One connection's HTTP/2, without a socket: bytes in, facts out, and the bytes to send back.

Requests are told apart by tokens, numbers of whoever sends them. What is in flight is bounded, and
so is what is kept of what a server sends; a server that breaks the protocol is done with.
"""

from collections.abc import Callable
from typing import Final

from bench.load.http2.answer import PartialAnswer
from bench.load.http2.answer_frames import AnswerFrames
from bench.load.http2.events import Event, Unprocessed
from bench.load.http2.fields import NO_TABLE
from bench.load.http2.frame_checks import refuse_other_size, refuse_stream
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
    settings,
    stream_bytes,
    window_update,
)
from bench.load.http2.request_frames import header_frames
from bench.load.http2.streams import StreamError
from bench.load.net.limits import MAX_HEAD, MalformedResponseError

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


class Http2Session(AnswerFrames):
    """The state of one connection.

    `error`: why the peer is done with, once it is. `leaving`: what it said when it announced to go
    away. See `StreamStates` for the rest.
    """

    __slots__ = ("_ended", "_rest", "error", "leaving", "ready", "table_update", "taken")

    def __init__(self) -> None:
        """Begin; the first bytes to send are in `out`."""
        super().__init__()
        self.out += HELLO
        self.ready = False  # whether the peer's first SETTINGS have come
        self.taken = 0
        self.table_update = False  # whether the next header block must say that none is used
        self.leaving: str | None = None
        self.error: MalformedResponseError | None = None
        self._rest = b""  # the beginning of a frame
        self._ended = 0  # requests that had, when something was fed last; twice as many

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
        except StreamError as error:
            self._spoil(head, error)

    def _no_frame(self, head: FrameHead, said: bytes) -> MalformedResponseError:
        if not self.ready:
            return MalformedResponseError(f"no HTTP/2 is spoken there: {said!r}")
        return MalformedResponseError(
            f"a frame of {head.length} bytes; the most is {LEAST_MAX_FRAME}: {said!r}"
        )

    def _on_priority(self, head: FrameHead, _: bytes) -> None:
        refuse_other_size(head, 5)
        self._count_control()

    def _on_push(self, head: FrameHead, _: bytes) -> None:
        raise MalformedResponseError(f"a push on stream {head.stream}, which was switched off")

    def _on_settings(self, head: FrameHead, payload: bytes) -> None:
        refuse_stream(head)
        self._count_control()
        if head.flags & Flag.ACK:
            refuse_other_size(head, 0)
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
        refuse_stream(head)
        refuse_other_size(head, 8)
        self._count_control()
        if not head.flags & Flag.ACK:
            self.out += frame(Kind.PING, Flag.ACK, 0, payload)

    def _on_goaway(self, head: FrameHead, payload: bytes) -> None:
        refuse_stream(head)
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
        refuse_other_size(head, 4)
        more = number_in(payload) & MAX_WINDOW
        self._count_control()
        if head.stream:
            self._opened(head)
        if not more:
            raise MalformedResponseError("a WINDOW_UPDATE of nothing")
        self.uploads.allow(head.stream, more)
        if self.uploads.pump(self.out):
            self._control = 0


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
