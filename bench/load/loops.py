"""The two loops that put a server under load, one slice at a time.

Everything here runs inside the measured window: callbacks on connections, no coroutine, no future,
no object a request.
"""

from abc import ABC, abstractmethod
from collections import deque
from typing import Final

from bench.load.connection import Connection, ConnectionLostError, State
from bench.load.poller import READABLE, WRITABLE
from bench.load.pool import Pool
from bench.load.samples import Code, Samples
from bench.load.script import BODILESS, LENGTH, WITH_BODY, Line, Script
from bench.load.wire import MalformedResponseError

_MASK: Final = LENGTH - 1
_IDLE: Final = -1


class _Loop(ABC):
    """What both loops share: sending, receiving, judging, and replacing lost connections.

    A loop never waits past `deadline_ns`; what is still in flight then has timed out.
    """

    def __init__(
        self, pool: Pool, script: Script, samples: Samples, first_line: int, deadline_ns: int
    ) -> None:
        self._pool = pool
        self._poller = pool.poller
        self._lines = script.sequence_from(first_line)
        self._samples = samples
        self._deadline_ns = deadline_ns
        self._in_flight: dict[Connection, Line] = {}

    @abstractmethod
    def _freed(self, connection: Connection) -> None:
        """A connection can take the next request."""

    def _send(self, connection: Connection, slot: int) -> None:
        line = self._lines[slot & _MASK]
        connection.slot = slot
        self._in_flight[connection] = line
        if line.bodiless:
            connection.expect(BODILESS)
        self._samples.sent[slot] = self._poller.now()
        try:
            connection.send(line.wire)
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
            return
        if connection.wants_write:
            self._poller.rewatch(connection)

    def _dispatch(self, events: list[tuple[int, int]]) -> None:
        """Serve what a poll has brought; descriptors of nobody are the poller's own."""
        connections = self._pool.by_fd
        for fd, mask in events:
            connection = connections.get(fd)
            if connection is None:
                continue
            if connection.wants_write:
                self._on_writable(connection, mask)
            else:
                self._on_readable(connection)

    def _on_readable(self, connection: Connection) -> None:
        try:
            body = connection.receive()
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
            return
        except MalformedResponseError as error:
            self._failed(connection, Code.WRONG_BODY, error)
            return
        if body is not None:
            self._answered(connection, body)

    def _answered(self, connection: Connection, body: bytes) -> None:
        now = self._poller.now()
        line = self._in_flight.pop(connection, None)
        if line is None:
            self._failed(connection, Code.WRONG_BODY, MalformedResponseError("answers to nobody"))
            return
        samples = self._samples
        slot, connection.slot = connection.slot, _IDLE
        samples.done[slot] = now
        head = connection.head
        if head.status == line.status and line.accepts(body):
            samples.code[slot] = Code.OK
        else:
            samples.code[slot] = line.judge(head, body, samples.note)
        if line.bodiless:
            connection.expect(WITH_BODY)
        if head.keep_alive:
            self._freed(connection)
        else:
            self._replace(connection)

    def _on_writable(self, connection: Connection, mask: int) -> None:
        """Go on connecting, or sending a request that the socket did not take whole."""
        try:
            if connection.state is State.CONNECTING:
                if mask == READABLE:
                    return
                self._pool.established(connection)
                self._freed(connection)
                return
            if mask & WRITABLE:
                connection.flush()
                self._poller.rewatch(connection)
            if mask & ~WRITABLE:
                self._on_readable(connection)
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
        except OSError as error:
            self._pool.discard(connection)
            self._unconnected(error)

    def _failed(self, connection: Connection, code: Code, error: Exception) -> None:
        """Charge a lost connection to the request that was in flight on it, if there was one."""
        line = self._in_flight.pop(connection, None)
        if line is not None:
            self._samples.code[connection.slot] = code
            self._samples.done[connection.slot] = self._poller.now()
        if line is not None or code is not Code.RESET:
            self._samples.note(f"{code.name.lower()}: {error}")
        self._replace(connection)

    def _replace(self, connection: Connection) -> None:
        try:
            self._pool.replace(connection)
        except OSError as error:
            self._unconnected(error)

    @abstractmethod
    def _unconnected(self, error: OSError) -> None:
        """A connection could not be opened; it is gone for the rest of the slice."""

    def _time_out(self) -> None:
        """Give up what is in flight; its connections cannot be used again."""
        now = self._poller.now()
        for connection in list(self._in_flight):
            self._samples.code[connection.slot] = Code.TIMEOUT
            self._samples.done[connection.slot] = now
            self._pool.discard(connection)
        self._in_flight.clear()


