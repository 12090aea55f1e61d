"""One keep-alive connection to a server: a socket that does not block, and its reader.

It knows nothing of who waits for it: the loops of this package poll it with epoll, the httpx
transport with asyncio.
"""

import errno
import os
import socket
from enum import Enum, auto

from bench.load.address import Address
from bench.load.reader import Reader
from bench.load.wire import BODILESS, WITH_BODY

_RECEIVE_BYTES = 64 * 1024


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
    that was received last.
    """

    __slots__ = (
        "_feed", "_pending", "_receive", "_send", "_socket",
        "bodiless", "fd", "reader", "state", "wants_write",
    )  # fmt: skip

    def __init__(self, address: Address) -> None:
        """Begin to connect; the connection is open once `connected` says so. Raises OSError."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._receive = self._socket.recv
        self._send = self._socket.send
        self.reader = Reader(WITH_BODY)
        self._feed = self.reader.feed
        self._pending = memoryview(b"")
        self.fd = self._socket.fileno()
        self.bodiless = False
        self.state = State.CONNECTING
        self.wants_write = True
        try:
            code = self._socket.connect_ex(address)
        except OSError:  # a name that is no address
            self.close()
            raise
        if code not in (0, errno.EINPROGRESS):
            self.close()
            raise OSError(code, os.strerror(code))

    def connected(self) -> None:
        """The socket became writable for the first time. Raises OSError if connecting failed."""
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
            sent = self._send(request)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        if sent != len(request):
            self._pending = memoryview(request)[sent:]
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
        """Body of the response once it is whole, else None.

        Raises ConnectionLostError, MalformedResponseError.
        """
        try:
            data = self._receive(_RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        if data:
            return self._feed(data)
        body = self.reader.end_of_stream()
        if body is None:
            raise ConnectionLostError("the server closed the connection")
        return body

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
        self._socket.close()
