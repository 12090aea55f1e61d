"""The closed loop: each connection sends as soon as its response has come."""

from collections.abc import Iterable, Mapping, Sequence

from bench.load.http1.connection import IDLE, Connection
from bench.load.loops.base import LAST, OK, C, Loop
from bench.load.loops.serial import SerialLoop
from bench.load.net.link import State
from bench.load.pacing.poller import Events
from bench.load.pools.pool import Connections, NoPortError, refusal
from bench.load.reckoning.samples import Code, Samples


class Closed(Loop[C]):
    """A loop in which an answer has the next request sent.

    It ends early when the samples are full.
    """

    def __init__(
        self,
        pool: Connections[C],
        lines: Sequence[object] | Mapping[int, object],
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
            if connection.state is State.OPEN and not self._slots_on(connection):
                self._begin_on(connection, self._now())

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


class ClosedLoop(Closed[Connection], SerialLoop):
    """Each connection sends as soon as its response has come."""

    def _serve(self, polls: Iterable[Events]) -> None:  # noqa: C901 - a call costs more than it does
        """Send the next request at once, until time is over or nothing more can be sent."""
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
