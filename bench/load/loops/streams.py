"""What both loops of HTTP/2 share: many requests in flight on a connection, judged as they end.

A request that the server says it has not processed (GOAWAY) is sent again, over another connection
or a new one, and its time goes on: a client would wait as long. One that is refused too often so is
lost, and so is whatever was in flight on a connection that ends. A server that breaks the protocol
has answered all that was in flight on the connection wrongly.
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final

from bench.load.http2.connection import StreamConnection
from bench.load.http2.session import Answered, Event, Reset, Spoilt, Unprocessed
from bench.load.loops.base import OK, Loop
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError, State
from bench.load.pacing.poller import WRITABLE
from bench.load.pool import StreamPool
from bench.load.samples import Code, Samples
from bench.load.stream_script import StreamLine

MOST_TRIES: Final = 3  # of a request that a server which goes away has not processed


class StreamLoop(Loop[StreamConnection]):
    """A loop over connections on which several requests are in flight; tokens are slots."""

    def __init__(
        self, pool: StreamPool, lines: list[StreamLine], samples: Samples, **how: Any
    ) -> None:
        """Prepare to load `pool`, as every loop does; `how` is for the loop."""
        super().__init__(pool, lines, samples, **how)
        self._lines = lines
        self._again: deque[int] = deque()  # slots that were not processed
        self._tries: dict[int, int] = {}

    def _slots_on(self, connection: StreamConnection) -> Sequence[int]:
        return connection.session.tokens()

    def _in_flight(self, before: int = 1 << 62) -> bool:
        """As of every loop; or is to be sent again."""
        return super()._in_flight(before) or any(slot < before for slot in self._again)

    def _put(self, connection: StreamConnection, slot: int) -> None:
        """Put a request into a connection's session."""
        line, session = self._lines[slot & self._mask], connection.session
        if line.wire is None or session.table_update or not session.uploads.spend(line.cost):
            session.request(slot, line.block, line.body, head=line.head)
        else:
            session.request_whole(slot, line.wire)

    def _on_event(self, connection: StreamConnection, mask: int) -> None:
        """Serve a connection that needs care."""
        if connection.state is State.CONNECTING:
            self._on_connecting(connection, mask)
            return
        if mask & WRITABLE and connection.wants_write and not self._settled(connection):
            return
        if not mask & ~WRITABLE:
            self._refill(connection, 0)
            return
        try:
            data = connection.read(connection.fd, RECEIVE_BYTES)
        except OSError as error:
            self._unreadable(connection, error)
        else:
            if connection.rest and data:
                data, connection.rest = connection.rest + data, b""
            self._take(connection, data)

    def _on_connecting(self, connection: StreamConnection, mask: int) -> None:
        try:
            self._go_on_connecting(connection, mask)
        except OSError as error:
            self._pool.discard(connection)
            self._unconnected(error)

    def _take_known(
        self, connection: StreamConnection, data: bytes, time: int, at: int = 0
    ) -> tuple[int, int]:
        """Take right answers whose every byte is known; up to where, and how many they were.

        What is called here is called once a read; for each answer, nothing of Python's is.
        """
        lines, mask, samples, waiting = self._lines, self._mask, self._samples, connection.waiting
        done, code, received = samples.done, samples.code, samples.received
        size, stamp = len(data), connection.stamp_ns
        count = payload = 0
        while at < size:
            stream = data[at + 5 : at + 9]
            if stream not in waiting:
                break
            slot = waiting[stream]
            line = lines[slot & mask]
            seen = line.seen
            if seen is None:
                break
            expected = stream.join(seen)
            if data.startswith(expected, at):
                at += len(expected)
            elif length := line.redated(data, at, stream):
                at += length
            elif expected.startswith(data[at:]):  # servers write the head before the body
                connection.rest = data[at:]
                at = size
                break
            else:
                break
            del waiting[stream]
            payload += line.size
            done[slot] = time
            code[slot] = OK
            received[slot] = stamp
            count += 1
        connection.session.consumed += payload
        return at, count

    def _take(self, connection: StreamConnection, data: bytes, at: int = 0) -> None:
        """Take what was read, from a place on, the long way; nothing at all is its end."""
        if not data:
            self._failed(connection, Code.RESET, ConnectionLostError("the server closed it"))
            return
        session = connection.session
        freed = self._take_in(connection, data, at)
        session.allow(0)
        if session.error is not None:
            self._failed(connection, Code.WRONG_BODY, session.error)
        elif session.leaving is not None and not session.in_flight:
            self._replace(connection, lost=True)
        elif self._settled(connection):
            self._refill(connection, freed)

    def _take_in(self, connection: StreamConnection, data: bytes, at: int) -> int:
        """Take all that was read, known answers between others too; how many requests ended."""
        session, freed = connection.session, 0
        while session.error is None:
            for event in session.feed(data, at, brief=True):
                freed += 1
                self._on(connection, event)
            at = session.taken
            if at < len(data):
                at, known = self._take_known(connection, data, self._now(), at)
                freed += known
            if at >= len(data):
                break
        return freed

    def _refill(self, connection: StreamConnection, freed: int) -> None:
        """Some requests have ended on a connection; others may be sent."""
        if connection.session.leaving is None:
            self._freed(connection, freed, self._now())

    @abstractmethod
    def _freed(self, connection: StreamConnection, count: int, now: int) -> None:
        """So many requests have ended on a connection, which can take others from `now` on."""

    def _begin_on(self, connection: StreamConnection, now: int) -> None:
        self._freed(connection, connection.room, now)

    def _sent(self, slots: Iterable[int]) -> None:
        """Write down that requests are sent now; of those that are sent again, nothing."""
        sent, now = self._samples.sent, self._now()
        for slot in slots:
            sent[slot] = sent[slot] or now

    def _on(self, connection: StreamConnection, event: Event) -> None:
        """Write down what became of a request."""
        match event:
            case Answered():
                self._answered(connection, event)
            case Spoilt(slot, error):
                self._end(slot, Code.WRONG_BODY, str(error))
            case Reset(slot, words):
                self._end(slot, Code.RESET, words)
            case Unprocessed(slot):
                self._send_again(slot, connection.session.leaving or "")

    def _send_again(self, slot: int, words: str) -> None:
        tries = self._tries[slot] = self._tries.get(slot, 1) + 1
        if tries > MOST_TRIES:
            self._end(slot, Code.RESET, f"not processed {MOST_TRIES} times: {words}")
        else:
            self._again.append(slot)

    def _end(self, slot: int, code: Code, words: str) -> None:
        """A request has ended without an answer."""
        self._samples.code[slot] = code
        self._samples.done[slot] = self._now()
        self._samples.note(f"{code.name.lower()}: {words}")

    def _answered(self, connection: StreamConnection, answered: Answered) -> None:
        """Judge an answer."""
        slot, samples, fields = answered.token, self._samples, answered.fields
        framed = self._lines[slot & self._mask]
        line, body = framed.line, answered.body
        samples.done[slot] = self._now()
        samples.received[slot] = connection.stamp_ns
        if line.recognises(fields.status, body):
            samples.code[slot] = OK
        else:
            code = line.judge(fields, body, samples.note)
            samples.judged(slot, code, line.request, line.status, fields.status, body)
        if samples.code[slot] == OK:
            framed.remember(answered)

    def _settled(self, connection: StreamConnection) -> bool:
        """Send what a session has to say; whether its connection is still there."""
        before = connection.wants_write
        try:
            connection.settle()
        except ConnectionLostError as error:
            self._failed(connection, Code.RESET, error)
            return False
        if connection.wants_write is not before:
            self._poller.rewatch(connection)
        return True

    def _write(self, connection: StreamConnection, data: bytes) -> None:
        """Send whole requests over a connection that needs no care."""
        try:
            taken = connection.write(connection.fd, data)
        except BlockingIOError:
            taken = 0
        except OSError as error:
            self._failed(connection, Code.RESET, error)
            return
        if taken != len(data):
            connection.keep(memoryview(data)[taken:])
            connection.careful = True
            self._poller.rewatch(connection)

    def _failed(self, connection: StreamConnection, code: Code, error: Exception) -> None:
        """Charge a connection that is done with to what was in flight on it; open another."""
        slots, now = connection.session.tokens(), self._now()
        for slot in slots:
            self._samples.code[slot] = code
            self._samples.done[slot] = now
        if slots or code is not Code.RESET:
            self._samples.note(f"{code.name.lower()}: {error}")
        self._replace(connection, lost=code is Code.RESET)

    def _time_out(self) -> None:
        """Give up what is in flight, and what would have been sent again."""
        for slot in self._again:
            self._end(slot, Code.RESET, "not processed, and there was no time to send it again")
        self._again.clear()
        super()._time_out()
