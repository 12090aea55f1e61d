"""What both loops of HTTP/2 share: answers whose every byte is known, and requests as bytes."""

from typing import Any

from bench.load.http2.connection import StreamConnection
from bench.load.http2.events import Answered
from bench.load.loops.base import OK
from bench.load.loops.multiplexed import MultiplexedLoop
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError, State
from bench.load.pacing.poller import WRITABLE
from bench.load.pools.pool import StreamPool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.stream_script import StreamLine


class StreamLoop(MultiplexedLoop[StreamConnection]):
    """A loop over connections that speak HTTP/2."""

    def __init__(
        self,
        pool: StreamPool,
        lines: list[StreamLine] | dict[int, StreamLine],
        samples: Samples,
        **how: Any,
    ) -> None:
        """Prepare to load `pool`, as every loop does; `how` is for the loop."""
        super().__init__(pool, lines, samples, **how)
        self._lines = lines

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

    def _take_known(
        self, connection: StreamConnection, data: bytes, time: int, at: int = 0
    ) -> tuple[bytes, int, int]:
        """Take right answers whose every byte is known; up to where, and how many they were.

        Gives back what was read, behind what there was of an answer before. What is called here is
        called once a read; for each answer, nothing of Python's is.
        """
        rest = connection.rest
        if rest and data:
            data, connection.rest = rest + data, b""
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
        return data, at, count

    def _take(self, connection: StreamConnection, data: bytes, at: int = 0) -> None:
        """Take what was read, from a place on, the long way; nothing at all is its end."""
        if not data:
            self._failed(connection, Code.RESET, ConnectionLostError("the server closed it"))
            return
        session = connection.session
        freed = self._take_in(connection, data, at)
        session.allow(0)
        self._took(connection, freed)

    def _take_in(self, connection: StreamConnection, data: bytes, at: int) -> int:
        """Take all that was read, known answers between others too; how many requests ended."""
        session, freed = connection.session, 0
        while session.error is None:
            for event in session.feed(data, at, brief=True):
                freed += 1
                self._on(connection, event)
            at = session.taken
            if at < len(data):
                data, at, known = self._take_known(connection, data, self._now(), at)
                freed += known
            if at >= len(data):
                break
        return freed

    def _answered(self, connection: StreamConnection, answered: Answered) -> None:
        framed = self._lines[answered.token & self._mask]
        if self._judge(connection, answered, framed.line):
            framed.remember(answered)

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
