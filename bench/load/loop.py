"""What both loops share: sending, receiving, judging, and replacing lost connections.

Everything here runs inside the measured window: callbacks on connections, no coroutine, no future,
no object a request.
"""

from abc import ABC, abstractmethod
from typing import Final

from bench.load.connection import Connection, ConnectionLostError, State
from bench.load.poller import READABLE, WRITABLE
from bench.load.pool import Pool
from bench.load.samples import Code, Samples
from bench.load.script import LENGTH, Script
from bench.load.wire import MalformedResponseError

_MASK: Final = LENGTH - 1
_OK: Final = int(Code.OK)


class Loop(ABC):
    """One slice of load on a pool's connections.

    It never waits past its deadline; what is still in flight then has timed out.
    """

    def __init__(self, pool: Pool, script: Script, samples: Samples, *, first_line: int) -> None:
        """Prepare to load `pool`; nothing is sent before `run`."""
        self._pool = pool
        self._poller = pool.poller
        self._now = pool.poller.now
        self._lines = script.sequence_from(first_line)
        self._samples = samples
        self._sent, self._done, self._code = samples.sent, samples.done, samples.code
        self._in_flight: dict[Connection, int] = {}  # its slot in the samples

    @abstractmethod
    def run(self, end_ns: int, deadline_ns: int) -> None:
        """Send until `end_ns`, then wait for what is in flight, until `deadline_ns` at most."""

    @abstractmethod
    def _freed(self, connection: Connection) -> None:
        """A connection can take the next request."""

    @abstractmethod
    def _unconnected(self, error: OSError) -> None:
        """A connection could not be opened; it is gone for the rest of the slice."""

    def _send(self, connection: Connection, slot: int, now: int) -> None:
        line = self._lines[slot & _MASK]
        self._in_flight[connection] = slot
        if line.bodiless is not connection.bodiless:
            connection.expect(bodiless=line.bodiless)
        self._sent[slot] = now
        try:
            connection.send(line.wire)
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
            return
        if connection.wants_write:
            self._poller.rewatch(connection)

    def _dispatch(self, events: list[tuple[int, int]]) -> None:
        """Serve what a poll has brought; descriptors of nobody are the poller's own.

        A descriptor comes once in a poll, and only its own event closes it: one that is reused
        for a new connection has no event of the old one to come.
        """
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
        except MalformedResponseError as error:
            self._failed(connection, Code.WRONG_BODY, error)
        else:
            if body is not None:
                self._answered(connection, body)

    def _answered(self, connection: Connection, body: bytes) -> None:
        now = self._now()
        slot = self._in_flight.pop(connection, None)
        if slot is None or connection.wants_write:
            self._unasked(connection, slot)
            return
        line, head = self._lines[slot & _MASK], connection.reader.head
        self._done[slot] = now
        if line.recognises(head.status, body):
            self._code[slot] = _OK
        else:
            self._code[slot] = line.judge(head, body, self._samples.note)
        if head.keep_alive:
            self._freed(connection)
        else:
            self._replace(connection)

    def _unasked(self, connection: Connection, slot: int | None) -> None:
        """A whole answer to no request, or to one that has not been sent in full."""
        if slot is not None:
            self._in_flight[connection] = slot
        what = "to no request" if slot is None else "before the request was read"
        self._failed(connection, Code.WRONG_BODY, MalformedResponseError(f"an answer {what}"))

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
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
        except OSError as error:
            self._pool.discard(connection)
            self._unconnected(error)
        else:
            if mask & ~WRITABLE:
                self._on_readable(connection)

    def _failed(self, connection: Connection, code: Code, error: Exception) -> None:
        """Charge a lost connection to the request that was in flight on it, if there was one."""
        slot = self._in_flight.pop(connection, None)
        if slot is not None:
            self._code[slot] = code
            self._done[slot] = self._now()
        if slot is not None or code is not Code.RESET:
            self._samples.note(f"{code.name.lower()}: {error}")
        self._replace(connection)

    def _replace(self, connection: Connection) -> None:
        try:
            self._pool.replace(connection)
        except OSError as error:
            self._unconnected(error)

    def _time_out(self) -> None:
        """Give up what is in flight; its connections cannot be used again."""
        now = self._now()
        for connection, slot in self._in_flight.items():
            self._code[slot] = Code.TIMEOUT
            self._done[slot] = now
            self._pool.discard(connection)
        if self._in_flight:
            self._samples.note(f"timeout: no answer to {len(self._in_flight)} requests in time")
        self._in_flight.clear()
