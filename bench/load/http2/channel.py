"""A connection that speaks HTTP/2, in the hands of asyncio."""

from bench.load.http2.connection import StreamConnection
from bench.load.http2.shared_channel import SharedChannel
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError


class StreamChannel(SharedChannel[bytes]):
    """Exchanges over HTTP/2: of a request's header fields, the block is sent as it is."""

    def __init__(self, connection: StreamConnection) -> None:
        """Watch a connection that is open."""
        super().__init__(connection)
        self._stream_connection = connection

    def _on_readable(self) -> None:
        connection = self._stream_connection
        try:
            data = connection.read(connection.fd, RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(ConnectionLostError(str(error)))
            return
        if not data:
            self._end(ConnectionLostError("the server closed the connection"))
            return
        for event in connection.session.feed(data):
            self._on(event)
        connection.session.allow(0)
        self._took()
