"""Virtual time: a poller, connections and a server in which nothing but the script takes time."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from typing import Protocol

from bench.load.http1.connection import IDLE, Connection
from bench.load.http1.reader import Reader
from bench.load.http1.wire import WITH_BODY
from bench.load.net.link import State
from bench.load.net.pollable import Pollable
from bench.load.pacing.poller import READABLE, WRITABLE
from bench.load.pools.pool import NO_PORT, NoPortError, Pool
from bench.load.reckoning.samples import Samples
from tests.load.sending import RIGHT

MS = 1_000_000
GAP_NS = 400_000
"""Between requests of an open loop against a server on this machine: it has answered by then."""
Event = bytes | Exception | None  # what is read; b"": the end; None: it becomes writable
Server = Callable[["VirtualConnection", int], None]


class Receiving(Protocol):
    """A connection of a world, whatever is spoken over it: `received` is yet to be read."""

    received: list[Event]
    fd: int
    state: State
    wants_write: bool


def next_event(connection: Receiving, size: int) -> bytes:
    """Take the next event of a connection, or so many bytes of it."""
    received = connection.received
    if not received:
        raise BlockingIOError
    event = received.pop(0)
    if isinstance(event, bytes):
        if len(event) > size:
            received.insert(0, event[size:])
        return event[:size]
    assert event is not None
    raise event


class World:
    """Time, and what will happen in it. It is the poller of the loops that run in it."""

    def __init__(self, server: Server, *, late_ns: int = 0) -> None:
        """Requests are passed to `server(connection, now)`; timers wake `late_ns` too late."""
        self.time = 0
        self.server = server
        self.late_ns = late_ns
        self.sent_at: list[int] = []
        self.sent: list[bytes] = []
        self.waits: list[int] = []
        self._order = count()
        self._events: list[tuple[int, int, Receiving, Event]] = []

    def at(self, time: int, connection: Receiving, event: Event) -> None:
        """Let a connection receive something at some time."""
        heapq.heappush(self._events, (time, next(self._order), connection, event))

    def now(self) -> int:
        """The time, ns."""
        return self.time

    def wait(self, until_ns: int) -> list[tuple[int, int]]:
        """Let time pass until the next event, or `until_ns`."""
        self.waits.append(until_ns)
        if not self._events or self._events[0][0] > until_ns:
            self.time = max(self.time, until_ns + self.late_ns)
            return [(-1, 1)]  # a descriptor of the poller's own
        self.time = max(self.time, self._events[0][0])
        ready = {}
        while self._events and self._events[0][0] <= self.time:
            _, _, connection, event = heapq.heappop(self._events)
            if connection.state is not State.CLOSED:
                connection.received.append(event)
                ready[connection.fd] = WRITABLE if connection.wants_write else READABLE
        return list(ready.items())

    def polls(self, until_ns: int) -> Iterator[list[tuple[int, int]]]:
        """Wait again and again."""
        return iter(partial(self.wait, until_ns), None)

    def watch(self, connection: Pollable) -> None:
        """Do nothing: events find their connections."""

    def rewatch(self, connection: Pollable) -> None:
        """Do nothing."""

    def forget(self, connection: Pollable) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class VirtualConnection(Connection):
    """A connection without a socket."""

    def __init__(self, world: World, fd: int, state: State = State.OPEN) -> None:
        self.world = world
        self.fd = fd
        self.state = state
        self.wants_write = state is State.CONNECTING
        self._tls = None
        self.bodiless = False
        self.reader = Reader(WITH_BODY)
        self._feed = self.reader.feed
        self.read = self._next_event
        self.write = self._pass_on
        self.slot = IDLE
        self.expected = None
        self.freed_ns = self.stamp_ns = 0
        self.stamped = False
        self.received: list[Event] = []

    def connected(self) -> None:
        """Take the event that says how connecting went."""
        event = self.received.pop(0)
        if isinstance(event, OSError):
            raise event
        self.state = State.OPEN
        self.wants_write = False

    def _pass_on(self, _fd: int, request: bytes | memoryview) -> int:
        """Pass a request to the server, whole."""
        self.world.sent_at.append(self.world.time)
        self.world.sent.append(bytes(request))
        self.world.server(self, self.world.time)
        return len(request)

    def _next_event(self, _fd: int, size: int) -> bytes:
        """Take the next event, or so many bytes of it."""
        return next_event(self, size)

    def is_quiet(self) -> bool:
        """Tell that nothing stray ever comes."""
        return True

    def close(self) -> None:
        """Be closed."""
        self.state = State.CLOSED


class VirtualPool(Pool):
    """Connections of a world.

    A new one is open after `connect_ns`, or fails then by `connected`; None: it is refused at once.
    `ports`: how many can be opened before this machine has no port left.
    """

    def __init__(
        self,
        world: World,
        connections: int,
        *,
        connect_ns: int | None = 0,
        connected: OSError | None = None,
        ports: int = 100_000,
    ) -> None:
        super().__init__(("127.0.0.1", 1), world)
        self._world = world
        self._connect_ns = connect_ns
        self._connected = connected
        self._ports = ports
        for _ in range(connections):
            fd = self._lowest_free()
            self.by_fd[fd] = VirtualConnection(world, fd)

    def connect(self) -> Connection:
        """Open a connection of the world's, or refuse."""
        if self._connect_ns is None:
            raise ConnectionRefusedError(111, "refused")
        self._ports -= 1
        if self._ports < 0:
            self.out_of_ports = True
            raise NoPortError(99, NO_PORT)
        connection = VirtualConnection(self._world, self._lowest_free(), State.CONNECTING)
        self.by_fd[connection.fd] = connection
        self._world.at(self._world.time + self._connect_ns, connection, self._connected)
        return connection

    def _lowest_free(self) -> int:
        """A descriptor, reused as the kernel reuses them."""
        return next(fd for fd in count(3) if fd not in self.by_fd)


def taking(service_ns: int, response: bytes = RIGHT) -> Server:
    """A server with room for all: every request takes the same time."""

    def serve(connection: VirtualConnection, now: int) -> None:
        connection.world.at(now + service_ns, connection, response)

    return serve


def queueing(service_ns: Iterable[int], stall: range = range(0)) -> Server:
    """A server that answers one after the other, and starts nothing during a stall."""
    services = iter(service_ns)
    free = 0

    def serve(connection: VirtualConnection, now: int) -> None:
        nonlocal free
        start = max(now, free)
        free = (stall.stop if start in stall else start) + next(services)
        connection.world.at(free, connection, RIGHT)

    return serve


def planned(due: Iterable[int]) -> Samples:
    """Samples that hold a plan, ns."""
    times = list(due)
    samples = Samples(len(times))
    samples.used = len(times)
    samples.due[:] = type(samples.due)("q", times)
    return samples
