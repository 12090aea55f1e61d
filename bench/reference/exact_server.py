"""A server that answers exactly when it must: how long it takes stands in the URL.

- GET /queue/N: one request after the other, N ns each, in the order in which they came;
- GET /delay/N: each N ns after it came, however many there are;
- GET /books: how many of these were answered, and how long all of them were here together;
- anything else: at once.

A request came when the kernel received it, by its own timestamp, not when this process got round
to reading it. For the last 2 ms before an answer is due the process spins; else it sleeps. Run as
`python -m bench.reference.exact_server PORT`; it serves one core until it is killed.
"""

import gc
import json
import select
import socket
import struct
import sys
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Final

from bench import clock
from bench.reference.null_server import RESPONSE

BOOKS: Final = "/books"
_SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h
_TIMESPEC: Final = struct.Struct("@ll")
_CLOSE: Final = b"onnection: close"
_RECEIVE_BYTES: Final = 16 * 1024
_ANCILLARY_BYTES: Final = 64
_FOR_EVER: Final = -1
_SPIN_NS: Final = 2_000_000  # epoll sleeps whole milliseconds, and rounds them up
_NS: Final = 1e9

_Due = Callable[[int], int]  # from when a request came to when it is to be answered, ns
_Owed = tuple[int, int, int, socket.socket, bool]  # due, came, number, to whom, whether to close


class ExactServer:
    """Takes requests as they come, and answers each when its time has come.

    All times are ns of CLOCK_REALTIME, which the kernel's timestamps are of.
    """

    def __init__(self, port: int) -> None:
        """Listen on 127.0.0.1:`port`."""
        self._listener = socket.create_server(("127.0.0.1", port), backlog=2048)
        self._poll = select.epoll()
        self._poll.register(self._listener.fileno(), select.EPOLLIN)
        self._connections: dict[int, socket.socket] = {}
        self._owed: list[_Owed] = []
        self._numbers = count()
        self._rules: dict[bytes, _Due] = {}
        self._free_ns = 0  # when the queue is served that has come so far
        self._answered = self._here_ns = 0

    def serve(self) -> None:
        """Serve for ever."""
        while True:
            for fd, _ in self._poll.poll(self._patience_s()):
                self._attend(fd)
                self._answer_due()
            self._answer_due()

    def _patience_s(self) -> float:
        """How long nothing need be done but for what comes in."""
        if not self._owed:
            return _FOR_EVER
        return max(0, self._owed[0][0] - clock.realtime_ns() - _SPIN_NS) / _NS

    def _attend(self, fd: int) -> None:
        connection = self._connections.get(fd)
        if connection is None:
            self._accept()
            return
        try:
            data, ancillary, *_ = connection.recvmsg(_RECEIVE_BYTES, _ANCILLARY_BYTES)
        except OSError:
            data, ancillary = b"", []
        if data:
            self._take(connection, data, _stamp_ns(ancillary) or clock.realtime_ns())
        else:
            self._drop(connection)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._connections[connection.fileno()] = connection
        self._poll.register(connection.fileno(), select.EPOLLIN)

    def _drop(self, connection: socket.socket) -> None:
        if self._connections.pop(connection.fileno(), None) is not None:
            self._poll.unregister(connection.fileno())
            connection.close()

    def _take(self, connection: socket.socket, data: bytes, came_ns: int) -> None:
        """Note when a request, which has no body, is to be answered."""
        path = data.split(b" ", 2)[1]
        if path == BOOKS.encode():
            self._send(connection, self._books(), closes=True)
            return
        rule = self._rules.get(path) or self._learn(path)
        owed = (rule(came_ns), came_ns, next(self._numbers), connection, _CLOSE in data)
        heappush(self._owed, owed)

    def _learn(self, path: bytes) -> _Due:
        """Remember what a path asks for."""
        kind, _, text = path.removeprefix(b"/").partition(b"/")
        time_ns = int(text) if kind in {b"queue", b"delay"} else 0

        def queued(came_ns: int) -> int:
            self._free_ns = max(came_ns, self._free_ns) + time_ns
            return self._free_ns

        def delayed(came_ns: int) -> int:
            return came_ns + time_ns

        self._rules[path] = queued if kind == b"queue" else delayed
        return self._rules[path]

    def _answer_due(self) -> None:
        owed = self._owed
        while owed and owed[0][0] <= clock.realtime_ns():
            _, came_ns, _, connection, closes = heappop(owed)
            self._send(connection, RESPONSE, closes=closes)
            self._answered += 1
            self._here_ns += clock.realtime_ns() - came_ns

    def _send(self, connection: socket.socket, response: bytes, *, closes: bool) -> None:
        try:
            connection.send(response)
        except OSError:  # who asked has left
            closes = True
        if closes:
            self._drop(connection)

    def _books(self) -> bytes:
        body = json.dumps({"answered": self._answered, "here_ns": self._here_ns}).encode()
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def _stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    """When the kernel received what was read; None: it does not say."""
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack_from(value)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return None


if __name__ == "__main__":
    gc.freeze()
    gc.disable()  # nothing here makes cycles
    ExactServer(int(sys.argv[1])).serve()
