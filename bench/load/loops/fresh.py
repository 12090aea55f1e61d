"""Both loops in which every request has a connection of its own.

A request's time begins with the call of connect(), and `sent` is when that was: who waits for the
answer has waited for the connection too.
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from bench.load.http1.connection import IDLE, Connection
from bench.load.loops.closed import Closed
from bench.load.loops.open import Planned
from bench.load.loops.serial import Lines, SerialLoop
from bench.load.net.link import RECEIVE_BYTES
from bench.load.pacing.poller import READABLE, Events
from bench.load.pools.fresh_pool import FreshPool
from bench.load.pools.pool import NoPortError, refusal
from bench.load.reckoning.openings import SecuredAt
from bench.load.reckoning.samples import Code, Samples

MOST_REFUSALS: Final = 8
"""Connections, one after the other, that fail to be opened before a closed loop gives up: it would
do nothing else as fast as it goes."""


class Fresh(SerialLoop):
    """What both loops share; it stands before a loop among the bases of a class.

    A connection has its slot from the beginning, so that whatever becomes of it is charged to the
    request that it was opened for.
    """

    def __init__(self, pool: FreshPool, lines: Lines, samples: Samples, **how: Any) -> None:
        """Prepare to load `pool`, as every loop does; `how` is for the loop."""
        super().__init__(pool, lines, samples, **how)
        self._fresh = pool
        self._refusals = 0  # since a connection was opened

    def _serve(self, polls: Iterable[Events]) -> None:
        get = self._pool.by_fd.get
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is None:
                    continue
                if connection.expected is None:
                    self._on_event(connection, mask)
                else:
                    self._on_answer(connection)

    def _on_answer(self, connection: Connection) -> None:
        """Take what may be a known answer, every byte of it and no more."""
        try:
            data = connection.read(connection.fd, RECEIVE_BYTES)
        except OSError as error:
            self._unreadable(connection, error)
        else:
            if data == connection.expected:
                self._right(connection)
            else:
                self._on_read(connection, data)

    def _open(self, slot: int) -> None:
        """Open the connection of a request."""
        self._samples.sent[slot] = self._now()
        try:
            self._pool.connect().slot = slot
        except NoPortError as error:
            self._samples.sent[slot] = 0
            self._samples.note(refusal(error))
            self._without_port()
        except OSError as error:
            self._unreached(slot, error)
            self._has_place(self._now(), 0)

    def _go_on_connecting(self, connection: Connection, mask: int) -> None:
        if connection.wants_write and mask != READABLE:
            self._samples.openings.connected[connection.slot] = self._now()
        super()._go_on_connecting(connection, mask)

    def _begin_on(self, connection: Connection, now: int) -> None:
        slot, resumed = connection.slot, connection.resumed
        if resumed is not None:
            self._samples.openings.secured[slot] = SecuredAt(now, connection.stamp_ns, resumed)
        self._refusals = 0
        self._transmit(connection, slot)

    def _refused(self, connection: Connection, error: OSError) -> None:
        slot, connection.slot = connection.slot, IDLE
        self._pool.discard(connection)
        self._unreached(slot, error)
        self._has_place(self._now(), 0)

    def _unreached(self, slot: int, error: OSError) -> None:
        """Charge a connection that could not be opened to its request."""
        self._refusals += 1
        self._samples.code[slot] = Code.CONNECT_FAILED
        self._samples.done[slot] = self._now()
        self._samples.note(refusal(error))

    def _replace(self, connection: Connection, *, lost: bool) -> None:
        del lost  # what was in flight on it has failed, and it was to be closed anyhow
        self._freed(connection, self._now())

    def _freed(self, connection: Connection, now: int) -> None:
        stamp_ns = connection.stamp_ns
        self._fresh.retire(connection)
        self._has_place(now, stamp_ns)

    @abstractmethod
    def _has_place(self, now: int, stamp_ns: int) -> None:
        """There is room for another connection, since an answer with this stamp came (0: none)."""

    @abstractmethod
    def _without_port(self) -> None:
        """This machine has no port left for a connection that there was room for."""


class ClosedFresh(Fresh, Closed[Connection]):
    """An answer has the next connection opened, until time is over or nothing can be reached."""

    def _begin(self, end_ns: int) -> None:
        first_ns, places = self._now(), self._fresh.places
        for number in range(places):
            at_ns = first_ns + self._ramp_ns * number // places
            while self._now() < at_ns < end_ns:
                self._serve((self._poller.wait(at_ns),))
            self._has_place(self._now(), 0)

    def _load(self, end_ns: int) -> None:
        while self._now() < end_ns and self._pool.by_fd:
            self._serve((self._wait(end_ns),))

    def _has_place(self, now: int, stamp_ns: int) -> None:
        del stamp_ns
        slot = self._samples.used
        if now >= self._end_ns or self._refusals >= MOST_REFUSALS:
            return
        if slot == self._last_slot:
            self._end_ns = now  # there is no room to write more down
            return
        self._samples.used = slot + 1
        self._open(slot)

    def _without_port(self) -> None:
        """Do without the place."""


class OpenFresh(Fresh, Planned[Connection]):
    """Each request's connection is opened when it is due, or as soon after as there is room."""

    def __init__(self, pool: FreshPool, lines: Lines, samples: Samples, **how: Any) -> None:
        """Prepare to send the plan over `pool`; `how` is as of every loop."""
        super().__init__(pool, lines, samples, **how)
        # since when there is room, and the stamp of the answer that made it
        self._places: deque[tuple[int, int]] = deque()

    @property
    def _has_room(self) -> bool:
        return bool(self._places)

    @property
    def _is_cut_off(self) -> bool:
        return not self._places and not self._pool.by_fd

    def _begin_on_all(self) -> None:
        self._places.extend([(0, 0)] * self._fresh.places)

    def _send_due(self) -> None:
        due, planned, places = self._samples.due, self._planned, self._places
        while self._next < planned and places:
            if due[self._next] > self._now():
                return
            freed_ns, stamp_ns = places.popleft()
            slot, self._next = self._next, self._next + 1
            if freed_ns > due[slot]:  # and there was no room before: they are in order
                self._samples.freed[slot] = freed_ns
                self._samples.freed_stamp[slot] = stamp_ns
            self._open(slot)
        self._notice()

    def _has_place(self, now: int, stamp_ns: int) -> None:
        self._places.append((now, stamp_ns))

    def _without_port(self) -> None:
        """Do without the place; what is due and finds none is not sent."""

    def _give_up_unsent(self) -> None:
        """Leave it unsent: whatever could not be reached was tried."""
