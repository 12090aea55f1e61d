"""The two loops that put a server under load, one slice at a time: closed and open."""

from collections import deque

from bench.load.http.connection import Connection, State
from bench.load.loop import Loop
from bench.load.pool import Pool
from bench.load.samples import Code, Samples
from bench.load.script import Line


class ClosedLoop(Loop):
    """Each connection sends as soon as its response has come.

    It ends early when the samples are full.
    """

    def __init__(self, pool: Pool, lines: list[Line], samples: Samples) -> None:
        """Prepare to load `pool`; nothing is sent before `run`."""
        super().__init__(pool, lines, samples)
        self._end_ns = 0
        self._last_slot = samples.capacity

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Load the server until the end, then wait for what is in flight."""
        self._end_ns = end_ns
        wait, dispatch, now = self._poller.wait, self._dispatch, self._now
        for connection in list(self._pool.by_fd.values()):
            self._freed(connection, now())
        while self._pool.by_fd and now() < self._end_ns:
            dispatch(wait(end_ns))
        while self._in_flight() and now() < deadline_ns:
            dispatch(wait(deadline_ns))
        self._time_out()

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
        """Charge it to the request that the connection would have sent next."""
        self._samples.note(f"connect_failed: {error}")
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

    def __init__(self, pool: Pool, lines: list[Line], samples: Samples) -> None:
        """Prepare to send the plan over `pool`; nothing is sent before `run`."""
        super().__init__(pool, lines, samples)
        self._free: deque[Connection] = deque()
        self._next = 0
        self._planned = 0

    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Send the plan, then wait for what is in flight."""
        del end_ns  # nothing is due after it
        for connection in self._pool.by_fd.values():
            self._freed(connection, 0)
        self._planned = self._samples.used
        wait, dispatch, now = self._poller.wait, self._dispatch, self._now
        while (self._next < self._planned or self._in_flight()) and now() < deadline_ns:
            if not self._pool.by_fd:
                break
            dispatch(wait(self._next_wake_ns(deadline_ns)))
            self._send_due()
        self._give_up_unsent()
        self._time_out()

    def _next_wake_ns(self, deadline_ns: int) -> int:
        """When the next request is due, if it could be sent then; else events alone wake."""
        if self._next < self._planned and self._free:
            return min(self._samples.due[self._next], deadline_ns)
        return deadline_ns

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
                self._send(connection, slot, now)

    def _freed(self, connection: Connection, now: int) -> None:
        connection.freed_ns = now
        self._free.append(connection)

    def _unconnected(self, error: OSError) -> None:
        self._samples.note(f"connect_failed: {error}")

    def _give_up_unsent(self) -> None:
        """What could not be sent: for want of any connection, or (unsent) of a free one."""
        if not self._pool.by_fd:
            for slot in range(self._next, self._planned):
                self._samples.code[slot] = Code.CONNECT_FAILED
