"""A server that answers exactly when it must: how long it takes stands in the URL.

- GET /queue/N/LABEL: one request after the other, N ns each, in the order in which they came;
- GET /delay/N/LABEL: each N ns after it came, however many there are;
- GET /events/FORM: a stream of events, each when it is due by `event_streams`;
- anything else: at once;
- GET /books: when each of these came and when its answer left, since the books were read last;
- GET /books/events: the same of every event of these streams, by the turn of its request.

A label is a number that a request is known by in the books; 0 where none is given.

A request came when the kernel received it, by its own timestamp, not when this process got round
to reading it; requests are taken in that order. For the last 2 ms before an answer is due the
process spins; else it sleeps. On a busy machine answers are late all the same: the books say when
they really left. Of requests that came together over one connection, the kernel tells when the last
did. HTTP/1.1 and HTTP/2 are spoken; both over TLS too, if there is a certificate. Run as
`python -m bench.proof.reference.exact_server PORT [CERTIFICATE KEY]`; it serves one core until it
is killed.
"""

import gc
import select
import socket
import ssl
import sys
from heapq import heappop, heappush
from itertools import count
from typing import Final

from bench.proof.reference.books import BOOKS, EVENT_BOOKS, EVENT_COLUMNS, Books
from bench.proof.reference.event_streams import EventForm, due_after_ns, parts
from bench.proof.reference.null_answer import BODY
from bench.proof.reference.server_connection import Asked, ServerConnection
from bench.proof.reference.server_stamps import ANCILLARY_BYTES, enable_stamps, stamp_ns
from bench.proof.reference.server_tls import server_context
from bench.proof.reference.timetable import Timetable
from bench.stats.units import NS_PER_S
from bench.system import clock

_RECEIVE_BYTES: Final = 16 * 1024
_FOR_EVER: Final = -1
_SPIN_NS: Final = 2_000_000  # epoll sleeps whole milliseconds, and rounds them up

_Parts = list[
    tuple[int, bytes]
]  # of a stream: when after it came each is due, ns, and what is sent
_Owed = tuple[int, int, int, int, int, Asked, ServerConnection]
"""When it is due, the request's turn, which part of its stream, when it came, its label, what was
asked, by whom."""

_Taken = tuple[int, int, list[Asked], ServerConnection]  # came, descriptor, requests, from whom


class ExactServer:
    """Takes requests as they come, and answers each when its time has come.

    All times are ns of CLOCK_MONOTONIC.
    """

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        """Listen on 127.0.0.1:`port`; `context`: of those that speak TLS."""
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port), backlog=2048)
        enable_stamps(self._listener)  # connections inherit it
        self._poll = select.epoll()
        self._poll.register(self._listener.fileno(), select.EPOLLIN)
        self._connections: dict[int, ServerConnection] = {}
        self._owed: list[_Owed] = []
        self._numbers = count()
        self._timetable = Timetable()
        self._books, self._event_books = Books(), Books(EVENT_COLUMNS)
        self._ledgers = {BOOKS.encode(): self._books, EVENT_BOOKS.encode(): self._event_books}
        self._streams: dict[bytes, _Parts] = {
            f"/events/{form}".encode(): list(zip(due_after_ns(), parts(form), strict=True))
            for form in EventForm
        }

    def serve(self) -> None:
        """Serve for ever."""
        while True:
            read = [self._read(fd) for fd, _ in self._poll.poll(self._patience_s())]
            for came_ns, _, requests, connection in sorted(one for one in read if one):
                for asked in requests:
                    self._take(connection, asked, came_ns)
                self._answer_due()
            self._answer_due()

    def _patience_s(self) -> float:
        """How long nothing need be done but for what comes in."""
        if not self._owed:
            return _FOR_EVER
        return max(0, self._owed[0][0] - clock.monotonic_ns() - _SPIN_NS) / NS_PER_S

    def _read(self, fd: int) -> _Taken | None:
        """Read requests; None: there are none."""
        connection = self._connections.get(fd)
        if connection is None:
            self._accept()
            return None
        try:
            data, ancillary, *_ = connection.socket.recvmsg(_RECEIVE_BYTES, ANCILLARY_BYTES)
            requests = connection.take(data)
        except OSError:
            data, ancillary, requests = b"", [], []
        if not data:
            self._drop(connection)
            return None
        if not requests:
            return None
        return stamp_ns(ancillary) or clock.monotonic_ns(), fd, requests, connection

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = ServerConnection(connection, self._context)
        self._poll.register(connection.fileno(), select.EPOLLIN)

    def _drop(self, connection: ServerConnection) -> None:
        fd = connection.socket.fileno()
        if self._connections.pop(fd, None) is not None:
            self._poll.unregister(fd)
            connection.socket.close()

    def _take(self, connection: ServerConnection, asked: Asked, came_ns: int) -> None:
        """Note when a request, which has no body, is to be answered."""
        if asked.path in self._ledgers:
            books = self._ledgers[asked.path].close()
            self._send(connection, asked._replace(closes=True), books)
            return
        turn = next(self._numbers)
        if asked.path in self._streams:
            for part, (after_ns, _) in enumerate(self._streams[asked.path]):
                owed = came_ns + after_ns, turn, part, came_ns, 0, asked, connection
                heappush(self._owed, owed)
            return
        due_ns, label = self._timetable.due(asked.path, came_ns)
        heappush(self._owed, (due_ns, turn, 0, came_ns, label, asked, connection))

    def _answer_due(self) -> None:
        owed = self._owed
        while owed and owed[0][0] <= (now_ns := clock.monotonic_ns()):
            _, turn, part, came_ns, label, asked, connection = heappop(owed)
            stream = self._streams.get(asked.path)
            if stream is None:
                self._send(connection, asked, BODY)
            elif not self._send_event(connection, turn, part, stream) or part < len(stream) - 1:
                continue
            self._books.enter(came_ns, now_ns, turn, label)

    def _send_event(
        self, connection: ServerConnection, turn: int, part: int, stream: _Parts
    ) -> bool:
        """Send an event, and write it down; False: who asked has left."""
        left_ns = clock.monotonic_ns()
        try:
            connection.write(stream[part][1])
        except OSError:
            self._drop(connection)
            return False
        self._event_books.enter(turn, part, left_ns, clock.monotonic_ns())
        return True

    def _send(self, connection: ServerConnection, asked: Asked, body: bytes) -> None:
        closes = asked.closes
        try:
            connection.answer(asked.stream, body)
        except OSError:  # who asked has left
            closes = True
        if closes:
            self._drop(connection)


if __name__ == "__main__":
    gc.freeze()
    gc.disable()  # nothing here makes cycles
    ExactServer(int(sys.argv[1]), server_context(sys.argv[2:])).serve()