class ClosedLoop(_Loop):
    """Each connection sends as soon as its response has come, until `end_ns`."""

    def __init__(
        self,
        pool: Pool,
        script: Script,
        samples: Samples,
        *,
        first_line: int,
        end_ns: int,
        deadline_ns: int,
    ) -> None:
        """Prepare to load `pool`; nothing is sent before `run`."""
        super().__init__(pool, script, samples, first_line, deadline_ns)
        self._end_ns = end_ns
        self._last_slot = samples.capacity

    def run(self) -> None:
        """Load the server until the end, then wait for what is in flight."""
        for connection in list(self._pool.by_fd.values()):
            self._freed(connection)
        wait, dispatch, now = self._poller.wait, self._dispatch, self._poller.now
        while self._pool.by_fd and now() < self._end_ns:
            dispatch(wait(self._end_ns))
        while self._in_flight and now() < self._deadline_ns:
            dispatch(wait(self._deadline_ns))
        self._time_out()

    def _freed(self, connection: Connection) -> None:
        slot = self._samples.used
        if slot < self._last_slot and self._poller.now() < self._end_ns:
            self._samples.used = slot + 1
            self._send(connection, slot)

    def _unconnected(self, error: OSError) -> None:
        slot = self._samples.used
        self._samples.note(f"connect_failed: {error}")
        if slot < self._last_slot:
            self._samples.used = slot + 1
            self._samples.sent[slot] = self._samples.done[slot] = self._poller.now()
            self._samples.code[slot] = Code.CONNECT_FAILED


class OpenLoop(_Loop):
    """Each request is sent when it is due, or as soon after as a connection is free.

    The plan is never shifted: a request that had to wait keeps its intended time.
    """

    def __init__(
        self, pool: Pool, script: Script, samples: Samples, *, first_line: int, deadline_ns: int
    ) -> None:
        """Prepare to send the plan, `samples.due[:samples.used]`, over `pool`."""
        super().__init__(pool, script, samples, first_line, deadline_ns)
        self._free: deque[Connection] = deque()
        self._next = 0

    def run(self) -> None:
        """Send the plan, then wait for what is in flight."""
        self._free.extend(self._pool.by_fd.values())
        planned = self._samples.used
        wait, dispatch, now = self._poller.wait, self._dispatch, self._poller.now
        while (self._next < planned or self._in_flight) and now() < self._deadline_ns:
            if not self._pool.by_fd:
                break
            dispatch(wait(self._next_wake_ns(planned)))
            self._send_due()
        self._time_out()
        self._give_up_unsent(planned)

    def _next_wake_ns(self, planned: int) -> int:
        """When the next request is due, if it could be sent then; else events alone wake."""
        if self._next < planned and self._free:
            return self._samples.due[self._next]
        return self._deadline_ns

    def _send_due(self) -> None:
        due, planned, free, now = (
            self._samples.due,
            self._samples.used,
            self._free,
            self._poller.now,
        )
        while self._next < planned and free and due[self._next] <= now():
            connection = free.popleft()
            if connection.state is State.OPEN:
                slot, self._next = self._next, self._next + 1
                self._send(connection, slot)

    def _freed(self, connection: Connection) -> None:
        self._free.append(connection)

    def _unconnected(self, error: OSError) -> None:
        self._samples.note(f"connect_failed: {error}")

    def _give_up_unsent(self, planned: int) -> None:
        """What could not be sent: for want of any connection, or of a free one."""
        if not self._pool.by_fd:
            for slot in range(self._next, planned):
                self._samples.code[slot] = Code.CONNECT_FAILED
