"""Pools of connections that speak HTTP/3, closed at the end of a test."""

from collections.abc import Iterator

import pytest

from bench.facts.run import Pacing
from bench.load.http3.session import QuicHandshake
from bench.load.net import stamps
from bench.load.pacing.poller import make_poller
from bench.load.pools.quic_pool import QuicPool
from tests.certificates import certificate
from tests.load.http3.loading import PoolOf
from tests.load.http3.peer import ServedHttp3


@pytest.fixture
def pool_of() -> Iterator[PoolOf]:
    """Pools with open connections: for so many requests in flight, so many on each."""
    pools = []
    handshake = QuicHandshake("localhost", certificate().ca.read_bytes())

    def make(served: ServedHttp3, in_flight: int, streams: int) -> QuicPool:
        poller, stamped = make_poller(Pacing.TIMER), stamps.supported()
        pools.append(QuicPool(served.address, poller, handshake, streams=streams, stamps=stamped))
        assert pools[-1].ready(in_flight) is None
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
