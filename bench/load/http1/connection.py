"""One keep-alive connection to a server: a link, and the reader of what comes over it."""

from typing import Final

from bench.load.http1.reader import Reader
from bench.load.http1.wire import BODILESS, WITH_BODY
from bench.load.net.address import Peer
from bench.load.net.link import RECEIVE_BYTES, ConnectionLostError, Link
from bench.load.net.tls import Handshake

IDLE: Final = -1  # in place of a slot


class Connection(Link):
    """A link with at most one request in flight.

    `bodiless`: the next answer is one to HEAD. `reader.head`: head of the answer that was received
    last.

    The rest is for the loop that uses it: `slot` of the request in flight, the bytes of the answer
    that is `expected` to it, `freed_ns` when it became free.
    """

    __slots__ = ("_feed", "bodiless", "expected", "freed_ns", "reader", "slot")

    def __init__(
        self,
        address: Peer,
        *,
        handshake: Handshake | None = None,
        stamps: bool = False,
        source: str | None = None,
    ) -> None:
        """Begin to connect, as every link does. Raises OSError."""
        super().__init__(address, handshake=handshake, stamps=stamps, source=source)
        self.reader = Reader(WITH_BODY)
        self._feed = self.reader.feed
        self.bodiless = False
        self.slot = IDLE
        self.expected: bytes | None = None
        self.freed_ns = 0

    def expect(self, *, bodiless: bool) -> None:
        """Say what kind of response comes next (that to HEAD has no body)."""
        self.bodiless = bodiless
        self.reader.expect(BODILESS if bodiless else WITH_BODY)

    def receive(self) -> bytes | None:
        """Read, and take what was read: the body of the response once it is whole, else None.

        Raises ConnectionLostError, MalformedResponseError.
        """
        try:
            data = self.read(self.fd, RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLostError(str(error)) from error
        return self.take(data)

    def take(self, data: bytes) -> bytes | None:
        """Take what was read, where nothing is the server's end of the connection.

        Returns the body of the response once it is whole, else None. Raises ConnectionLostError,
        MalformedResponseError.
        """
        if data:
            return self._feed(data)
        body = self.reader.end_of_stream()
        if body is None:
            raise ConnectionLostError("the server closed the connection")
        return body
