"""Frames of RFC 6455 as bytes: those of a client made, the heads of a server's read."""

from enum import IntEnum
from typing import Final, NamedTuple

from bench.load.net.limits import MAX_BODY, MalformedResponseError

MAX_CONTROL: Final = 125  # bytes of a control frame's payload
FIN: Final = 0x80
_MASKED: Final = 0x80
_RESERVED: Final = 0x70
_OPCODE: Final = 0x0F
_LENGTH: Final = 0x7F
_TWO_BYTES: Final = 126  # in place of a length: it is in the next two
_EIGHT_BYTES: Final = 127
_MASK_BYTES: Final = 4


class Opcode(IntEnum):
    """What a frame is."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10

    @property
    def control(self) -> bool:
        """Whether it may come between the fragments of a message."""
        return self >= Opcode.CLOSE


_OPCODES: Final = {opcode.value: opcode for opcode in Opcode}


class FrameStart(NamedTuple):
    """What a frame begins with: `size` bytes; its payload has `length`."""

    opcode: Opcode
    fin: bool
    length: int
    size: int


def frame(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as a server sends it: not masked."""
    return _head(opcode, len(payload), 0, fin=fin) + payload


def client_frame(opcode: Opcode, payload: bytes, mask: bytes) -> bytes:
    """Return a whole frame as a client sends it, masked with these four bytes."""
    size = len(payload)
    repeated = (mask * (size // _MASK_BYTES + 1))[:size]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return _head(opcode, size, _MASKED, fin=True) + mask + masked.to_bytes(size, "big")


def _head(opcode: Opcode, size: int, masked: int, *, fin: bool) -> bytes:
    first = opcode | (FIN if fin else 0)
    if size < _TWO_BYTES:
        return bytes((first, masked | size))
    if size < 1 << 16:
        return bytes((first, masked | _TWO_BYTES)) + size.to_bytes(2, "big")
    return bytes((first, masked | _EIGHT_BYTES)) + size.to_bytes(8, "big")


def head_at(data: bytes, at: int) -> FrameStart | None:
    """Read the head of a server's frame; None: not all of it is there yet.

    Raises MalformedResponseError where no server may send that, or it announces too much.
    """
    if len(data) - at < 2:  # noqa: PLR2004 - what every frame has
        return None
    first, second = data[at], data[at + 1]
    opcode = _OPCODES.get(first & _OPCODE)
    if first & _RESERVED or opcode is None:
        raise MalformedResponseError(f"a frame that begins with 0x{first:02x}: none is known so")
    if second & _MASKED:
        raise MalformedResponseError("a masked frame: a server must not mask")
    fin, length, size = bool(first & FIN), second & _LENGTH, 2
    if opcode.control and (length > MAX_CONTROL or not fin):
        what = "a fragment" if not fin else "of more than 125 bytes"
        raise MalformedResponseError(f"a {opcode.name.lower()} frame that is {what}")
    if length >= _TWO_BYTES:
        size = 4 if length == _TWO_BYTES else 10
        if len(data) - at < size:
            return None
        length = _long_length(data[at + 2 : at + size])
    return FrameStart(opcode, fin, length, size)


def _long_length(data: bytes) -> int:
    """Read a length of two or eight bytes. Raises MalformedResponseError."""
    length = int.from_bytes(data, "big")
    if length < (_TWO_BYTES if len(data) == 2 else 1 << 16):  # noqa: PLR2004
        raise MalformedResponseError(f"a length of {length} in {len(data)} bytes: it needs fewer")
    if length > MAX_BODY:
        raise MalformedResponseError(f"a frame of {length} bytes; the most is {MAX_BODY}")
    return length
