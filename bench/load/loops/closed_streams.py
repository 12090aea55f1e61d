"""The closed loop over HTTP/2: each of a connection's streams is followed by the next."""

from collections.abc import Iterable

from bench.load.http2.connection import StreamConnection
from bench.load.http2.frames import stream_bytes
from bench.load.http2.streams import REPLENISH
from bench.load.loops.closed_multiplexed import ClosedMultiplexed
from bench.load.loops.streams import StreamLoop
from bench.load.net.link import RECEIVE_BYTES
from bench.load.pacing.poller import Events


class ClosedStreams(ClosedMultiplexed[StreamConnection], StreamLoop):
    """Each answer has the next request sent; what one read frees is sent by one write."""

    def _serve(self, polls: Iterable[Events]) -> None:
        get, now, samples = self._pool.by_fd.get, self._now, self._samples
        take_known, last_slot, over = self._take_known, self._last_slot, False
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is None:
                    over = True
                    continue
                if connection.careful:
                    self._on_event(connection, mask)
                    continue
                try:
                    data = connection.read(fd, RECEIVE_BYTES)
                except OSError as error:
                    self._unreadable(connection, error)
                    continue
                time = now()
                data, at, count = take_known(connection, data, time)
                if at < len(data) or not data or connection.session.consumed >= REPLENISH:
                    self._take(connection, data, at)
                elif self._again or time >= self._end_ns or samples.used + count > last_slot:
                    self._freed(connection, count, time)
                elif count:
                    self._send_next(connection, count)
            if over or samples.used == last_slot or not self._pool.by_fd:
                return

    def _send_next(self, connection: StreamConnection, count: int) -> None:
        """Send so many requests over a connection that needs no care, by one write."""
        lines, samples, mask, waiting = self._lines, self._samples, self._mask, connection.waiting
        session, pack = connection.session, stream_bytes
        first, number = samples.used, session.next_stream
        samples.used = last = first + count
        wires: list[bytes] = []
        for slot in range(first, last):
            line = lines[slot & mask]
            wire = line.wire
            if wire is None or (line.cost and not session.uploads.spend(line.cost)):
                session.next_stream = number  # streams are opened in the order of their numbers
                session.out += b"".join(wires)
                wires.clear()
                self._put(connection, slot)
                number = session.next_stream
                continue
            stream = pack(number)
            number += 2
            waiting[stream] = slot
            wires.append(stream.join(wire))
        session.next_stream = number
        samples.sent[first:last] = [self._now()] * count
        if session.out:
            session.out += b"".join(wires)
            self._settled(connection)
        else:
            self._write(connection, b"".join(wires))
