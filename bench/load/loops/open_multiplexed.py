"""The open loop over streams: each request is sent when it is due, on whatever stream is free."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from bench.load.loops.multiplexed import M, MultiplexedLoop
from bench.load.loops.open import Planned
from bench.load.pools.pool import MultiplexedPool
from bench.load.reckoning.samples import Samples


class OpenMultiplexed(Planned[M], MultiplexedLoop[M]):
    """Each request is sent when it is due, or as soon after as a stream is free."""

    def __init__(
        self,
        pool: MultiplexedPool[M],
        lines: Sequence[Any] | Mapping[int, Any],
        samples: Samples,
        **how: Any,
    ) -> None:
        """Prepare to send the plan over `pool`; `how` is as of every loop."""
        super().__init__(pool, lines, samples, **how)
        # a stream of which connection, since when, and the stamp of the answer that freed it
        self._free: deque[tuple[M, int, int]] = deque()

    @property
    def _has_room(self) -> bool:
        return bool(self._free)

    def _begin_on_all(self) -> None:
        """Use the streams of all connections in turn."""
        connections = list(self._pool.by_fd.values())
        for number in range(max((each.share for each in connections), default=0)):
            self._free.extend((each, 0, 0) for each in connections if number < each.room)

    def _freed(self, connection: M, count: int, now: int) -> None:
        self._free.extend([(connection, now, connection.stamp_ns)] * count)

    def _send_due(self) -> None:
        """Send what is due; what goes over one connection is one write."""
        due, planned, free, again = self._samples.due, self._planned, self._free, self._again
        batches: dict[M, list[int]] = {}
        while free and (again or (self._next < planned and due[self._next] <= self._now())):
            connection, freed_ns, stamp = free.popleft()
            if connection.room <= 0:  # it was lost while it was idle, or is about to end
                continue
            if again:
                slot = again.popleft()
            else:
                slot, self._next = self._next, self._next + 1
                if freed_ns > due[slot]:  # and none was free before: they are in order
                    self._samples.freed[slot] = freed_ns
                    self._samples.freed_stamp[slot] = stamp
            self._put(connection, slot)
            batches.setdefault(connection, []).append(slot)
        for connection, slots in batches.items():
            self._sent(slots)
            self._settled(connection)
        self._notice()
