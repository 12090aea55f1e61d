"""The open loop: each request is sent when it is due, whatever became of those before."""

from abc import abstractmethod
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bench.load.http1.connection import IDLE, Connection
from bench.load.loops.base import OK, C, Loop
from bench.load.loops.serial import Lines, SerialLoop
from bench.load.net.link import State
from bench.load.pacing.poller import Events
from bench.load.pools.pool import Connections, refusal
from bench.load.reckoning.samples import Code, Samples


class Planned(Loop[C]):
    """A loop in which each request is sent when it is due, or as soon after as there is room.

    The plan, `samples.due[:samples.used]`, is never shifted: a request that had to wait keeps its
    intended time.
    """

    def __init__(
        self,
        pool: Connections[C],
        lines: Sequence[object] | Mapping[int, object],
        samples: Samples,
        *,
        goes_on: bool = False,
    ) -> None:
        """Prepare to send the plan over `pool`; nothing is sent before `run`."""
        super().__init__(pool, lines, samples, goes_on=goes_on)
        self._next = self._noticed = 0
        self._planned = 0

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Send the plan, then wait for what is in flight.

        Where load goes on, the plan is longer than what is sent, and the rest of it is dropped.
        """
        self._begin_on_all()
        samples = self._samples
        counted = bisect_left(samples.due, end_ns, 0, samples.used)
        self._planned = samples.used if self._goes_on else counted
        self._serve(self._answers(counted, deadline_ns))
        self._planned = counted
        self._give_up_unsent()
        samples.drop(max(self._next, counted))
        self._finish(counted, deadline_ns - end_ns)

    def _begin_on_all(self) -> None:
        """Use what is open."""
        for connection in self._pool.by_fd.values():
            self._begin_on(connection, 0)

    @abstractmethod
    def _send_due(self) -> None:
        """Send what is due, as far as there is room."""

    @property
    @abstractmethod
    def _has_room(self) -> bool:
        """Whether there may be room for the next request."""

    @property
    def _is_cut_off(self) -> bool:
        """Whether there is no connection any more, and will be none."""
        return not self._pool.by_fd

    def _answers(self, counted: int, deadline_ns: int) -> Iterator[Events]:
        """Poll until all that is counted is answered, and send what is due in between."""
        wait, now = self._poller.wait, self._now
        while (self._next < counted or self._in_flight(counted)) and now() < deadline_ns:
            if self._is_cut_off:
                return
            yield wait(self._next_wake_ns(deadline_ns))
            self._send_due()

    def _next_wake_ns(self, deadline_ns: int) -> int:
        """When the next request is due that is to be sent, or to be seen to wait."""
        slot = self._next if self._has_room else max(self._noticed, self._next)
        return min(self._samples.due[slot], deadline_ns) if slot < self._planned else deadline_ns

    def _notice(self) -> None:
        """Write down of what is due and has no connection to go by that it was seen to wait.

        What was due while this process stood still waited for it, not for a connection.
        """
        due, noticed, now = self._samples.due, self._samples.noticed, self._now()
        slot = max(self._noticed, self._next)
        while slot < self._planned and due[slot] <= now:
            noticed[slot] = now
            slot += 1
        self._noticed = slot

    def _unconnected(self, error: OSError) -> None:
        self._samples.note(refusal(error))

    def _give_up_unsent(self) -> None:
        """What could not be sent: the server accepted no connection, or (unsent) none was free.

        Where this machine had no port left, it is not the server who did not let them.
        """
        if not self._pool.by_fd and not self._pool.out_of_ports:
            for slot in range(self._next, self._planned):
                self._samples.code[slot] = Code.CONNECT_FAILED


class OpenLoop(Planned[Connection], SerialLoop):
    """Each request is sent when it is due, or as soon after as a connection is free."""

    def __init__(
        self, pool: Connections[Connection], lines: Lines, samples: Samples, **how: Any
    ) -> None:
        """Prepare to send the plan over `pool`; `how` is as of every loop."""
        super().__init__(pool, lines, samples, **how)
        self._free: deque[Connection] = deque()

    @property
    def _has_room(self) -> bool:
        return bool(self._free)

    def _serve(self, polls: Iterable[Events]) -> None:
        get, now, samples, free = self._pool.by_fd.get, self._now, self._samples, self._free
        done, code, received = samples.done, samples.code, samples.received
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is None:
                    continue
                expected = connection.expected
                if expected is None:
                    self._on_event(connection, mask)
                    continue
                read = connection.read
                try:
                    data = read(fd, len(expected) + 1)
                except OSError as error:
                    self._unreadable(connection, error)
                    continue
                if data != expected:
                    self._on_read(connection, data)
                    continue
                slot, connection.freed_ns = connection.slot, now()
                done[slot] = connection.freed_ns
                code[slot] = OK
                received[slot] = connection.stamp_ns
                connection.slot, connection.expected = IDLE, None
                free.append(connection)

    def _send_due(self) -> None:
        due, planned, free = self._samples.due, self._planned, self._free
        while self._next < planned and free:
            now = self._now()
            if due[self._next] > now:
                return
            connection = free.popleft()
            if connection.state is State.OPEN:  # else it was lost while it was idle
                slot, self._next = self._next, self._next + 1
                if connection.freed_ns > due[slot]:  # and none was free before: they are in order
                    self._samples.freed[slot] = connection.freed_ns
                    self._samples.freed_stamp[slot] = connection.stamp_ns
                self._send(connection, slot, now)
        self._notice()

    def _freed(self, connection: Connection, now: int) -> None:
        connection.freed_ns = now
        self._free.append(connection)
