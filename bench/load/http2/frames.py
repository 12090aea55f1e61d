"""Frames of HTTP/2 as bytes: RFC 9113, sections 4 and 6."""

import struct
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES: Final = 9  # of a frame: length (3), type (1), flags (1), stream (4)
LEAST_MAX_FRAME: Final = 16_384  # bytes that a frame may hold, unless a peer allows more
MOST_MAX_FRAME: Final = (1 << 24) - 1
FIRST_WINDOW: Final = 65_535  # bytes, of a connection and of each stream
MAX_WINDOW: Final = (1 << 31) - 1
_head = struct.Struct(">HBBBL")
_setting = struct.Struct(">HL")
_number = struct.Struct(">L")
stream_bytes = _number.pack
"""A stream's number as the four bytes that are in the head of its frames."""


class Kind(IntEnum):
    """Types of frames."""

    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


class Flag(IntFlag):
    """Flags of frames; ACK and END_STREAM are the same bit, of different types."""

    ACK = 0x1
    END_STREAM = 0x1
    END_HEADERS = 0x4
    PADDED = 0x8
    PRIORITY = 0x20


class Setting(IntEnum):
    """What a peer may announce."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class ErrorCode(IntEnum):
    """Why a stream is reset, or a connection ended."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class FrameHead(NamedTuple):
    """The first nine bytes of a frame; `length` is that of the rest."""

    length: int
    kind: int
    flags: int
    stream: int


def frame(kind: Kind, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One whole frame."""
    high, low = divmod(len(payload), 256)
    return _head.pack(high, low, kind, flags, stream) + payload


def frame_head(data: bytes | memoryview, at: int = 0) -> FrameHead:
    """The head of the frame at a place, where all of it is; the reserved bit is passed over."""
    high, low, kind, flags, stream = _head.unpack_from(data, at)
    return FrameHead(high << 8 | low, kind, flags, stream & MAX_WINDOW)


def settings(announced: dict[Setting, int]) -> bytes:
    """A SETTINGS frame."""
    payload = b"".join(_setting.pack(name, value) for name, value in announced.items())
    return frame(Kind.SETTINGS, 0, 0, payload)


def settings_in(payload: bytes) -> list[tuple[int, int]]:
    """What a SETTINGS frame announces, known or not, in order; its length is a multiple of 6."""
    return [_setting.unpack_from(payload, at) for at in range(0, len(payload), _setting.size)]


def number_in(payload: bytes, at: int = 0) -> int:
    """A number of four bytes."""
    number: int = _number.unpack_from(payload, at)[0]
    return number


def window_update(stream: int, more: int) -> bytes:
    """Allow a peer to send so many bytes more on a stream, or (0) over the connection."""
    return frame(Kind.WINDOW_UPDATE, 0, stream, _number.pack(more))


def rst_stream(stream: int, code: ErrorCode) -> bytes:
    """End a stream."""
    return frame(Kind.RST_STREAM, 0, stream, _number.pack(code))


def goaway(last_stream: int, code: ErrorCode) -> bytes:
    """End a connection."""
    return frame(Kind.GOAWAY, 0, 0, _number.pack(last_stream) + _number.pack(code))


def error_name(code: int) -> str:
    """What an error code is called."""
    return ErrorCode(code).name if code in set(ErrorCode) else f"error {code}"
