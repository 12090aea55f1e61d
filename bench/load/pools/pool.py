"""The connections to one server, kept from slice to slice."""

import errno
from abc import ABC, abstractmethod
from statistics import median_low
from typing import Final, Generic, TypeVar

from bench.facts.slice import Outcome
from bench.load.http1.connection import Connection
from bench.load.http2.connection import StreamConnection
from bench.load.net.address import Peer
from bench.load.net.link import State
from bench.load.net.pollable import Multiplexed, Pollable
from bench.load.net.tls import Handshake
from bench.load.pacing.poller import Poller
from bench.load.websocket.connection import MessageConnection
from bench.load.websocket.handshake import Upgrade

STAMPED_ONE_IN: Final = 8  # connections: a receive that is stamped costs a microsecond more
OPEN_TIMEOUT_NS: Final = 5_000_000_000
AGAIN_NS: Final = 1_000_000  # until a unix socket is asked once more
KEPT_NS: Final = 1_000_000_000
"""Connections that were idle for longer are replaced before a slice. By default servers close them
after 2 s (gunicorn) or 5 s (uvicorn, hypercorn), which is no fault of theirs: nothing was sent
because others were loaded. And where a process of the app has inherited one, its end is not even
told."""
C = TypeVar("C", bound=Pollable)
M = TypeVar("M", bound=Multiplexed)
SOURCES: Final = 64
"""Addresses of the loopback network, 127.0.0.0/8, that connections come from when the first one's
ephemeral ports are spent: a closed connection keeps its port for up to a minute (TIME_WAIT)."""


NO_PORT: Final = "this machine has no free port left to connect from"


class NoPortError(OSError):
    """No connection can be opened, and that is not the server's doing."""


def refusal(error: OSError) -> str:
    """Why a connection could not be opened, in words that begin with the outcome."""
    outcome = Outcome.UNSENT if isinstance(error, NoPortError) else Outcome.CONNECT_FAILED
    return f"{outcome}: {error}"


class Connections(ABC, Generic[C]):
    """Open connections by descriptor; those that are lost are replaced, and counted."""

    def __init__(
        self,
        address: Peer,
        poller: Poller,
        *,
        stamps: bool = False,
        handshake: Handshake | None = None,
    ) -> None:
        """Connections to an address, none of them open yet.

        `stamps`: have the kernel stamp what comes in on a sample of them, unless it is a unix
        socket, where it stamps nothing. `handshake`: they speak TLS.
        """
        self.address = address
        self.poller = poller
        self.stamps = stamps and not isinstance(address, str)
        self.handshake = handshake
        self.by_fd: dict[int, C] = {}
        self.opened = 0
        self.lost = 0
        self.out_of_ports = False  # since `ready`
        self._rests_since_ns: int | None = None  # None: it is in use
        self._source = 0  # of the addresses that connections come from; 0: the kernel's choice
        self._stamp_all = False

    def ready(self, wanted: int) -> OSError | None:
        """Make `wanted` connections open and quiet, one after the other; start counting again.

        Connections that the server has closed meanwhile are counted as lost, unless they were idle
        for long. Returns why there are fewer, where the server refuses or does not accept within
        OPEN_TIMEOUT_NS.
        """
        self.opened = self.lost = 0
        self.out_of_ports = False
        since_ns, self._rests_since_ns = self._rests_since_ns, None
        if since_ns is not None and self.poller.now() - since_ns > KEPT_NS:
            self.discard_all()
        for connection in list(self.by_fd.values()):
            if not connection.is_quiet():
                self.lost += connection.state is State.OPEN
                self.discard(connection)
        for spare in list(self.by_fd.values())[wanted:]:
            self.discard(spare)
        try:
            while len(self.by_fd) < wanted:
                self._open_one()
        except OSError as error:
            return error
        return None

    def rest(self) -> None:
        """Note that nothing is sent from now on, until `ready` is called again."""
        self._rests_since_ns = self.poller.now()

    def _open_one(self) -> None:
        """Open one connection and wait for it, so that no accept queue overflows."""
        deadline = self.poller.now() + OPEN_TIMEOUT_NS
        connection = self._accepted(deadline)
        try:
            while connection.state is State.CONNECTING:
                self._await(connection, deadline)
                self.established(connection)
        except OSError:
            self.discard(connection)
            raise

    def _accepted(self, deadline: int) -> C:
        """Begin to open a connection; a unix socket whose queue is full refuses; try again.

        Raises OSError.
        """
        while True:
            try:
                return self.connect()
            except BlockingIOError:
                if self.poller.now() >= deadline:
                    raise
                self.poller.wait(self.poller.now() + AGAIN_NS)

    def _await(self, connection: C, deadline: int) -> None:
        """Wait until a connection is ready for its next step. Raises TimeoutError."""
        while self.poller.now() < deadline:
            if any(fd == connection.fd for fd, _ in self.poller.wait(deadline)):
                return
        raise TimeoutError(f"{connection.missing} within {OPEN_TIMEOUT_NS / 1e9:g} s")

    def stamp_all(self, every: bool) -> None:  # noqa: FBT001 - the name says what is switched
        """Have every connection's answers stamped from now on, or those of a sample."""
        self._stamp_all = every
        for number, connection in enumerate(self.by_fd.values()):
            connection.stamp(self.stamps and self._is_stamped(number))

    def _is_stamped(self, number: int) -> bool:
        return self._stamp_all or number % STAMPED_ONE_IN == 0

    def connect(self) -> C:
        """Begin to open one more connection. Raises OSError."""
        connection = self._begun()
        connection.stamp(self.stamps and self._is_stamped(self.opened + len(self.by_fd)))
        self.by_fd[connection.fd] = connection
        self.poller.watch(connection)
        return connection

    def _begun(self) -> C:
        """Begin to connect, over another address where one has no port left. Raises OSError."""
        sources = SOURCES if self.address[0].startswith("127.") else 1  # no path begins so
        for _ in range(sources):
            source = f"127.0.0.{1 + self._source}" if self._source else None
            try:
                return self._connection(source)
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
            self._source = (self._source + 1) % sources  # the first may have ports again
        self.out_of_ports = True
        raise NoPortError(errno.EADDRNOTAVAIL, NO_PORT)

    @abstractmethod
    def _connection(self, source: str | None) -> C:
        """Begin to open a connection from one of this machine's addresses. Raises OSError."""

    def established(self, connection: C) -> None:
        """Take the next step in opening a connection, mostly the last: its state tells.

        Raises OSError when it failed.
        """
        connection.connected()
        self.poller.rewatch(connection)

    def replace(self, connection: C, *, lost: bool) -> C:
        """Close a connection and begin to open another; `lost`: the server closed it first.

        Raises OSError when the server cannot be connected to.
        """
        self.lost += lost
        self.discard(connection)
        self.opened += 1
        return self.connect()

    def network_ns(self) -> int | None:
        """Median over the connections of the shortest round trip seen; None: unknown."""
        found = [ns for each in self.by_fd.values() if (ns := each.network_ns()) is not None]
        return median_low(found) if found else None

    def discard(self, connection: C) -> None:
        """Close one connection for good; safe to call twice."""
        if connection.state is not State.CLOSED:
            self.poller.forget(connection)
            del self.by_fd[connection.fd]
            connection.close()

    def discard_all(self) -> None:
        """Close all connections; the pool may be used again."""
        for connection in list(self.by_fd.values()):
            self.discard(connection)

    def close(self) -> None:
        """Close all connections, and the poller."""
        self.discard_all()
        self.poller.close()


