"""The two loops for visits: what is sent depends on what was answered, or on how long to wait."""

from heapq import heappop, heappush
from itertools import count
from random import Random

import numpy as np
from numpy.typing import NDArray

from bench.load.http1.connection import IDLE, Connection
from bench.load.loops import ClosedLoop, OpenLoop
from bench.load.loops.base import LAST
from bench.load.loops.serial import SerialLoop
from bench.load.net.link import State
from bench.load.pacing.poller import Events
from bench.load.pools.pool import Pool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import ScriptLine
from bench.load.scripts.supply import Supply, Visit


class Visits(SerialLoop):
    """What both loops for visits share; it stands before a loop among the bases of a class.

    Every answer is read and judged: none is known beforehand. `pauses`: from when until when a
    connection waited because the workload wanted it to, ns.
    """

    def __init__(
        self, pool: Pool, supply: Supply, samples: Samples, *, seed: int = 0, **how: object
    ) -> None:
        """Prepare to load `pool`; `how` is for the loop.

        `seed` draws where in a pause connections begin.
        """
        self._lines: dict[int, ScriptLine] = {}
        super().__init__(pool, self._lines, samples, **how)
        self._supply = supply
        self._draw = Random(seed)  # noqa: S311 - nothing secret
        self._visits: dict[Connection, Visit] = {}
        self._thinking: list[tuple[int, int, int, Connection]] = []  # until, ticket, since: a heap
        self._tickets = count()
        self._kinds: dict[int, int] = {}
        self.pauses: list[tuple[int, int]] = []

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """As of every loop; visits that are not over go on in the next slice."""
        try:
            super().run(end_ns, deadline_ns)  # type: ignore[safe-super]
        finally:
            now = self._now()
            self.pauses += [(since, now) for _, _, since, _ in self._thinking]
            for connection in list(self._visits):
                self._leave(connection)

    def kinds(self) -> NDArray[np.int64]:
        """Which request of the workload each was, by slot."""
        return np.array([self._kinds.get(slot, 0) for slot in range(self._samples.used)] or [0])

    def _visit(self, connection: Connection) -> Visit:
        visit = self._visits.get(connection)
        if visit is None:
            visit = self._visits[connection] = self._supply.visit()
        return visit

    def _leave(self, connection: Connection) -> None:
        visit = self._visits.pop(connection, None)
        if visit is not None:
            self._supply.leave(visit)

    def _send(self, connection: Connection, slot: int, now: int) -> None:
        del now  # to make a request may take time
        line = self._lines[slot] = self._visit(connection).line()
        self._kinds[slot] = line.kind
        super()._send(connection, slot, self._now())

    def _answered(self, connection: Connection, body: bytes, whole: bytes | None) -> None:
        """As of every loop, but that no answer is remembered."""
        del whole
        slot = connection.slot
        line = self._lines.get(slot)
        if line is not None and line.thinks:
            self._visit(connection).ready_ns = self._now() + line.think_ns()
        super()._answered(connection, body, None)
        self._lines.pop(slot, None)

    def _failed(self, connection: Connection, code: Code, error: Exception) -> None:
        self._lines.pop(connection.slot, None)
        super()._failed(connection, code, error)

    def _replace(self, connection: Connection, *, lost: bool) -> None:
        self._leave(connection)
        super()._replace(connection, lost=lost)

    def _freed(self, connection: Connection, now: int) -> None:
        until = self._visit(connection).ready_ns
        if until > now:
            heappush(self._thinking, (until, next(self._tickets), now, connection))
        else:
            super()._freed(connection, now)  # type: ignore[safe-super]

    def _wake(self) -> None:
        """Let those go on that have waited long enough."""
        thinking = self._thinking
        while thinking and thinking[0][0] <= self._now():
            until, _, since, connection = heappop(thinking)
            self.pauses.append((since, until))
            if connection.state is State.OPEN and connection.slot == IDLE:
                connection.stamp_ns = 0  # it is free since now, not since its last answer
                super()._freed(connection, self._now())  # type: ignore[safe-super]

    @property
    def _next_ns(self) -> int:
        """When the next is to go on."""
        return self._thinking[0][0] if self._thinking else LAST


class ClosedVisits(Visits, ClosedLoop):
    """Each connection sends when its response has come, and its pause is over."""

    def _begin(self, end_ns: int) -> None:
        """Let the connections begin in the midst of a pause: else all would begin in step."""
        now = self._now()
        for connection in self._pool.by_fd.values():
            visit = self._visit(connection)
            line = visit.peek()
            visit.ready_ns = (
                now + round(self._draw.random() * line.think_ns()) if line.thinks else 0
            )
        super()._begin(end_ns)

    def _load(self, end_ns: int) -> None:
        while self._now() < end_ns and self._pool.by_fd and self._samples.used < self._last_slot:
            self._serve((self._wait(end_ns),))

    def _wait(self, until_ns: int) -> Events:
        """Poll once, until a time at the most, or until a connection is to go on."""
        self._wake()
        return self._poller.wait(min(until_ns, self._next_ns))


class OpenVisits(Visits, OpenLoop):
    """Each request is sent when it is due, over a connection whose pause is over."""

    def _next_wake_ns(self, deadline_ns: int) -> int:
        self._wake()
        return min(super()._next_wake_ns(deadline_ns), self._next_ns)
