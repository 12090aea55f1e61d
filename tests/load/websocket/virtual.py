"""WebSockets in virtual time: connections in which nothing but the script takes time."""

from bench.load.http1.connection import IDLE
from bench.load.net.link import State
from bench.load.pools.pool import MessagePool
from bench.load.websocket.connection import MessageConnection
from bench.load.websocket.frames import Opcode
from bench.load.websocket.reader import MessageReader
from tests.load.virtual import Event, Server, VirtualConnection, World, next_event
from tests.load.websocket.loading import compiled

_DATA = {0x80 | Opcode.TEXT, 0x80 | Opcode.BINARY}


class VirtualMessages(MessageConnection):
    """A connection without a socket, whose messages are passed to a server."""

    def __init__(self, world: World, fd: int, state: State = State.OPEN) -> None:
        self.world, self.fd, self.state = world, fd, state
        self.wants_write = state is State.CONNECTING
        self.frames = MessageReader()
        self.unsent, self._asked, self._upgrading = False, True, None
        self._pong = self._message = b""
        self._pending = memoryview(b"")
        self.bodiless, self.slot, self.expected = False, IDLE, None
        self.freed_ns = self.stamp_ns = 0
        self.stamped = False
        self.received: list[Event] = []
        self.read = self._next_event
        self.write = self._pass_on

    def connected(self) -> None:
        """Take the event that says how connecting and the upgrade went."""
        event = self.received.pop(0)
        if isinstance(event, OSError):
            raise event
        self.state, self.wants_write = State.OPEN, False

    def _pass_on(self, _fd: int, data: bytes | memoryview) -> int:
        """Pass a message to the server, whole; control frames are of no interest to it."""
        if data[0] in _DATA:
            self.world.server(self, self.world.time)  # type: ignore[arg-type]
        return len(data)

    def _next_event(self, _fd: int, size: int) -> bytes:
        return next_event(self, size)

    def close(self) -> None:
        """Be closed."""
        self.state = State.CLOSED


class VirtualMessagePool(MessagePool):
    """Connections of a world; a lost one is replaced at once, or cannot be."""

    def __init__(self, world: World, connections: int, *, refuses: bool = False) -> None:
        super().__init__(("127.0.0.1", 1), world, compiled().upgrade)
        self._world = world
        self._refuses = refuses
        for fd in range(3, 3 + connections):
            self.by_fd[fd] = VirtualMessages(world, fd)

    def connect(self) -> MessageConnection:
        """Open a connection of the world's, or refuse."""
        if self._refuses:
            raise ConnectionRefusedError(111, "refused")
        fd = next(fd for fd in range(3, 1000) if fd not in self.by_fd)
        connection = self.by_fd[fd] = VirtualMessages(self._world, fd, State.CONNECTING)
        self._world.at(self._world.time + 1, connection, None)
        return connection


def taking(service_ns: int, answer: bytes) -> Server:
    """A server with room for all: every message takes the same time."""

    def serve(connection: VirtualConnection, now: int) -> None:
        connection.world.at(now + service_ns, connection, answer)

    return serve
