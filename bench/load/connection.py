"""One keep-alive connection to a server: a socket that does not block, and what is in flight on it.

It knows nothing of who waits for it: the loops of this package poll it with epoll, the httpx
transport with asyncio.
"""

import errno
import os
import socket
from enum import Enum, auto

from bench.load.wire import Head, Heads, MalformedResponseError, Reader

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

    `slot` and `exchange` belong to whoever sends: they say which request is in flight.
    """

    __slots__ = ("_pending", "_reader", "_receive", "_send", "_socket", "fd", "slot", "state")

    def __init__(self, address: tuple[str, int], heads: Heads) -> None:
        """Begin to connect to (host, port); the connection is open once `connected` says so."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._receive = self._socket.recv
        self._send = self._socket.send
        self._reader = Reader(heads)
        self._pending = b""
        self.fd = self._socket.fileno()
        self.slot = -1
        self.state = State.CONNECTING
        code = self._socket.connect_ex(address)
        if code not in (0, errno.EINPROGRESS):
            self.close()
            raise OSError(code, os.strerror(code))

    @property
    def wants_write(self) -> bool:
        """Whether it waits for the socket to become writable."""
        return self.state is State.CONNECTING or bool(self._pending)

    @property
    def head(self) -> Head:
        """Head of the response that was received last."""
        head = self._reader.head
        assert head is not None  # noqa: S101 - asked only after a response
        return head

    def connected(self) -> None:
        """The socket became writable for the first time. Raises OSError if connecting failed."""
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        self.state = State.OPEN

    def send(self, request: bytes) -> None:
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
            self._pending = request[sent:]

    def flush(self) -> None:
        """Send what is still to be sent, as far as the socket takes it."""
        pending, self._pending = self._pending, b""
        self.send(pending)

    def expect(self, heads: Heads) -> None:
        """Say what kind of response comes next (that to HEAD has no body)."""
        self._reader.expect(heads)

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
            return self._reader.feed(data)
        body = self._reader.end_of_stream()
        if body is None:
            raise ConnectionLostError("the server closed the connection")
        return body

    def is_quiet(self) -> bool:
        """Whether an idle connection is still open with nothing to read: no end, no stray bytes."""
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


__all__ = ["Connection", "ConnectionLostError", "MalformedResponseError", "State"]
