"""Frames of HTTP/2 as a reference server writes and reads them: RFC 9113, sections 4 and 6.

They are not the load generator's, so that a mistake of its own is not made here too.
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES: Final = 9
STREAM_AT: Final = 5  # in the head of a frame
ACK = END_STREAM = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
NO_ERROR: Final = 0
INTERNAL_ERROR: Final = 2
CANCEL: Final = 8
_number: Final = struct.Struct(">L")
_setting: Final = struct.Struct(">HL")
_tail: Final = struct.Struct(">BBL")


class FrameType(IntEnum):
    """Types of frames, those that are used here."""

    DATA = 0
    HEADERS = 1
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


class ServerSetting(IntEnum):
    """What is announced here."""

    HEADER_TABLE_SIZE = 1
    MAX_CONCURRENT_STREAMS = 3


class Frame(NamedTuple):
    """A frame that has come."""

    kind: int
    flags: int
    stream: int
    payload: bytes


def frame(kind: FrameType, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One whole frame."""
    return len(payload).to_bytes(3, "big") + _tail.pack(kind, flags, stream) + payload


def frames_in(data: bytes, at: int) -> tuple[list[Frame], int]:
    """The whole frames from a place on, and where the rest begins."""
    found = []
    while at + HEAD_BYTES <= len(data):
        end = at + HEAD_BYTES + int.from_bytes(data[at : at + 3], "big")
        if end > len(data):
            break
        kind, flags, stream = _tail.unpack_from(data, at + 3)
        found.append(Frame(kind, flags, stream, data[at + HEAD_BYTES : end]))
        at = end
    return found, at


def settings(announced: dict[ServerSetting, int]) -> bytes:
    """A SETTINGS frame."""
    payload = b"".join(_setting.pack(name, value) for name, value in announced.items())
    return frame(FrameType.SETTINGS, 0, 0, payload)


def window_update(stream: int, more: int) -> bytes:
    """Allow so many bytes more on a stream, or (0) over the connection."""
    return frame(FrameType.WINDOW_UPDATE, 0, stream, _number.pack(more))


def rst_stream(stream: int, code: int) -> bytes:
    """End a stream."""
    return frame(FrameType.RST_STREAM, 0, stream, _number.pack(code))


def goaway(last_stream: int, code: int) -> bytes:
    """End a connection."""
    return frame(FrameType.GOAWAY, 0, 0, _number.pack(last_stream) + _number.pack(code))
