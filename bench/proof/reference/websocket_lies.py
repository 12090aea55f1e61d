"""Ways of lying over a WebSocket: what the lying server sends in place of an echo.

Its frames are not the load generator's, so that a mistake of its own is not made here too.
"""

import base64
import hashlib
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from enum import StrEnum
from typing import Final

_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_KEY: Final = b"sec-websocket-key:"
_CONTINUATION, _TEXT, _CLOSE, _PING = 0, 1, 8, 9
_FINAL: Final = 0x80
_MASKED: Final = 0x80
_LARGE: Final = 126  # bytes of a payload whose length takes more than one; none here is as large
_FLOOD: Final = 4_000  # pings, each of which may be answered, and no echo


class WebSocketLie(StrEnum):
    """What can be wrong with an echo; the last is no lie, and must not be taken for one."""

    WRONG_ECHO = "wrong-echo"
    MASKED_BY_THE_SERVER = "masked-by-the-server"
    FLOOD_OF_PINGS = "flood-of-pings"
    CLOSE_IN_MID_MESSAGE = "close-in-mid-message"
    NO_ECHO = "no-echo"
    FRAGMENTED = "fragmented"


def asks_for_websocket(request: bytes) -> bool:
    """Whether the head of a request asks for an upgrade."""
    return _KEY in request.lower()


def granted(request: bytes) -> bytes:
    """The answer to it."""
    line = next(line for line in request.split(b"\r\n") if line.lower().startswith(_KEY))
    digest = hashlib.sha1(line.partition(b":")[2].strip() + _MAGIC, usedforsecurity=False).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % base64.b64encode(digest)
    )


async def message(reader: StreamReader) -> bytes | None:
    """The next message, which is short and in one frame; None: the client says that it leaves.

    Raises asyncio.IncompleteReadError.
    """
    while True:
        first, size = await reader.readexactly(2)
        mask, masked = await reader.readexactly(4), await reader.readexactly(size & ~_MASKED)
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))
        if first == _FINAL | _CLOSE:
            return None
        if first == _FINAL | _TEXT:
            return payload


def echo(payload: bytes) -> bytes:
    """A right answer."""
    return _frame(_FINAL | _TEXT, payload)


def _frame(first: int, payload: bytes) -> bytes:
    assert len(payload) < _LARGE  # noqa: S101 - messages are our own
    return bytes([first, len(payload)]) + payload


def _masked(payload: bytes) -> bytes:
    return bytes([_FINAL | _TEXT, _MASKED | len(payload), 0, 0, 0, 0]) + payload


def _fragments(payload: bytes) -> bytes:
    """A byte each, and an empty one at the end; the client is asked for a pong in between."""
    kinds = [_TEXT, *[_CONTINUATION] * (len(payload) - 1)]
    parts = [_frame(kind, bytes([byte])) for kind, byte in zip(kinds, payload, strict=True)]
    return _frame(_FINAL | _PING, b"?").join(parts) + _frame(_FINAL | _CONTINUATION, b"")


def _sends(make: Callable[[bytes], bytes]) -> Callable[[StreamWriter, bytes], None]:
    return lambda writer, payload: writer.write(make(payload))


def _close(writer: StreamWriter, payload: bytes) -> None:
    writer.write(echo(payload)[:-2])
    writer.close()


WEBSOCKET_LIES: Final[dict[WebSocketLie, Callable[[StreamWriter, bytes], None]]] = {
    WebSocketLie.WRONG_ECHO: _sends(lambda payload: echo(payload[::-1])),
    WebSocketLie.MASKED_BY_THE_SERVER: _sends(_masked),
    WebSocketLie.FLOOD_OF_PINGS: _sends(lambda _: _frame(_FINAL | _PING, b"?") * _FLOOD),
    WebSocketLie.CLOSE_IN_MID_MESSAGE: _close,
    WebSocketLie.NO_ECHO: _sends(lambda _: b""),
    WebSocketLie.FRAGMENTED: _sends(_fragments),
}
