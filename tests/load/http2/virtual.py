"""HTTP/2 in virtual time: connections and a server in which nothing but the script takes time."""

from collections.abc import Callable
from itertools import count
from typing import Any

from bench.load.http2.connection import StreamConnection
from bench.load.http2.frames import HEAD_BYTES, Flag, Kind, frame_head, settings
from bench.load.http2.session import Http2Session
from bench.load.net.link import State
from bench.load.pools.pool import StreamPool
from tests.load.http2.peer import answer
from tests.load.virtual import Event, World, next_event

Serve = Callable[["VirtualStreams", int, int], None]
"""What a server does with a request: connection, stream and time."""


class VirtualStreams(StreamConnection):
    """A connection without a socket, whose requests are passed to a server."""

    def __init__(
        self, world: World, fd: int, serve: Serve, share: int, state: State = State.OPEN
    ) -> None:
        self.world, self.serve, self.fd = world, serve, fd
        self.state, self.wants_write = State.OPEN, False
        self.received: list[Event] = []
        self.session = Http2Session()
        self.session.out.clear()
        self.session.feed(settings({}))
        self.session.out.clear()
        self.waiting = self.session.waiting
        self.share, self.rest = share, b""
        self.stamp_ns, self.stamped = 0, False
        self.read = self._next_bytes
        self.write = self._pass_on
        self.sent: list[int] = []
        self._pending = memoryview(b"")
        self.settle()
        self.state = state
        self.careful = self.wants_write = state is State.CONNECTING

    def connected(self) -> None:
        """Take the event that says how connecting went."""
        event = self.received.pop(0)
        if isinstance(event, OSError):
            raise event
        self.state, self.wants_write = State.OPEN, False
        self.settle()

    def _next_bytes(self, _fd: int, size: int) -> bytes:
        """All that has come, as of a socket."""
        data = next_event(self, size)
        while data and self.received and isinstance(self.received[0], bytes) and self.received[0]:
            data += next_event(self, size)
        return data

    def _pass_on(self, _fd: int, data: bytes | memoryview) -> int:
        """Pass each request to the server; `sent`: how many there were in each write."""
        raw, at, number = bytes(data), 0, 0
        while at < len(raw):
            first = frame_head(raw, at)
            at += HEAD_BYTES + first.length
            if first.kind in {Kind.HEADERS, Kind.DATA} and first.flags & Flag.END_STREAM:
                self.serve(self, first.stream, self.world.time)
                number += 1
        self.sent.append(number)
        return len(data)

    def close(self) -> None:
        """Be closed."""
        self.state = State.CLOSED


class VirtualStreamPool(StreamPool):
    """Connections of a world, open from the beginning.

    A new one is open after `connect_ns`, or fails then by `connected`; None: it is refused at once.
    """

    def __init__(
        self,
        world: World,
        shares: list[int],
        serve: Serve,
        *,
        connect_ns: int | None = 0,
        connected: OSError | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 1), world, streams=max(shares))
        self._world, self._serve = world, serve
        self._connect_ns, self._connected = connect_ns, connected
        for share in shares:
            fd = self._lowest_free()
            self.by_fd[fd] = VirtualStreams(world, fd, serve, share)

    def connect(self) -> StreamConnection:
        """Open a connection of the world's, or refuse."""
        if self._connect_ns is None:
            raise ConnectionRefusedError(111, "refused")
        fd = self._lowest_free()
        made = VirtualStreams(self._world, fd, self._serve, 0, State.CONNECTING)
        self.by_fd[fd] = made
        self._world.at(self._world.time + self._connect_ns, made, self._connected)
        return made

    def _lowest_free(self) -> int:
        """A descriptor, reused as the kernel reuses them."""
        return next(fd for fd in count(3) if fd not in self.by_fd)


def taking(service_ns: int) -> Serve:
    """A server with room for all: every request takes the same time."""

    def serve(connection: VirtualStreams, stream: int, now: int) -> None:
        connection.world.at(now + service_ns, connection, answer(stream))

    return serve


def one_by_one(service_ns: int, stall: range = range(0)) -> Serve:
    """A server that answers one after the other, and starts nothing during a stall."""
    free = 0

    def serve(connection: VirtualStreams, stream: int, now: int) -> None:
        nonlocal free
        start = max(now, free)
        free = (stall.stop if start in stall else start) + service_ns
        connection.world.at(free, connection, answer(stream))

    return serve


def world() -> World:
    """Virtual time."""

    def nobody(*_: Any) -> None:
        raise AssertionError("connections here have a server of their own")

    return World(nobody)
