"""Visits over connections that requests share: as many at a time as requests may be in flight.

A visit takes whichever connection has the most room, and its next request may take another: where
requests share connections, none belongs to anybody.
"""

from abc import abstractmethod
from collections import deque
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.load.http2.connection import StreamConnection
from bench.load.http2.events import Answered
from bench.load.loops import ClosedQuic, ClosedStreams, OpenQuic, OpenStreams
from bench.load.loops.base import LAST
from bench.load.loops.closed_multiplexed import ClosedMultiplexed
from bench.load.loops.multiplexed import M, MultiplexedLoop
from bench.load.loops.open_multiplexed import OpenMultiplexed
from bench.load.pacing.poller import Events
from bench.load.pools.pool import MultiplexedPool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.field_script import FieldScript
from bench.load.scripts.stream_script import StreamScript
from bench.load.scripts.supply import Supply, Visit


class StreamVisits(MultiplexedLoop[M]):
    """What all loops for visits over streams share; it stands before a loop among a class's bases.

    `pauses`: from when until when visits waited because the workload wanted them to, ns.
    """

    def __init__(
        self,
        pool: MultiplexedPool[M],
        supply: Supply,
        frames: StreamScript | FieldScript,
        samples: Samples,
        *,
        seed: int = 0,
        **how: Any,
    ) -> None:
        """Prepare to load `pool`; `frames` has requests as the protocol does, `how` is the loop's.

        `seed` draws where in a pause visits begin.
        """
        lines: dict[int, Any] = {}
        super().__init__(pool, lines, samples, **how)
        self._framed = lines  # by slot, of the requests in flight
        self._supply = supply
        self._frames = frames
        self._draw = Random(seed)  # noqa: S311 - nothing secret
        self._visits: dict[int, Visit] = {}  # by slot, of the same
        self._thinking: list[tuple[int, int, int, Visit]] = []  # until, ticket, since: a heap
        self._tickets = count()
        self._kinds: dict[int, int] = {}
        self.pauses: list[tuple[int, int]] = []

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """As of every loop; visits that are not over go on in the next slice."""
        try:
            super().run(end_ns, deadline_ns)  # type: ignore[safe-super]
        finally:
            now = self._now()
            self.pauses += [(since, now) for _, _, since, _ in self._thinking if since < now]
            for visit in (*self._visits.values(), *(each for *_, each in self._thinking)):
                self._supply.leave(visit)
            self._visits.clear()
            self._thinking.clear()

    def kinds(self) -> NDArray[np.int64]:
        """Which request of the workload each was, by slot."""
        return np.array([self._kinds.get(slot, 0) for slot in range(self._samples.used)] or [0])

    @property
    def _places(self) -> int:
        """How many visits there are at a time."""
        return sum(each.share for each in self._pool.by_fd.values())

    @abstractmethod
    def _released(self, visit: Visit, now: int, stamp_ns: int) -> None:
        """A visit may go on once it is ready; the stamp of its answer, 0: there was none."""

    def _think(self, visit: Visit, until_ns: int, since_ns: int) -> None:
        heappush(self._thinking, (until_ns, next(self._tickets), since_ns, visit))

    def _begin_visit(self, slot: int, visit: Visit) -> None:
        """Make a request, which is to be sent now."""
        line = visit.line()
        self._framed[slot], self._visits[slot] = self._frames.frame(line), visit
        self._kinds[slot] = line.kind

    def _roomiest(self) -> M | None:
        """The connection with the most room; None: there is none."""
        found = max(self._pool.by_fd.values(), key=lambda each: each.room, default=None)
        return found if found is not None and found.room > 0 else None

    def _dispatch(self, batches: dict[M, list[int]]) -> None:
        """Send what was put into sessions: what goes over one connection is one write."""
        for connection, slots in batches.items():
            self._sent(slots)
            self._settled(connection)

    def _answered(self, connection: M, answered: Answered) -> None:
        super()._answered(connection, answered)  # type: ignore[safe-super]
        slot = answered.token
        line = self._framed[slot].line
        if line.thinks:
            self._visits[slot].ready_ns = self._now() + line.think_ns()
        self._over(slot, connection.stamp_ns)

    def _end(self, slot: int, code: Code, words: str) -> None:
        super()._end(slot, code, words)
        self._over(slot, 0)

    def _failed(self, connection: M, code: Code, error: Exception) -> None:
        slots = tuple(connection.session.tokens())
        super()._failed(connection, code, error)
        for slot in slots:
            self._over(slot, 0)

    def _over(self, slot: int, stamp_ns: int) -> None:
        """A request has ended, with whatever."""
        del self._framed[slot]
        self._released(self._visits.pop(slot), self._now(), stamp_ns)

    @property
    def _next_ns(self) -> int:
        """When the next visit is to go on."""
        return self._thinking[0][0] if self._thinking else LAST