class Pool(Connections[Connection]):
    """Connections that speak HTTP/1.1."""

    def _connection(self, source: str | None) -> Connection:
        return Connection(self.address, handshake=self.handshake, stamps=self.stamps, source=source)


class MessagePool(Pool):
    """Connections that are upgraded to WebSocket."""

    def __init__(
        self,
        address: Peer,
        poller: Poller,
        upgrade: Upgrade,
        *,
        stamps: bool = False,
        handshake: Handshake | None = None,
    ) -> None:
        """Ask for an upgrade on each; the rest is as of every pool."""
        super().__init__(address, poller, stamps=stamps, handshake=handshake)
        self._upgrade = upgrade

    def _connection(self, source: str | None) -> MessageConnection:
        return MessageConnection(
            self.address,
            self._upgrade,
            handshake=self.handshake,
            stamps=self.stamps,
            source=source,
        )


class MultiplexedPool(Connections[M]):
    """Connections with several requests in flight on each."""

    def __init__(
        self,
        address: Peer,
        poller: Poller,
        *,
        streams: int,
        stamps: bool = False,
        handshake: Handshake | None = None,
    ) -> None:
        """Have at most `streams` requests in flight on each; the rest is as of every pool."""
        super().__init__(address, poller, stamps=stamps, handshake=handshake)
        self._streams = streams

    def ready(self, wanted: int) -> OSError | None:
        """As of every pool, but that `wanted` requests may be in flight, not connections be open.

        Where the server allows fewer streams than are wanted, there are more connections.
        """
        error = super().ready(self._needed(wanted))
        needed = self._needed(wanted)
        if error is None and len(self.by_fd) < needed:
            lost, error = self.lost, super().ready(needed)
            self.lost += lost
        each, more = divmod(wanted, max(needed, 1))
        for number, connection in enumerate(self.by_fd.values()):
            connection.share = each + (number < more)
        return error

    def _needed(self, wanted: int) -> int:
        """How many connections so many requests take."""
        allowed = [each.most_streams or self._streams for each in self.by_fd.values()]
        return -(-wanted // min([self._streams, *allowed]))

    def replace(self, connection: M, *, lost: bool) -> M:
        """As of every pool; the new one has the share of the old one."""
        new = super().replace(connection, lost=lost)
        new.share = connection.share
        return new


class StreamPool(MultiplexedPool[StreamConnection]):
    """Connections that speak HTTP/2."""

    def _connection(self, source: str | None) -> StreamConnection:
        return StreamConnection(
            self.address, handshake=self.handshake, stamps=self.stamps, source=source
        )
