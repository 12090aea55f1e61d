"""The open loop over HTTP/2: each request is sent when it is due, on whatever stream is free."""

from collections import deque
from collections.abc import Iterable
from typing import Any

from bench.load.http2.connection import StreamConnection
from bench.load.http2.session import REPLENISH
from bench.load.loops.open import Planned
from bench.load.loops.streams import StreamLoop
from bench.load.net.link import RECEIVE_BYTES
from bench.load.pacing.poller import Events
from bench.load.pool import StreamPool
from bench.load.samples import Samples
from bench.load.stream_script import StreamLine


class OpenStreams(Planned[StreamConnection], StreamLoop):
    """Each request is sent when it is due, or as soon after as a stream is free."""

    def __init__(
        self, pool: StreamPool, lines: list[StreamLine], samples: Samples, **how: Any
    ) -> None:
        """Prepare to send the plan over `pool`; `how` is as of every loop."""
        super().__init__(pool, lines, samples, **how)
        # a stream of which connection, since when, and the stamp of the answer that freed it
        self._free: deque[tuple[StreamConnection, int, int]] = deque()

    @property
    def _has_room(self) -> bool:
        return bool(self._free)

    def _begin_on_all(self) -> None:
        """Use the streams of all connections in turn."""
        connections = list(self._pool.by_fd.values())
        for number in range(max((each.share for each in connections), default=0)):
            self._free.extend((each, 0, 0) for each in connections if number < each.room)

    def _serve(self, polls: Iterable[Events]) -> None:
        get, now, free, take_known = self._pool.by_fd.get, self._now, self._free, self._take_known
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is None:
                    continue
                if connection.careful:
                    self._on_event(connection, mask)
                    continue
                read = connection.read
                try:
                    data = read(fd, RECEIVE_BYTES)
                except OSError as error:
                    self._unreadable(connection, error)
                    continue
                time, rest = now(), connection.rest
                if rest and data:
                    data, connection.rest = rest + data, b""
                at, count = take_known(connection, data, time)
                free.extend([(connection, time, connection.stamp_ns)] * count)
                if at < len(data) or not data or connection.session.consumed >= REPLENISH:
                    self._take(connection, data, at)

    def _freed(self, connection: StreamConnection, count: int, now: int) -> None:
        self._free.extend([(connection, now, connection.stamp_ns)] * count)

    def _send_due(self) -> None:
        """Send what is due; what goes over one connection is one write."""
        due, planned, free, again = self._samples.due, self._planned, self._free, self._again
        batches: dict[StreamConnection, list[int]] = {}
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
