"""What the kernel knows of a connection: when bytes came in, and the network's round trip.

Linux stamps what a socket of TCP or UDP receives (SO_TIMESTAMPING, networking/timestamping) as
it comes out of the network, long before a busy process reads it. The stamps are of CLOCK_REALTIME.
"""

import select
import socket
import struct
import sys
from contextlib import closing
from typing import Final

_SO_TIMESTAMPING: Final = 37  # asm-generic/socket.h; all of x86, ARM, RISC-V and PowerPC
_RX_SOFTWARE: Final = 1 << 3  # SOF_TIMESTAMPING_RX_SOFTWARE: stamp what comes in
_SOFTWARE: Final = 1 << 4  # SOF_TIMESTAMPING_SOFTWARE: and tell
_timespec: Final = struct.Struct("@ll").unpack_from
_ANCILLARY_BYTES: Final = socket.CMSG_SPACE(48)  # for the three timespecs of one stamp
_MIN_RTT: Final = struct.Struct("@I")  # us
_MIN_RTT_AT: Final = 148  # of tcpi_min_rtt in struct tcp_info, linux/tcp.h
_NO_MIN_RTT: Final = 0xFFFFFFFF
_PATIENCE_S: Final = 1.0
_TRIES: Final = 50
_BETWEEN_TRIES_S: Final = 0.002


def enable(connection: socket.socket) -> None:
    """Ask for stamps of what a socket receives. Raises OSError where there are none."""
    connection.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RX_SOFTWARE | _SOFTWARE)


def read(connection: socket.socket, size: int) -> tuple[bytes, int]:
    """Receive at most `size` bytes, with the stamp of the last of them, ns; 0: it has none.

    Raises what `recv` raises.
    """
    data, ancillary, _, _ = connection.recvmsg(size, _ANCILLARY_BYTES)
    if not ancillary:
        return data, 0
    seconds, nanoseconds = _timespec(ancillary[0][2])  # there is no other: none was asked for
    return data, seconds * 1_000_000_000 + nanoseconds


def keep_on() -> socket.socket:
    """Have the kernel go on stamping until this is closed.

    It stamps nothing that comes right after the first socket has asked for it, and stops when the
    last one is closed: where connections come and go, that may be at any time.
    """
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    enable(asking)
    return asking


def supported() -> bool:
    """Try it: whether what comes in over loopback is stamped.

    The kernel begins to stamp a moment after it was asked for the first time, so it is tried for a
    while.
    """
    if sys.platform != "linux":
        return False
    try:
        with (
            closing(socket.create_server(("127.0.0.1", 0))) as listener,
            closing(socket.create_connection(listener.getsockname(), _PATIENCE_S)) as here,
        ):
            there, _ = listener.accept()
            with closing(there):
                enable(here)
                return any(_stamped(there, here) for _ in range(_TRIES))
    except OSError:
        return False


def _stamped(there: socket.socket, here: socket.socket) -> bool:
    there.send(b"?")
    if read(here, 1)[1]:
        return True
    select.select([], [], [], _BETWEEN_TRIES_S)
    return False


def shortest_round_trip_ns(connection: socket.socket) -> int | None:
    """The shortest round trip of a connection that the kernel has seen, ns; None: not kept."""
    if sys.platform != "linux":
        return None
    try:
        facts = connection.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_INFO, _MIN_RTT_AT + _MIN_RTT.size
        )
    except OSError:
        return None
    if len(facts) < _MIN_RTT_AT + _MIN_RTT.size:
        return None
    (microseconds,) = _MIN_RTT.unpack_from(facts, _MIN_RTT_AT)
    return None if microseconds == _NO_MIN_RTT else int(microseconds) * 1000
