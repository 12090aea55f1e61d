"""A server that answers exactly when it must, over HTTP/3.

It has the URLs of `exact_server`, but for streams of events. The kernel stamps every datagram, so
that requests in one datagram came at once. It is run by `python -m` with PORT CERTFILE KEYFILE, and
serves one core until it is killed.
"""

import gc
import sys
from heapq import heappop, heappush
from itertools import count
from typing import Final

from bench.proof.reference.books import BOOKS, Books
from bench.proof.reference.http3.http3_endpoint import Http3Endpoint, Request, ServedPeer
from bench.proof.reference.http3.http3_frames import answer, path_of
from bench.proof.reference.null_answer import BODY
from bench.proof.reference.timetable import Timetable
from bench.system import clock

_SPIN_NS: Final = 2_000_000  # before an answer is due: who sleeps is woken late
_RIGHT: Final = answer(BODY)
_Owed = tuple[int, int, int, int, int, ServedPeer]  # due, turn, came, label, stream, whom


class ExactHttp3Server(Http3Endpoint):
    """Takes requests as they come, and answers each when its time has come."""

    def __init__(self, port: int, certfile: str, keyfile: str) -> None:
        """Listen on 127.0.0.1. Raises OSError."""
        super().__init__(port, certfile, keyfile)
        self._owed: list[_Owed] = []
        self._numbers = count()
        self._timetable = Timetable()
        self._books = Books()

    def take(self, client: ServedPeer, request: Request, came_ns: int) -> None:
        """Note when a request is to be answered."""
        stream, data = request
        path = path_of(data)
        if path == BOOKS.encode():
            client.send(stream, answer(self._books.close()))
            return
        due_ns, label = self._timetable.due(path, came_ns)
        heappush(self._owed, (due_ns, next(self._numbers), came_ns, label, stream, client))

    def next_ns(self) -> int | None:
        """When to be awake for the next answer."""
        return self._owed[0][0] - _SPIN_NS if self._owed else None

    def act(self) -> None:
        """Give every answer that is due to the kernel."""
        owed = self._owed
        while owed and owed[0][0] <= (now_ns := clock.monotonic_ns()):
            _, turn, came_ns, label, stream, client = heappop(owed)
            client.send(stream, _RIGHT)
            self.flush(client)
            self._books.enter(came_ns, now_ns, turn, label)


if __name__ == "__main__":
    gc.freeze()
    gc.disable()  # nothing here makes cycles
    ExactHttp3Server(int(sys.argv[1]), sys.argv[2], sys.argv[3]).serve()
