"""Connections that speak HTTP/3; apart from the others, as the library is loaded with it."""

from bench.load.http3.connection import QuicConnection
from bench.load.http3.session import QuicHandshake
from bench.load.net.address import Address
from bench.load.pacing.poller import Poller
from bench.load.pacing.timed import TimedPoller
from bench.load.pools.pool import MultiplexedPool


class QuicPool(MultiplexedPool[QuicConnection]):
    """Connections over UDP, with several requests in flight on each."""

    def __init__(
        self,
        address: Address,
        poller: Poller,
        handshake: QuicHandshake,
        *,
        streams: int,
        stamps: bool = False,
    ) -> None:
        """Connections to an address, none of them open yet; the rest is as of every pool."""
        super().__init__(address, TimedPoller(poller), streams=streams, stamps=stamps)
        self._place = address
        self._quic_handshake = handshake

    def _connection(self, source: str | None) -> QuicConnection:
        return QuicConnection(
            self._place,
            self._quic_handshake,
            stamps=self.stamps,
            source=source,
            now=self.poller.now,
        )
