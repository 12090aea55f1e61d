"""The two loops that put a server under load, one slice at a time: closed and open."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator

from bench.load.http1.connection import IDLE, Connection, State
from bench.load.loop import LAST, OK, Lines, Loop
from bench.load.poller import Events
from bench.load.pool import NoPortError, Pool, refusal
from bench.load.samples import Code, Samples


class ClosedLoop(Loop):
    """Each connection sends as soon as its response has come.

    It ends early when the samples are full.
    """

    def __init__(
        self,
        pool: Pool,
        lines: Lines,
        samples: Samples,
        *,
        goes_on: bool = False,
        ramp_ns: int = 0,
    ) -> None:
        """Prepare to load `pool`; nothing is sent before `run`.

        `ramp_ns`: over how long the connections begin, one after the other. Those that begin at
        once stay in step where a server takes the same time for all of them: then each window
        would hold as many whole steps, and none would differ from another.
        """
        super().__init__(pool, lines, samples, goes_on=goes_on)
        self._ramp_ns = ramp_ns
        self._end_ns = 0
        self._last_slot = samples.capacity

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Load the server until the end, then wait for what is in flight."""
        self._end_ns = LAST if self._goes_on else end_ns
        self._begin(end_ns)
        if self._pool.by_fd:
            self._load(end_ns)
        ended_at = self._samples.used
        for events in self._awaited(deadline_ns, ended_at):
            self._serve((events,))
        self._end_ns = min(self._now(), self._end_ns)
        self._finish(ended_at, deadline_ns - end_ns)

    def _load(self, end_ns: int) -> None:
        """Serve what comes until the end."""
        self._serve(self._poller.polls(end_ns))

    def _begin(self, end_ns: int) -> None:
        """Let the connections send their first request, one after the other."""
        first_ns, connections = self._now(), list(self._pool.by_fd.values())
        for number, connection in enumerate(connections):
            at_ns = first_ns + self._ramp_ns * number // len(connections)
            while self._now() < at_ns < end_ns:
                self._serve((self._poller.wait(at_ns),))
            if connection.state is State.OPEN and connection.slot == IDLE:
                self._freed(connection, self._now())

    def _serve(self, polls: Iterable[Events]) -> None:  # noqa: C901 - a call costs more than it does
        """As of every loop; the next request is sent in the same breath.

        It ends when the time has come that the poller was told, or nothing more can be sent.
        """
        get, now, lines, samples = self._pool.by_fd.get, self._now, self._lines, self._samples
        sent, done, code, received = samples.sent, samples.done, samples.code, samples.received
        line_mask, last_slot, over = self._mask, self._last_slot, False
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is None:
                    over = True
                    continue
                expected = connection.expected
                if expected is None:
                    self._on_event(connection, mask)
                    continue
                read = connection.read
                try:
                    data = read(fd, len(expected) + 1)  # one more, or a byte too many is not seen
                except OSError as error:
                    self._unreadable(connection, error)
                    continue
                if data != expected:
                    self._on_read(connection, data)
                    continue
                time, slot = now(), connection.slot
                done[slot] = time
                code[slot] = OK
                if connection.stamped:
                    received[slot] = connection.stamp_ns
                slot = samples.used
                if time >= self._end_ns or slot == last_slot:
                    connection.slot, connection.expected = IDLE, None
                    self._freed(connection, time)
                    continue
                line = lines[slot & line_mask]
                samples.used = slot + 1
                sent[slot] = time
                connection.slot, connection.expected = slot, line.seen
                wire, write = line.wire, connection.write
                try:
                    taken = write(fd, wire)
                except OSError as error:
                    self._unsent(connection, wire, error)
                    continue
                if taken != len(wire):
                    self._keep(connection, wire, taken)
            if over or samples.used == last_slot or not self._pool.by_fd:
                return

    def _freed(self, connection: Connection, now: int) -> None:
        slot = self._samples.used
        if now >= self._end_ns:
            return
        if slot == self._last_slot:
            self._end_ns = now  # there is no room to write more down
            return
        self._samples.used = slot + 1
        self._send(connection, slot, now)

    def _unconnected(self, error: OSError) -> None:
        """Charge it to the next request, unless it is this machine that has no port left."""
        self._samples.note(refusal(error))
        if isinstance(error, NoPortError):
            return
        slot, now = self._samples.used, self._now()
        if now < self._end_ns and slot < self._last_slot:
            self._samples.used = slot + 1
            self._samples.sent[slot] = self._samples.done[slot] = now
            self._samples.code[slot] = Code.CONNECT_FAILED


class OpenLoop(Loop):
    """Each request is sent when it is due, or as soon after as a connection is free.

    The plan, `samples.due[:samples.used]`, is never shifted: a request that had to wait keeps its
    intended time.
    """

    def __init__(
        self, pool: Pool, lines: Lines, samples: Samples, *, goes_on: bool = False
    ) -> None:
        """Prepare to send the plan over `pool`; nothing is sent before `run`."""
        super().__init__(pool, lines, samples, goes_on=goes_on)
        self._free: deque[Connection] = deque()
        self._next = self._noticed = 0
        self._planned = 0

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Send the plan, then wait for what is in flight.

        Where load goes on, the plan is longer than what is sent, and the rest of it is dropped.
        """
        for connection in self._pool.by_fd.values():
            self._freed(connection, 0)
        samples = self._samples
        counted = bisect_left(samples.due, end_ns, 0, samples.used)
        self._planned = samples.used if self._goes_on else counted
        self._serve(self._answers(counted, deadline_ns))
        self._planned = counted
        self._give_up_unsent()
        samples.drop(max(self._next, counted))
        self._finish(counted, deadline_ns - end_ns)

    def _answers(self, counted: int, deadline_ns: int) -> Iterator[Events]:
        """Poll until all that is counted is answered, and send what is due in between."""
        wait, now, by_fd = self._poller.wait, self._now, self._pool.by_fd
        while (self._next < counted or self._in_flight(counted)) and now() < deadline_ns:
            if not by_fd:
                return
            yield wait(self._next_wake_ns(deadline_ns))
            self._send_due()

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

    def _next_wake_ns(self, deadline_ns: int) -> int:
        """When the next request is due that is to be sent, or to be seen to wait."""
        slot = self._next if self._free else max(self._noticed, self._next)
        return min(self._samples.due[slot], deadline_ns) if slot < self._planned else deadline_ns

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

    def _freed(self, connection: Connection, now: int) -> None:
        connection.freed_ns = now
        self._free.append(connection)

    def _unconnected(self, error: OSError) -> None:
        self._samples.note(refusal(error))

    def _give_up_unsent(self) -> None:
        """What could not be sent: the server let nobody connect, or (unsent) none was free.

        Where this machine had no port left, it is not the server who did not let them.
        """
        if not self._pool.by_fd and not self._pool.out_of_ports:
            for slot in range(self._next, self._planned):
                self._samples.code[slot] = Code.CONNECT_FAILED
