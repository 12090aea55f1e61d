"""The open loop over HTTP/2."""

from collections.abc import Iterable

from bench.load.http2.connection import StreamConnection
from bench.load.http2.streams import REPLENISH
from bench.load.loops.open_multiplexed import OpenMultiplexed
from bench.load.loops.streams import StreamLoop
from bench.load.net.link import RECEIVE_BYTES
from bench.load.pacing.poller import Events


class OpenStreams(OpenMultiplexed[StreamConnection], StreamLoop):
    """Each request is sent when it is due, or as soon after as a stream is free."""

    def _serve(self, polls: Iterable[Events]) -> None:
        get, now, free, take_known = self._pool.by_fd.get, self._now, self._free, self._take_known
        for events in polls:
            for fd, mask in events:
                connection = get(fd)
                if connection is None:
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
                free.extend([(connection, time, connection.stamp_ns)] * count)
                if at < len(data) or not data or connection.session.consumed >= REPLENISH:
                    self._take(connection, data, at)
