"""Frames that bring answers over HTTP/2: heads, trailers, content, and the end of a stream."""

from bench.load.http2.events import Reset
from bench.load.http2.fields import BLOCKS, check_trailers
from bench.load.http2.frame_checks import refuse_other_size, unpadded
from bench.load.http2.frames import Flag, FrameHead, error_name, number_in
from bench.load.http2.streams import StreamError, StreamStates
from bench.load.net.limits import MAX_HEAD, MalformedResponseError


class AnswerFrames(StreamStates):
    """Takes frames of streams, one after the other; raises MalformedResponseError."""

    __slots__ = ("_block",)

    def __init__(self) -> None:
        """Begin, between two header blocks."""
        super().__init__()
        self._block: bytearray | None = None  # the beginning of a header block

    def _on_headers(self, head: FrameHead, payload: bytes) -> None:
        self._known_stream(head)
        payload = unpadded(head, payload)
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
            raise StreamError(str(error)) from error
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
        content = unpadded(head, payload)
        try:
            answer.take_data(content, head.length)
        except MalformedResponseError as error:
            raise StreamError(str(error)) from error
        if ends:
            self._complete(head.stream, answer)

    def _on_reset(self, head: FrameHead, payload: bytes) -> None:
        refuse_other_size(head, 4)
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
