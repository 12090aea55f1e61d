"""A socket that does not block, plain or with TLS: what the connections of every protocol are.

It knows nothing of who waits for it: the loops of this package poll it with epoll, the httpx
transports with asyncio.
"""

import errno
import os
import socket
from collections.abc import Callable
from enum import Enum, auto
from typing import ClassVar, Final

from bench.load.net.address import Peer
from bench.load.net.stamps import enable, read, shortest_round_trip_ns
from bench.load.net.tls import Handshake, TlsLayer

RECEIVE_BYTES: Final = 64 * 1024  # at a time
_BIND_ADDRESS_NO_PORT: Final = 24  # linux/in.h: the port is chosen when it connects, not before


class State(Enum):
    """What a connection can be asked to do."""

    CONNECTING = auto()
    OPEN = auto()
    CLOSED = auto()


class ConnectionLostError(Exception):
    """The server closed or reset the connection before the response was whole."""


class Link:
    """A non-blocking socket, and what it has not taken yet of what was to be sent.

    `wants_write`: it waits for the socket to become writable, to be connected or to send the rest.
    `read`, `write`: those of `os`, a third cheaper than a socket's; or those of TLS. `timer_ns`:
    none, as TCP keeps its own time.
    """

    timer_ns: ClassVar[None] = None

    __slots__ = (
        "_pending", "_socket", "_tls", "fd", "read", "stamp_ns", "stamped", "state", "wants_write",
        "write",
    )  # fmt: skip

    def __init__(
        self,
        address: Peer,
        *,
        handshake: Handshake | None = None,
        stamps: bool = False,
        source: str | None = None,
    ) -> None:
        """Begin to connect; the link is open once `connected` says so. Raises OSError.

        `handshake`: speak TLS. `stamps`: have the kernel stamp what it receives, for `stamp` to be
        asked for. `source`: the address to connect from; None: the kernel's choice.
        """
        self._socket = socket.socket(_family(address), socket.SOCK_STREAM)
        self._socket.setblocking(False)
        if self._socket.family != socket.AF_UNIX:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read: Callable[[int, int], bytes] = os.read
        self.write: Callable[[int, bytes | memoryview], int] = os.write
        self._pending = memoryview(b"")
        self._tls: TlsLayer | None = None
        self.fd = self._socket.fileno()
        self.state = State.CONNECTING
        self.wants_write = True
        self.stamp_ns = 0
        self.stamped = False
        if handshake is not None:
            self._tls = TlsLayer(handshake)
            self.read, self.write = self._tls.read, self._tls.write
        try:
            self._connect(address, stamps=stamps, source=source)
        except OSError:  # a name that is no address is one cause
            self.close()
            raise

    def _connect(self, address: Peer, *, stamps: bool, source: str | None) -> None:
        if stamps:
            enable(self._socket)
        if source is not None:
            self._socket.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            self._socket.bind((source, 0))
        code = self._socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))

    def stamp(self, wanted: bool) -> None:  # noqa: FBT001 - the name says what is switched
        """Note in `stamp_ns` when the kernel received what was read last (CLOCK_REALTIME), or not.

        A receive that is stamped costs a microsecond more. Where it is not, `stamp_ns` is 0. With
        TLS, it is of the last bytes that were taken. The end of what comes has no stamp, and leaves
        that of the last bytes.
        """
        self.stamped, self.stamp_ns = wanted, 0
        reading = self._read_stamped if wanted else os.read
        if self._tls is None:
            self.read = reading
        else:
            self._tls.read_socket = reading

    def connected(self) -> None:
        """The socket became writable for the first time. Raises OSError if connecting failed.

        With TLS it is still connecting then: call again whenever the socket is ready, until it is
        open. It fails too if the certificate is not trusted.
        """
        if self.wants_write:
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self.wants_write = False
            ready = self._tls is None or self._tls.begin(self.fd)
        else:
            ready = self._tls is None or self._tls.go_on(self.fd)
        if ready:
            self.state = State.OPEN

    def send(self, data: bytes | memoryview) -> None:
        """Send; what the socket does not take is kept for `flush`. Raises ConnectionLostError."""
        try:
            sent = self.write(self.fd, data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        if sent != len(data):
            self.keep(memoryview(data)[sent:])

    def keep(self, rest: memoryview) -> None:
        """Keep what the socket did not take, for `flush`."""
        self._pending = rest
        self.wants_write = True

    def flush(self) -> None:
        """Send what is still to be sent, as far as the socket takes it.

        Raises ConnectionLostError.
        """
        self.wants_write = False
        self.send(self._pending)

    def network_ns(self) -> int | None:
        """Return the shortest round trip that the kernel has seen, ns; None where it keeps none."""
        return shortest_round_trip_ns(self._socket)

    @property
    def missing(self) -> str:
        """What a link that is being opened waits for."""
        if self.wants_write:
            return "no connection was accepted"
        return "a connection was opened, but the TLS handshake did not end"

    @property
    def resumed(self) -> bool | None:
        """Whether an earlier TLS session was resumed, of an open link; None: there is no TLS."""
        return None if self._tls is None else self._tls.resumed

    def keep_session(self) -> None:
        """Keep what the next link may resume of this one's TLS, where that is wanted."""
        if self._tls is not None:
            self._tls.keep_session()

    def is_quiet(self) -> bool:
        """Whether an idle link is open with nothing to read: no end, no stray bytes.

        What TLS itself had to say is taken in.
        """
        if self.wants_write or self.state is not State.OPEN:
            return False
        try:
            if self._tls is None:
                self._socket.recv(1, socket.MSG_PEEK)
            else:
                self._tls.read(self.fd, RECEIVE_BYTES)
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

    def _read_stamped(self, _fd: int, size: int) -> bytes:
        data, stamp_ns = read(self._socket, size)
        if data:  # the end has no stamp: an answer that ends with it came with its last bytes
            self.stamp_ns = stamp_ns
        return data

    @property
    def protocol(self) -> str | None:
        """The protocol that the server has selected by ALPN; None: none, or there is no TLS."""
        return None if self._tls is None else self._tls.protocol


def _family(address: Peer) -> socket.AddressFamily:
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET
