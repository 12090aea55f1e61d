"""A server of a test's own: threads, blocking sockets, and whatever answer the test wants."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from bench.load.net.address import Address
from tests.ending import join
from tests.load.sending import RIGHT


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = bytearray()

    def begin_tls(self, context: ssl.SSLContext) -> None:
        """Wait for the client's handshake."""
        wrapped = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = wrapped  # which may be closed while it waits
        wrapped.do_handshake()

    def request(self) -> bytes | None:
        """One whole request, its body by content-length; None: the client has left."""
        while b"\r\n\r\n" not in self._received:
            if not self._more():
                return None
        end = self._received.index(b"\r\n\r\n") + 4
        length = 0
        for line in self._received[:end].lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(self._received) < end + length:
            if not self._more():
                return None
        request = bytes(self._received[: end + length])
        del self._received[: end + length]
        return request

    def _more(self) -> bool:
        data = self._socket.recv(1 << 20)
        self._received += data
        return bool(data)

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._socket.sendall(data)

    def reset(self) -> None:
        """Close by RST, so that the client loses what it has not read yet."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)  # wakes the thread that reads, says nothing
        self._socket.close()

    def close(self) -> None:
        """End the connection, and wake the thread that reads from it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@dataclass
class Served:
    """A running server, and what it has seen."""

    address: Address
    connections: int = 0
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it is, for httpx."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def count(self) -> int:
        """Number of this request, from 1."""
        with self.lock:
            self.requests += 1
            return self.requests


Handle = Callable[[Served, Peer], None]
Reply = Callable[[Peer, int], None]


def _listener(host: str) -> socket.socket:
    """Listen on a port of a host, or on a unix socket where `host` is a path."""
    if not host.startswith("/"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, 0), family=family, backlog=128)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(host)
    listener.listen(128)
    return listener


@contextmanager
def serving(
    handle: Handle, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
) -> Iterator[Served]:
    """Call `handle` for every connection, in threads that are all joined at the end.

    A `host` that is a path is a unix socket. `context`: that of a server that speaks TLS.
    """
    with _listener(host) as listener:
        name = listener.getsockname()
        served = Served((host, 0 if isinstance(name, str) else name[1]))
        peers: list[Peer] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                if over.is_set():
                    connection.close()
                    return
                if connection.family != socket.AF_UNIX:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                served.connections += 1
                peers.append(Peer(connection))
                threads.append(threading.Thread(target=attend, args=[peers[-1]], daemon=True))
                threads[-1].start()

        def attend(peer: Peer) -> None:
            with suppress(OSError):  # the client or the end of the test closed it
                if context is not None:
                    peer.begin_tls(context)
                handle(served, peer)
            peer.close()

        over = threading.Event()
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield served
        finally:
            over.set()
            with closing(socket.socket(listener.family)) as last:
                last.connect(name)
                join(accepting)
            for peer in peers:
                peer.close()
            for thread in threads:
                join(thread)


def replying(reply: Reply) -> Handle:
    """Call `reply` with each request's number; a connection goes on until it is closed."""

    def handle(served: Served, peer: Peer) -> None:
        while peer.request() is not None:
            reply(peer, served.count())

    return handle


def answering(response: bytes = RIGHT) -> Handle:
    """Answer every request alike."""
    return replying(lambda peer, _: peer.send(response))


def refusing_address() -> Address:
    """An address at which nobody listens: bound a moment ago, and free again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return ("127.0.0.1", port)


def eventually(condition: Callable[[], bool], limit_s: float = 5.0) -> None:
    """Wait for what another thread or process is about to do."""
    tick = threading.Event()
    for _ in range(int(limit_s / 0.002)):
        if condition():
            return
        tick.wait(0.002)
    raise AssertionError("it has not come to pass")
