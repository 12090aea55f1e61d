"""A server of a few lines, which starts fast under valgrind: run as `-I -S tiny_server.py PORT`.

"/N" executes a loop N times before it answers, and TINY_LOOPS times more; "/fork" has a child do
that, "/start" another program; "/crash" ends the process by an instruction that no CPU knows.
"""

import ctypes
import mmap
import os
import select
import socket
import sys
from itertools import repeat

LOOPS = int(os.environ.get("TINY_LOOPS", "0"))
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def serve(port: int) -> None:
    """Answer for ever, whoever asks."""
    poll = select.epoll()
    with socket.create_server(("127.0.0.1", port)) as listener:
        poll.register(listener.fileno())
        connections: dict[int, socket.socket] = {}
        while True:
            for fd, _ in poll.poll():
                if fd == listener.fileno():
                    connection = listener.accept()[0]
                    connections[connection.fileno()] = connection
                    poll.register(connection.fileno(), select.EPOLLIN)
                elif not answer(connections[fd]):
                    connections.pop(fd).close()


def answer(connection: socket.socket) -> bool:
    """Answer one request; False where its connection has ended."""
    request = connection.recv(4096)
    if not request:
        return False
    path = request.split(b" ", 2)[1][1:]
    if path == b"crash":
        crash()
    if path == b"fork":
        in_a_child()
    elif path == b"start":
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    else:
        spin(int(path or 0) + LOOPS)
    connection.sendall(ANSWER)
    return b"onnection: close" not in request


def in_a_child() -> None:
    """Let a child of this process do it."""
    child = os.fork()
    if not child:
        spin(100)
        os._exit(0)
    os.waitpid(child, 0)


def spin(times: int) -> None:
    """Execute something that takes as long each time."""
    for _ in repeat(None, times):
        divmod(7, 3)


def crash() -> None:
    """Execute UD2 (x86) or UDF (Arm): an instruction that is none."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\x0f\x0b\x00\x00")
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
