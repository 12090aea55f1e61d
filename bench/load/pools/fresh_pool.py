"""Connections that are opened for one request each."""

from collections import deque
from socket import socket
from statistics import median_low
from typing import Final

from bench.load.http1.connection import Connection
from bench.load.net.stamps import keep_on
from bench.load.pools.pool import STAMPED_ONE_IN, Pool

_TRIPS_KEPT: Final = 64  # round trips of connections that are gone, as the kernel has seen them


class FreshPool(Pool):
    """A pool that is empty before a load: it is the loop that opens connections, and closes them.

    `places`: how many may be open at once. The side that ends a connection keeps its port for a
    while (TIME_WAIT): over loopback, other addresses of this machine take over where one has none
    left (see `bench.load.pools.pool.SOURCES`).
    """

    places = 0
    _stamping: socket | None = None

    def _is_stamped(self, number: int) -> bool:
        """Every connection is: beside opening it, a stamp costs nothing."""
        del number
        return True

    def ready(self, wanted: int) -> OSError | None:
        """Have room for so many connections; nothing is opened, so that nothing can be refused."""
        super().ready(0)
        if self.stamps and self._stamping is None:
            self._stamping = keep_on()
        self.places = wanted
        self._retired = 0
        self._trips: deque[int] = deque(maxlen=_TRIPS_KEPT)
        return None

    def retire(self, connection: Connection) -> None:
        """Close a connection that has done what it was there for."""
        connection.keep_session()
        self._retired += 1
        if self._retired % STAMPED_ONE_IN == 0:
            trip_ns = connection.network_ns()
            if trip_ns is not None:
                self._trips.append(trip_ns)
        self.discard(connection)

    def close(self) -> None:
        """As of every pool."""
        super().close()
        if self._stamping is not None:
            self._stamping.close()

    def network_ns(self) -> int | None:
        """As of every pool; of connections that are gone."""
        return median_low(self._trips) if self._trips else None