class ClosedStreamVisits(StreamVisits[M], ClosedMultiplexed[M]):
    """Each visit sends when its response has come, and its pause is over."""

    def _begin(self, end_ns: int) -> None:
        """Let visits begin one after the other, in the midst of a pause: else all were in step."""
        del end_ns
        now, places = self._now(), self._places
        for number in range(places):
            visit = self._supply.visit()
            line = visit.peek()
            think_ns = round(self._draw.random() * line.think_ns()) if line.thinks else 0
            first_ns = now + self._ramp_ns * number // places
            self._think(visit, first_ns + think_ns, first_ns)
        self._go_on()

    def _load(self, end_ns: int) -> None:
        while self._now() < end_ns and self._pool.by_fd:
            self._serve((self._wait(end_ns),))

    def _wait(self, until_ns: int) -> Events:
        """Poll once, until a time at the most, or until a visit is to go on."""
        self._go_on()
        return self._poller.wait(min(until_ns, self._next_ns))

    def _freed(self, connection: M, count: int, now: int) -> None:
        del connection, count, now
        self._go_on()

    def _released(self, visit: Visit, now: int, stamp_ns: int) -> None:
        del stamp_ns
        self._think(visit, max(visit.ready_ns, now), now)

    def _go_on(self) -> None:
        """Send the next request of each visit that is ready, as far as there is room."""
        batches: dict[M, list[int]] = {}
        while (connection := self._roomiest()) is not None:
            slot = self._next_ready()
            if slot is None:
                break
            self._put(connection, slot)
            batches.setdefault(connection, []).append(slot)
        self._dispatch(batches)

    def _next_ready(self) -> int | None:
        """The slot of a request that is to be sent now; None: there is none."""
        if self._again:
            return self._again.popleft()
        now = self._now()
        if self._next_ns > now or (slot := self._next_slot(now)) is None:
            return None
        until_ns, _, since_ns, visit = heappop(self._thinking)
        if until_ns > since_ns:
            self.pauses.append((since_ns, until_ns))
        self._begin_visit(slot, visit)
        return slot


class OpenStreamVisits(StreamVisits[M], OpenMultiplexed[M]):
    """Each request is sent when it is due, by a visit whose pause is over."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """As of every visit."""
        super().__init__(*given, **named)
        # visits that are ready, since when, and the stamp of the answer that made them so
        self._idle: deque[tuple[Visit, int, int]] = deque()

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """As of every visit."""
        try:
            super().run(end_ns, deadline_ns)
        finally:
            while self._idle:
                self._supply.leave(self._idle.popleft()[0])

    def _begin_on_all(self) -> None:
        self._idle.extend((self._supply.visit(), 0, 0) for _ in range(self._places))

    @property
    def _has_room(self) -> bool:
        return bool(self._idle) and self._roomiest() is not None

    def _next_wake_ns(self, deadline_ns: int) -> int:
        self._wake()
        return min(super()._next_wake_ns(deadline_ns), self._next_ns)

    def _wake(self) -> None:
        """Let those go on that have waited long enough."""
        while self._next_ns <= self._now():
            until_ns, _, since_ns, visit = heappop(self._thinking)
            self.pauses.append((since_ns, until_ns))
            self._idle.append((visit, self._now(), 0))

    def _freed(self, connection: M, count: int, now: int) -> None:
        """Wait for what is due: that is looked at after every poll."""

    def _released(self, visit: Visit, now: int, stamp_ns: int) -> None:
        if visit.ready_ns > now:
            self._think(visit, visit.ready_ns, now)
        else:
            self._idle.append((visit, now, stamp_ns))

    def _send_due(self) -> None:
        batches: dict[M, list[int]] = {}
        while (connection := self._roomiest()) is not None:
            slot = self._again.popleft() if self._again else self._next_due()
            if slot is None:
                break
            self._put(connection, slot)
            batches.setdefault(connection, []).append(slot)
        self._dispatch(batches)
        self._notice()

    def _next_due(self) -> int | None:
        """The slot of the next request that is due, if a visit is ready for it."""
        slot, due = self._next, self._samples.due
        if slot >= self._planned or due[slot] > self._now() or not self._idle:
            return None
        self._next = slot + 1
        visit, freed_ns, stamp_ns = self._idle.popleft()
        if freed_ns > due[slot]:  # and none was ready before: they are in order
            self._samples.freed[slot] = freed_ns
            self._samples.freed_stamp[slot] = stamp_ns
        self._begin_visit(slot, visit)
        return slot


class ClosedHttp2Visits(ClosedStreamVisits[StreamConnection], ClosedStreams):
    """The closed loop over HTTP/2."""


class OpenHttp2Visits(OpenStreamVisits[StreamConnection], OpenStreams):
    """The open loop over HTTP/2."""


class ClosedHttp3Visits(ClosedStreamVisits[Any], ClosedQuic):
    """The closed loop over HTTP/3."""


class OpenHttp3Visits(OpenStreamVisits[Any], OpenQuic):
    """The open loop over HTTP/3."""
