"""A server that does nothing: every request gets one and the same right answer.

It costs as little as Python allows, so that what a client reaches against it is the client's own
limit. HTTP/1.1 and HTTP/2 are spoken; both over TLS too, if there is a certificate. Run as
`python -m bench.proof.reference.null_server PORT [CERTIFICATE KEY]`; it serves one core until it
is killed.
"""

import select
import socket
import ssl
import sys
from typing import Final

from bench.proof.reference.null_answer import RESPONSE
from bench.proof.reference.server_connection import ServerConnection
from bench.proof.reference.server_tls import server_context

_END: Final = b"\r\n\r\n"
_CLOSE: Final = b"onnection: close"
_GET: Final = b"G"


class NullServer:
    """Its connections: those that speak plain HTTP/1.1 are told by their first byte."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        """Listen on 127.0.0.1:`port`; `context`: of those that speak TLS."""
        self._listener = socket.create_server(("127.0.0.1", port), backlog=2048)
        self._listener.setblocking(False)
        self._context = context
        self._poll = select.epoll()
        self._poll.register(self._listener.fileno(), select.EPOLLIN)
        self._connections: dict[int, socket.socket] = {}
        self._others: dict[int, ServerConnection] = {}

    def serve(self) -> None:
        """Answer for ever. Requests must have no body."""
        connections, others = self._connections, self._others
        while True:
            for fd, _events in self._poll.poll():
                connection = connections.get(fd)
                if connection is None:
                    self._accept()
                elif not (_others(others[fd]) if fd in others else self._answer(fd, connection)):
                    self._poll.unregister(fd)
                    others.pop(fd, None)
                    connections.pop(fd).close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # who knocked has left
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = connection
        self._poll.register(connection.fileno(), select.EPOLLIN)

    def _answer(self, fd: int, connection: socket.socket) -> bool:
        """Answer what has come in; False when the connection is over."""
        try:
            received = connection.recv(65536)
            if received[:1] != _GET and received:
                self._others[fd] = ServerConnection(connection, self._context)
                return self._others[fd].answer_all(received)
            connection.send(RESPONSE * received.count(_END))
        except OSError:
            return False
        return bool(received) and _CLOSE not in received


def _others(connection: ServerConnection) -> bool:
    """Answer what has come in over another protocol; False when the connection is over."""
    try:
        received = connection.socket.recv(65536)
        return bool(received) and connection.answer_all(received)
    except OSError:
        return False


if __name__ == "__main__":
    NullServer(int(sys.argv[1]), server_context(sys.argv[2:])).serve()
