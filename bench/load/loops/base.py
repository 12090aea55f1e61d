"""What both loops share: sending, receiving, judging, and replacing lost connections.

Everything here runs inside the measured window: callbacks on connections, no coroutine, no future,
no object a request.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, TypeAlias

from bench.load.http1.connection import IDLE, Connection
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError, State
from bench.load.pacing.poller import READABLE, WRITABLE, Events
from bench.load.pool import Pool
from bench.load.samples import Code, Samples
from bench.load.script import ScriptLine

OK: Final = int(Code.OK)
LAST: Final = sys.maxsize  # a slot beyond all others
Lines: TypeAlias = list[ScriptLine] | dict[int, ScriptLine]


class Loop(ABC):
    """One slice of load on a pool's connections.

    No answer is waited for past its deadline; what is still in flight then has timed out.
    """

    def __init__(
        self, pool: Pool, lines: Lines, samples: Samples, *, goes_on: bool = False
    ) -> None:
        """Prepare to load `pool`; nothing is sent before `run`.

        Slot i of the samples is a request by line i of `lines`, modulo their number if they are a
        list: it is a power of two. `goes_on`: after the end, load goes on until all is answered
        that was sent before it.
        """
        self._goes_on = goes_on
        self._pool = pool
        self._poller = pool.poller
        self._now = pool.poller.now
        self._lines = lines
        self._mask = len(lines) - 1 if isinstance(lines, list) else -1  # from a slot to its line
        self._samples = samples

    @abstractmethod
    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Send until `end_ns`, then wait for what is in flight, until `deadline_ns` at most.

        Where load goes on, what was sent after the end has as long for its answer, at the most.
        """

    @abstractmethod
    def _serve(self, polls: Iterable[Events]) -> None:
        """Serve what polls bring, one after the other; descriptors of nobody are the poller's own.

        A descriptor comes once in a poll, and only its own event closes it: one that is reused
        for a new connection has no event of the old one to come.

        An answer whose every byte is that of a right answer to the same request is right, and no
        other is looked at here: all else goes the long way, through the reader. As nearly all of
        the generator's own time is spent here, each loop has its own, names are local, and nothing
        of Python's is called. What is called of a connection is fetched first: Python looks a
        method up at length where it finds a slot.
        """

    @abstractmethod
    def _freed(self, connection: Connection, now: int) -> None:
        """A connection can take the next request, from `now` on."""

    @abstractmethod
    def _unconnected(self, error: OSError) -> None:
        """A connection could not be opened; it is gone for the rest of the slice."""

    def _in_flight(self, before: int = LAST) -> bool:
        """Whether any request is; of those in slots below `before`."""
        return any(0 <= each.slot < before for each in self._pool.by_fd.values())

    def _finish(self, counted: int, patience_ns: int) -> None:
        """Wait for what was sent after the end, if all slots below `counted` were answered in time.

        So long at the most; what is in flight then is given up. Answers that came in time and that
        this process, without a core, could not read are read before.
        """
        self._serve((self._poller.wait(0),))
        deadline_ns = self._now() + (0 if self._in_flight(counted) else patience_ns)
        for events in self._awaited(deadline_ns):
            self._serve((events,))
        self._time_out()

    def _wait(self, until_ns: int) -> Events:
        """Poll once, until a time at the most."""
        return self._poller.wait(until_ns)

    def _awaited(self, deadline_ns: int, before: int = LAST) -> Iterator[Events]:
        """Poll while anything is in flight in slots below `before`, until the deadline."""
        while self._in_flight(before) and self._now() < deadline_ns:
            yield self._wait(deadline_ns)

    def _send(self, connection: Connection, slot: int, now: int) -> None:
        line = self._lines[slot & self._mask]
        connection.slot, connection.expected = slot, line.seen
        self._samples.sent[slot] = now
        try:
            taken = connection.write(connection.fd, line.wire)
        except OSError as error:
            self._unsent(connection, line.wire, error)
        else:
            if taken != len(line.wire):
                self._keep(connection, line.wire, taken)

    def _unsent(self, connection: Connection, wire: bytes, error: OSError) -> None:
        """The socket has taken nothing of a request."""
        if isinstance(error, BlockingIOError):
            self._keep(connection, wire, 0)
        else:
            self._failed(connection, Code.RESET, error)

    def _keep(self, connection: Connection, wire: bytes, taken: int) -> None:
        """Send the rest of a request when the socket takes more; what comes before is no answer."""
        connection.expected = None
        connection.keep(memoryview(wire)[taken:])
        self._poller.rewatch(connection)

    def _on_event(self, connection: Connection, mask: int) -> None:
        """Serve a connection on which no known answer can come as yet."""
        if connection.wants_write or connection.state is State.CONNECTING:
            self._on_writable(connection, mask)
            return
        try:
            data = connection.read(connection.fd, RECEIVE_BYTES)
        except OSError as error:
            self._unreadable(connection, error)
        else:
            self._on_read(connection, data)

    def _unreadable(self, connection: Connection, error: OSError) -> None:
        if not isinstance(error, BlockingIOError):
            self._failed(connection, Code.RESET, error)

    def _on_read(self, connection: Connection, data: bytes) -> None:
        """Take what is no known answer: new, in pieces, wrong, or none at all."""
        if connection.slot != IDLE:
            line = self._lines[connection.slot & self._mask]
            if connection.expected is not None:
                data = self._all(connection, data)
                if line.redated(data):
                    self._right(connection)
                    return
            if line.bodiless is not connection.bodiless:
                connection.expect(bodiless=line.bodiless)
        elif data:  # a right answer that comes after would hide it
            self._unasked(connection, IDLE)
            return
        fresh = connection.reader.fresh
        connection.expected = None  # from now on it comes in pieces
        try:
            body = connection.take(data)
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
        except MalformedResponseError as error:
            self._failed(connection, Code.WRONG_BODY, error)
        else:
            if body is not None:
                self._answered(connection, body, data if fresh else None)

    def _all(self, connection: Connection, data: bytes) -> bytes:
        """All that has come of an answer, where no more was read than was expected."""
        assert connection.expected is not None  # noqa: S101 - else there was no such limit
        if len(data) <= len(connection.expected):
            return data
        with suppress(OSError):  # it comes again, as the connection's end
            data += connection.read(connection.fd, RECEIVE_BYTES)
        return data

    def _right(self, connection: Connection) -> None:
        """Write down a right answer that was not read by the reader."""
        now, slot = self._now(), connection.slot
        self._samples.done[slot] = now
        self._samples.code[slot] = OK
        self._samples.received[slot] = connection.stamp_ns
        connection.slot, connection.expected = IDLE, None
        self._freed(connection, now)

    def _answered(self, connection: Connection, body: bytes, whole: bytes | None) -> None:
        """Judge an answer; `whole` is all of it, head included, if it came in one piece."""
        now, slot, head = self._now(), connection.slot, connection.reader.head
        if slot == IDLE or connection.wants_write:
            self._unasked(connection, slot)
            return
        line = self._lines[slot & self._mask]
        connection.slot = IDLE
        self._samples.done[slot] = now
        self._samples.received[slot] = connection.stamp_ns
        if line.recognises(head.status, body):
            self._samples.code[slot] = OK
        else:
            code = line.judge(head, body, self._samples.note)
            self._samples.judged(slot, code, line.request, line.status, head.status, body)
        if not head.keep_alive:
            self._replace(connection, lost=True)
            return
        if whole is not None and self._samples.code[slot] == OK:
            line.remember(whole)
        self._freed(connection, now)

    def _unasked(self, connection: Connection, slot: int) -> None:
        """A whole answer to no request, or to one that has not been sent in full."""
        what = "to no request" if slot == IDLE else "before the request was read"
        self._failed(connection, Code.WRONG_BODY, MalformedResponseError(f"bytes {what}"))

    def _on_writable(self, connection: Connection, mask: int) -> None:
        """Go on connecting, or sending a request that the socket did not take whole."""
        try:
            if connection.state is State.CONNECTING:
                self._go_on_connecting(connection, mask)
                return
            if mask & WRITABLE:
                connection.flush()
                self._poller.rewatch(connection)
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
        except OSError as error:
            self._pool.discard(connection)
            self._unconnected(error)
        else:
            if mask & ~WRITABLE:
                self._on_early(connection)

    def _go_on_connecting(self, connection: Connection, mask: int) -> None:
        """Raises OSError when it failed."""
        if mask == READABLE and connection.wants_write:
            return
        self._pool.established(connection)
        if connection.state is State.OPEN:
            self._freed(connection, self._now())

    def _on_early(self, connection: Connection) -> None:
        """Read what came before the request was sent in full; it cannot be its answer."""
        try:
            data = connection.read(connection.fd, RECEIVE_BYTES)
        except OSError as error:
            self._unreadable(connection, error)
        else:
            self._on_read(connection, data)

    def _failed(self, connection: Connection, code: Code, error: Exception) -> None:
        """Charge a lost connection to the request that was in flight on it, if there was one."""
        slot, connection.slot = connection.slot, IDLE
        if slot != IDLE:
            self._samples.code[slot] = code
            self._samples.done[slot] = self._now()
        if slot != IDLE or code is not Code.RESET:
            self._samples.note(f"{code.name.lower()}: {error}")
        self._replace(connection, lost=code is Code.RESET)

    def _replace(self, connection: Connection, *, lost: bool) -> None:
        """Open another connection; `lost` says that it was the server who closed this one."""
        try:
            self._pool.replace(connection, lost=lost)
        except OSError as error:
            self._unconnected(error)

    def _time_out(self) -> None:
        """Give up what is in flight; its connections cannot be used again."""
        now = self._now()
        late = [each for each in self._pool.by_fd.values() if each.slot >= 0]
        for connection in late:
            self._samples.code[connection.slot] = Code.TIMEOUT
            self._samples.done[connection.slot] = now
            self._pool.discard(connection)
        if late:
            self._samples.note(f"timeout: no answer to {len(late)} requests in time")
