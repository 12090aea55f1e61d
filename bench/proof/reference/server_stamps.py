"""When the kernel received what a reference server reads, by its own timestamps."""

import socket
import struct
from typing import Final

from bench.system import clock

ANCILLARY_BYTES: Final = 64
"""Room for a stamp beside what is read."""

_SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h
_TIMESPEC: Final = struct.Struct("@ll")


def enable_stamps(listener: socket.socket) -> None:
    """Have the kernel stamp what comes on a socket, and on connections that it accepts."""
    listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    """When the kernel received what was read; None: it does not say."""
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack_from(value)
            real_ns = int(seconds) * 1_000_000_000 + int(nanoseconds)
            return real_ns - clock.realtime_offset_ns()
    return None
