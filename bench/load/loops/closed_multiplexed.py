"""The closed loop over streams: each request that ends makes room for the next."""

from bench.load.loops.base import LAST
from bench.load.loops.closed import Closed
from bench.load.loops.multiplexed import M, MultiplexedLoop


class ClosedMultiplexed(Closed[M], MultiplexedLoop[M]):
    """Each answer has the next request sent, over the same connection."""

    _begun = LAST  # how many requests may be in flight as yet

    def _begin(self, end_ns: int) -> None:
        """Let the requests begin one after the other, on all connections in turn."""
        connections = list(self._pool.by_fd.values())
        total, first_ns = sum(each.share for each in connections), self._now()
        if not self._ramp_ns:
            super()._begin(end_ns)
            return
        for number in range(total):
            at_ns = first_ns + self._ramp_ns * number // total
            while self._now() < at_ns < end_ns:
                self._serve((self._poller.wait(at_ns),))
            self._begun = number + 1
            connections = sorted(self._pool.by_fd.values(), key=lambda each: each.session.in_flight)
            if connections:
                self._freed(connections[0], 1, self._now())
        self._begun = LAST
        for connection in connections:
            self._freed(connection, 0, self._now())

    def _freed(self, connection: M, count: int, now: int) -> None:
        """Use all the room that there is."""
        del count
        room = connection.room
        if self._begun != LAST:
            others = sum(each.session.in_flight for each in self._pool.by_fd.values())
            room = min(room, self._begun - others)
        slots: list[int] = []
        while len(slots) < room and (slot := self._next_slot(now)) is not None:
            self._put(connection, slot)
            slots.append(slot)
        if slots:
            self._sent(slots)
            self._settled(connection)

    def _next_slot(self, now: int) -> int | None:
        """What is to be sent next; None: nothing."""
        if self._again:
            return self._again.popleft()
        slot = self._samples.used
        if now >= self._end_ns:
            return None
        if slot == self._last_slot:
            self._end_ns = now  # there is no room to write more down
            return None
        self._samples.used = slot + 1
        return slot
