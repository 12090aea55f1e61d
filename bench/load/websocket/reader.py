"""From the pieces that a connection receives to messages, within bounded memory."""

from typing import Final, NamedTuple

from bench.load.net.limits import MAX_BODY, MalformedResponseError
from bench.load.net.memory import Share
from bench.load.websocket.frames import FrameStart, Opcode, head_at

_CODE_BYTES: Final = 2
_DEFINED: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
_OWN: Final = range(3000, 5000)  # of frameworks and apps


class Received(NamedTuple):
    """One message; a text's payload is UTF-8."""

    opcode: Opcode  # TEXT or BINARY
    payload: bytes


class Close(NamedTuple):
    """How the server has ended the connection; code None: it gave none."""

    code: int | None
    reason: str

    @property
    def described(self) -> str:
        """Say it in words."""
        code = "without a code" if self.code is None else f"with code {self.code}"
        return f"the server closed the WebSocket {code}" + (
            f": {self.reason}" if self.reason else ""
        )


class MessageReader:
    """Turns what one connection receives into messages.

    `wanted`: how many may come; one more is an error. `messages`: those that have come. `ping`: the
    payload of the last ping that nobody has answered. `close`: how the server has ended it.
    `plain`: nothing but messages has come since `begin`. After an error it must not be used again.
    """

    __slots__ = (
        "_frame", "_kind", "_missing", "_payload", "_rest", "_said", "_share", "close", "messages",
        "ping", "plain", "wanted",
    )  # fmt: skip

    def __init__(self) -> None:
        """Expect nothing."""
        self.messages: list[Received] = []
        self.wanted = 0
        self.ping: bytes | None = None
        self.close: Close | None = None
        self.plain = True
        self._rest = b""  # the beginning of a frame's head
        self._frame: FrameStart | None = None  # of which not all has come
        self._missing = 0  # bytes of its payload
        self._kind: Opcode | None = None  # of the message whose fragments come
        self._payload = bytearray()  # of them
        self._said = bytearray()  # the payload of a control frame
        self._share = Share()

    @property
    def fresh(self) -> bool:
        """Whether nothing has come since `begin`."""
        return not (self.messages or self._rest or self._frame or self._kind)

    def begin(self) -> None:
        """Forget the messages that have come."""
        self.messages = []
        self.plain = True
        self._share = Share()

    def feed(self, data: bytes) -> None:
        """Take a piece. Raises MalformedResponseError."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, size = 0, len(data)
        while at < size or (self._frame is not None and not self._missing):
            if self.close is not None:
                raise MalformedResponseError("bytes after the close frame")
            if self._frame is None:
                head = head_at(data, at)
                if head is None:
                    self._rest = data[at:]
                    return
                at += head.size
                self._begin_frame(head)
            at += self._take(data[at : at + self._missing])

    def _begin_frame(self, head: FrameStart) -> None:
        self._frame, self._missing = head, head.length
        if head.opcode.control:
            self.plain = False
            return
        goes_on = head.opcode is Opcode.CONTINUATION
        if goes_on is (self._kind is None):
            what = "continues no message" if goes_on else "begins within a message"
            raise MalformedResponseError(f"a frame that {what}")
        if len(self.messages) >= self.wanted:
            raise MalformedResponseError("a message that was not waited for")
        if self._share.taken + head.length > MAX_BODY:
            raise MalformedResponseError(f"an answer of more than {MAX_BODY} bytes")
        if not goes_on:
            self._kind = head.opcode

    def _take(self, piece: bytes) -> int:
        """Take what has come of a frame's payload; how much that was."""
        assert self._frame is not None  # noqa: S101 - begun
        self._missing -= len(piece)
        if self._frame.opcode.control:
            self._said += piece
        else:
            self._share.take(len(piece))
            self._payload += piece
        if not self._missing:
            self._end_frame(self._frame)
        return len(piece)

    def _end_frame(self, head: FrameStart) -> None:
        self._frame = None
        if head.opcode.control:
            said, self._said = bytes(self._said), bytearray()
            self._on_control(head.opcode, said)
        elif head.fin:
            assert self._kind is not None  # noqa: S101 - begun
            payload, self._payload = bytes(self._payload), bytearray()
            kind, self._kind = self._kind, None
            if kind is Opcode.TEXT:
                _decoded(payload, "a text message")
            self.messages.append(Received(kind, payload))

    def _on_control(self, opcode: Opcode, said: bytes) -> None:
        if opcode is Opcode.PING:
            self.ping = said
        elif opcode is Opcode.CLOSE:
            self.close = _close(said)


def _close(said: bytes) -> Close:
    """Read a close frame's payload. Raises MalformedResponseError."""
    if not said:
        return Close(None, "")
    code = int.from_bytes(said[:_CODE_BYTES], "big")
    if len(said) < _CODE_BYTES or (code not in _DEFINED and code not in _OWN):
        raise MalformedResponseError(f"a close frame with the code {said[:_CODE_BYTES].hex()}")
    return Close(code, _decoded(said[_CODE_BYTES:], "the reason of a close frame"))


def _decoded(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedResponseError(f"{what} that is not UTF-8") from error
