"""What all loops share: when they poll, and what becomes of connections and of the end.

Everything here runs inside the measured window: callbacks on connections, no coroutine, no future,
no object a request.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Generic, TypeVar

from bench.load.net.link import State
from bench.load.net.pollable import Pollable
from bench.load.pacing.poller import READABLE, Events
from bench.load.pools.pool import Connections
from bench.load.reckoning.samples import Code, Samples

OK: Final = int(Code.OK)
LAST: Final = sys.maxsize  # a slot beyond all others
C = TypeVar("C", bound=Pollable)


class Loop(ABC, Generic[C]):
    """One slice of load on a pool's connections.

    No answer is waited for past its deadline; what is still in flight then has timed out.
    """

    def __init__(
        self,
        pool: Connections[C],
        lines: Sequence[object] | Mapping[int, object],
        samples: Samples,
        *,
        goes_on: bool = False,
    ) -> None:
        """Prepare to load `pool`; nothing is sent before `run`.

        Slot i of the samples is a request by line i of `lines`, modulo their number if they are a
        sequence: it is a power of two. `goes_on`: after the end, load goes on until all is answered
        that was sent before it.
        """
        self._goes_on = goes_on
        self._pool = pool
        self._poller = pool.poller
        self._now = pool.poller.now
        # from a slot to its line
        self._mask = len(lines) - 1 if isinstance(lines, Sequence) else -1
        self._samples = samples

    @abstractmethod
    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Send until `end_ns`, then wait for what is in flight, until `deadline_ns` at most.

        Where load goes on, what was sent after the end has as long for its answer, at the most.
        """

    @abstractmethod
    def _serve(self, polls: Iterable[Events]) -> None:
        """Serve what polls bring, one after the other; descriptors of nobody are the poller's own.

        A descriptor comes once in a poll, and only its own event closes it: one that is reused
        for a new connection has no event of the old one to come.

        An answer whose every byte is that of a right answer to the same request is right, and no
        other is looked at here: all else goes the long way. As nearly all of the generator's own
        time is spent here, each loop has its own, names are local, and nothing of Python's is
        called. What is called of a connection is fetched first: Python looks a method up at length
        where it finds a slot.
        """

    @abstractmethod
    def _begin_on(self, connection: C, now: int) -> None:
        """A connection is open, on which nothing is in flight: it is used from `now` on."""

    @abstractmethod
    def _unconnected(self, error: OSError) -> None:
        """A connection could not be opened; it is gone for the rest of the slice."""

    @abstractmethod
    def _slots_on(self, connection: C) -> Sequence[int]:
        """Those of the requests that are in flight on a connection."""

    def _in_flight(self, before: int = LAST) -> bool:
        """Whether any request is; of those in slots below `before`."""
        return any(
            slot < before for each in self._pool.by_fd.values() for slot in self._slots_on(each)
        )

    def _finish(self, counted: int, patience_ns: int) -> None:
        """Wait for what was sent after the end, if all slots below `counted` were answered in time.

        So long at the most; what is in flight then is given up. Answers that came in time and that
        this process, without a core, could not read are read before.
        """
        self._serve((self._poller.wait(0),))
        deadline_ns = self._now() + (0 if self._in_flight(counted) else patience_ns)
        for events in self._awaited(deadline_ns):
            self._serve((events,))
        self._time_out()

    def _wait(self, until_ns: int) -> Events:
        """Poll once, until a time at the most."""
        return self._poller.wait(until_ns)

    def _awaited(self, deadline_ns: int, before: int = LAST) -> Iterator[Events]:
        """Poll while anything is in flight in slots below `before`, until the deadline."""
        while self._in_flight(before) and self._now() < deadline_ns:
            yield self._wait(deadline_ns)

    def _unreadable(self, connection: C, error: OSError) -> None:
        if not isinstance(error, BlockingIOError):
            self._failed(connection, Code.RESET, error)

    @abstractmethod
    def _failed(self, connection: C, code: Code, error: Exception) -> None:
        """Charge a connection that is of no more use to what was in flight on it; open another."""

    def _go_on_connecting(self, connection: C, mask: int) -> None:
        """Raises OSError when it failed."""
        if mask == READABLE and connection.wants_write:
            return
        self._pool.established(connection)
        if connection.state is State.OPEN:
            self._begin_on(connection, self._now())

    def _replace(self, connection: C, *, lost: bool) -> None:
        """Open another connection; `lost` says that it was the server who closed this one."""
        try:
            self._pool.replace(connection, lost=lost)
        except OSError as error:
            self._unconnected(error)

    def _time_out(self) -> None:
        """Give up what is in flight; its connections cannot be used again."""
        now, late = self._now(), 0
        for connection in list(self._pool.by_fd.values()):
            slots = self._slots_on(connection)
            for slot in slots:
                self._samples.code[slot] = Code.TIMEOUT
                self._samples.done[slot] = now
            if slots:
                late += len(slots)
                self._pool.discard(connection)
        if late:
            self._samples.note(f"timeout: no answer to {late} requests in time")
