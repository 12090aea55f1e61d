"""A server that does nothing: every request gets one and the same right answer.

It costs as little as Python allows, so that what a client reaches against it is the client's own
limit. Run as `python -m bench.proof.reference.null_server PORT`; it serves one core until it is
killed.
"""

import select
import socket
import sys
from typing import Final

BODY: Final = b'{"id":7,"name":"nothing","price":7.0,"in_stock":true}'
RESPONSE: Final = (
    b"HTTP/1.1 200 OK\r\nserver: null\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
_END: Final = b"\r\n\r\n"
_CLOSE: Final = b"onnection: close"


def serve(port: int) -> None:
    """Answer on 127.0.0.1:`port` for ever. Requests must have no body."""
    listener = socket.create_server(("127.0.0.1", port), backlog=2048)
    listener.setblocking(False)
    poll = select.epoll()
    poll.register(listener.fileno(), select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    while True:
        for fd, _events in poll.poll():
            connection = connections.get(fd)
            if connection is None:
                _accept(listener, poll, connections)
            elif not _answer(connection):
                poll.unregister(fd)
                connections.pop(fd).close()


def _accept(
    listener: socket.socket, poll: "select.epoll", connections: dict[int, socket.socket]
) -> None:
    try:
        connection, _ = listener.accept()
    except OSError:  # who knocked has left
        return
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connections[connection.fileno()] = connection
    poll.register(connection.fileno(), select.EPOLLIN)


def _answer(connection: socket.socket) -> bool:
    """Answer what has come in; False when the connection is over."""
    try:
        received = connection.recv(65536)
        connection.send(RESPONSE * received.count(_END))
    except OSError:
        return False
    return bool(received) and _CLOSE not in received


if __name__ == "__main__":
    serve(int(sys.argv[1]))
