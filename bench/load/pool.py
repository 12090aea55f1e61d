"""The connections to one server, kept from slice to slice."""

from typing import Final

from bench.load.connection import Connection, State
from bench.load.poller import Poller
from bench.load.script import WITH_BODY

OPEN_TIMEOUT_NS: Final = 5_000_000_000
REOPENED_IN_A_SLICE: Final = 200  # more would spend the machine's ephemeral ports (60 s TIME_WAIT)


class Pool:
    """Open connections by descriptor; those that are lost are replaced, and counted."""

    def __init__(self, address: tuple[str, int], poller: Poller) -> None:
        """Connections to (host, port), none of them open yet."""
        self.address = address
        self.poller = poller
        self.by_fd: dict[int, Connection] = {}
        self.opened = 0
        self.lost = 0

    def ready(self, wanted: int) -> list[Connection]:
        """Make `wanted` connections open and quiet, one after the other; start counting anew.

        Idle connections that the server has closed since are counted as lost. Returns the open
        ones, fewer where the server does not accept within OPEN_TIMEOUT_NS.
        """
        self.opened = self.lost = 0
        for connection in list(self.by_fd.values()):
            if not connection.is_quiet():
                self.lost += 1
                self.discard(connection)
        for spare in list(self.by_fd.values())[wanted:]:
            self.discard(spare)
        while len(self.by_fd) < wanted:
            if not self._open_one():
                break
        return list(self.by_fd.values())

    def _open_one(self) -> bool:
        """Open one connection and wait for it, so that no accept queue overflows."""
        try:
            connection = self.connect()
        except OSError:
            return False
        deadline = self.poller.now() + OPEN_TIMEOUT_NS
        while self.poller.now() < deadline:
            for fd, _events in self.poller.wait(deadline):
                if fd == connection.fd:
                    return self._is_established(connection)
        self.discard(connection)
        return False

    def _is_established(self, connection: Connection) -> bool:
        try:
            self.established(connection)
        except OSError:
            self.discard(connection)
            return False
        return True

    def connect(self) -> Connection:
        """Begin to open one more connection. Raises OSError."""
        connection = Connection(self.address, WITH_BODY)
        self.by_fd[connection.fd] = connection
        self.poller.watch(connection)
        return connection

    def established(self, connection: Connection) -> None:
        """A connection that was being opened became writable. Raises OSError when it failed."""
        connection.connected()
        self.poller.rewatch(connection)

    def replace(self, connection: Connection) -> bool:
        """Close a lost connection and begin to open another; False when there were too many.

        Raises OSError when the server cannot be connected to.
        """
        self.lost += 1
        self.discard(connection)
        if self.opened >= REOPENED_IN_A_SLICE:
            return False
        self.opened += 1
        self.connect()
        return True

    def discard(self, connection: Connection) -> None:
        """Close one connection for good."""
        if connection.state is not State.CLOSED:
            self.poller.forget(connection)
            del self.by_fd[connection.fd]
            connection.close()

    def close(self) -> None:
        """Close all connections, and the poller."""
        for connection in list(self.by_fd.values()):
            self.discard(connection)
        self.poller.close()
