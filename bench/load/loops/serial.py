"""What both loops of HTTP/1.1 share: sending, receiving and judging, one request at a time."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from bench.load.events.hearing import Hearing
from bench.load.events.verifying import ExpectedStream
from bench.load.http1.connection import IDLE, Connection
from bench.load.http1.wire import Head
from bench.load.loops.base import OK, Loop
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError, State
from bench.load.pacing.poller import WRITABLE
from bench.load.pools.pool import Connections
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import ScriptLine

Lines: TypeAlias = list[ScriptLine] | dict[int, ScriptLine]


class SerialLoop(Loop[Connection]):
    """A loop over connections that have one request in flight at the most."""

    def __init__(
        self, pool: Connections[Connection], lines: Lines, samples: Samples, **how: Any
    ) -> None:
        """Prepare to load `pool`, as every loop does; `how` is for the loop."""
        super().__init__(pool, lines, samples, **how)
        self._lines = lines
        self._hearings: dict[int, Hearing] = {}  # by slot: answers that are streams

    @abstractmethod
    def _freed(self, connection: Connection, now: int) -> None:
        """A connection can take the next request, from `now` on."""

    def _begin_on(self, connection: Connection, now: int) -> None:
        self._freed(connection, now)

    def _slots_on(self, connection: Connection) -> Sequence[int]:
        return () if connection.slot == IDLE else (connection.slot,)

    def _send(self, connection: Connection, slot: int, now: int) -> None:
        self._samples.sent[slot] = now
        self._transmit(connection, slot)

    def _transmit(self, connection: Connection, slot: int) -> None:
        line = self._lines[slot & self._mask]
        connection.slot, connection.expected = slot, line.seen
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

    def _on_read(self, connection: Connection, data: bytes) -> None:
        """Take what is no known answer: new, in pieces, wrong, or none at all."""
        if connection.slot != IDLE:
            line = self._lines[connection.slot & self._mask]
            if connection.expected is not None:
                data = self._all(connection, data)
                if line.redated(data):
                    self._right(connection)
                    return
            self._expect(connection, line)
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

    def _expect(self, connection: Connection, line: ScriptLine) -> None:
        """Have the reader take what was read as an answer to this line."""
        if line.bodiless is not connection.bodiless:
            connection.expect(bodiless=line.bodiless)
        if line.stream is not None:
            self._hear(connection, line.stream)

    def _hear(self, connection: Connection, expected: ExpectedStream) -> None:
        """Bytes of a stream have been read, the first or more.

        From the first on, all that comes on the connection is stamped: a gap has two ends.
        """
        slot, log = connection.slot, self._samples.events
        if slot not in self._hearings:
            self._hearings[slot] = connection.reader.listener = Hearing(slot, expected, log)
            if not connection.stamped:
                connection.stamp(self._pool.stamps)
        log.read_at(slot, self._now(), connection.stamp_ns)

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
        hearing = self._hearing(connection, slot)
        if hearing is not None:
            self._heard(slot, line, head, hearing)
        elif line.recognises(head.status, body, head.headers):
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

    def _hearing(self, connection: Connection, slot: int) -> Hearing | None:
        """Who has heard an answer; None: it came whole, since it is no stream."""
        connection.reader.listener, hearing = None, self._hearings.pop(slot, None)
        if hearing is not None and hearing.status != connection.reader.head.status:
            self._samples.events.forget(slot)
            return None
        return hearing

    def _heard(self, slot: int, line: ScriptLine, head: Head, hearing: Hearing) -> None:
        """Judge a stream that is whole."""
        fault = hearing.fault()
        words, event = fault or (None, b"")
        code = line.heard(head, words, self._samples.note)
        self._samples.judged(slot, code, line.request, line.status, head.status, event)

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
            self._refused(connection, error)
        else:
            if mask & ~WRITABLE:
                self._on_early(connection)

    def _refused(self, connection: Connection, error: OSError) -> None:
        """A connection that was being opened has failed to be."""
        self._pool.discard(connection)
        self._unconnected(error)

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
        self._hearings.pop(slot, None)
        if slot != IDLE:
            self._samples.code[slot] = code
            self._samples.done[slot] = self._now()
        if slot != IDLE or code is not Code.RESET:
            self._samples.note(f"{code.name.lower()}: {error}")
        self._replace(connection, lost=code is Code.RESET)
