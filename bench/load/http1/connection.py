"""One keep-alive connection to a server: a socket that does not block, and its reader.

It knows nothing of who waits for it: the loops of this package poll it with epoll, the httpx
transport with asyncio.
"""

import errno
import os
import socket
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from bench.load.http1.address import Peer
from bench.load.http1.reader import Reader
from bench.load.http1.stamps import enable, read, shortest_round_trip_ns
from bench.load.http1.wire import BODILESS, WITH_BODY

RECEIVE_BYTES: Final = 64 * 1024  # at a time
_BIND_ADDRESS_NO_PORT: Final = 24  # linux/in.h: the port is chosen when it connects, not before
IDLE: Final = -1  # in place of a slot


class State(Enum):
    """What a connection can be asked to do."""

    CONNECTING = auto()
    OPEN = auto()
    CLOSED = auto()


class ConnectionLostError(Exception):
    """The server closed or reset the connection before the response was whole."""


class Connection:
    """A non-blocking socket with at most one request in flight.

    `wants_write`: it waits for the socket to become writable, to be connected or to send the rest
    of a request. `bodiless`: the next answer is one to HEAD. `reader.head`: head of the answer
    that was received last. `read`, `write`: those of `os`, a third cheaper than a socket's.

    The rest is for the loop that uses it: `slot` of the request in flight, the bytes of the answer
    that is `expected` to it, `freed_ns` when it became free.
    """

    __slots__ = (
        "_feed", "_pending", "_socket", "bodiless", "expected", "fd", "freed_ns", "read", "reader",
        "slot", "stamp_ns", "stamped", "state", "wants_write", "write",
    )  # fmt: skip

    def __init__(self, address: Peer, *, stamps: bool = False, source: str | None = None) -> None:
        """Begin to connect; the connection is open once `connected` says so. Raises OSError.

        `stamps`: have the kernel stamp what it receives, for `stamp` to be asked for. `source`: the
        address to connect from; None: the kernel's choice.
        """
        self._socket = socket.socket(_family(address), socket.SOCK_STREAM)
        self._socket.setblocking(False)
        if self._socket.family != socket.AF_UNIX:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read: Callable[[int, int], bytes] = os.read
        self.write: Callable[[int, bytes | memoryview], int] = os.write
        self.reader = Reader(WITH_BODY)
        self._feed = self.reader.feed
        self._pending = memoryview(b"")
        self.fd = self._socket.fileno()
        self.bodiless = False
        self.state = State.CONNECTING
        self.wants_write = True
        self.slot = IDLE
        self.expected: bytes | None = None
        self.freed_ns = self.stamp_ns = 0
        self.stamped = False
        try:
            if stamps:
                enable(self._socket)
            if source is not None:
                self._socket.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
                self._socket.bind((source, 0))
            code = self._socket.connect_ex(address)
        except OSError:  # a name that is no address
            self.close()
            raise
        if code not in (0, errno.EINPROGRESS):
            self.close()
            raise OSError(code, os.strerror(code))

    def stamp(self, wanted: bool) -> None:  # noqa: FBT001 - the name says what is switched
        """Note in `stamp_ns` when the kernel received what was read last (CLOCK_REALTIME), or not.

        A receive that is stamped costs a microsecond more. Where it is not, `stamp_ns` is 0.
        """
        self.stamped, self.stamp_ns = wanted, 0
        self.read = self._read_stamped if wanted else os.read

    def connected(self) -> None:
        """The socket became writable for the first time. Raises OSError if connecting failed.

        Where more has to be done first, it is still connecting; then call again when it is ready.
        """
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        self.state = State.OPEN
        self.wants_write = False

    def send(self, request: bytes | memoryview) -> None:
        """Send a request; what the socket does not take is kept for `flush`.

        Raises ConnectionLostError.
        """
        try:
            sent = self.write(self.fd, request)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        if sent != len(request):
            self.keep(memoryview(request)[sent:])

    def keep(self, rest: memoryview) -> None:
        """Keep what the socket did not take of a request, for `flush`."""
        self._pending = rest
        self.wants_write = True

    def flush(self) -> None:
        """Send what is still to be sent, as far as the socket takes it.

        Raises ConnectionLostError.
        """
        self.wants_write = False
        self.send(self._pending)

    def expect(self, *, bodiless: bool) -> None:
        """Say what kind of response comes next (that to HEAD has no body)."""
        self.bodiless = bodiless
        self.reader.expect(BODILESS if bodiless else WITH_BODY)

    def receive(self) -> bytes | None:
        """Read, and take what was read: the body of the response once it is whole, else None.

        Raises ConnectionLostError, MalformedResponseError.
        """
        try:
            data = self.read(self.fd, RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        return self.take(data)

    def take(self, data: bytes) -> bytes | None:
        """Take what was read, where nothing is the server's end of the connection.

        Returns the body of the response once it is whole, else None. Raises ConnectionLostError,
        MalformedResponseError.
        """
        if data:
            return self._feed(data)
        body = self.reader.end_of_stream()
        if body is None:
            raise ConnectionLostError("the server closed the connection")
        return body

    def _read_stamped(self, _fd: int, size: int) -> bytes:
        data, self.stamp_ns = read(self._socket, size)
        return data

    def network_ns(self) -> int | None:
        """Return the shortest round trip that the kernel has seen, ns; None where it keeps none."""
        return shortest_round_trip_ns(self._socket)

    def is_quiet(self) -> bool:
        """Whether an idle connection is open with nothing to read: no end, no stray bytes."""
        if self.wants_write:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket; safe to call twice."""
        self.state = State.CLOSED
        self.fd = -1  # which is soon another's
        self._socket.close()


def _family(address: Peer) -> socket.AddressFamily:
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET
