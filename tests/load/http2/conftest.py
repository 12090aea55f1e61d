"""Pools of connections that speak HTTP/2, closed at the end of a test."""

from collections.abc import Iterator

import pytest

from bench.facts.run import Pacing
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import StreamPool
from tests.load.http2.loading import PoolOf
from tests.load.server import Served


@pytest.fixture
def pool_of() -> Iterator[PoolOf]:
    """Pools with open connections: for so many requests in flight, so many on each."""
    pools = []

    def make(served: Served, in_flight: int, streams: int) -> StreamPool:
        pools.append(StreamPool(served.address, make_poller(Pacing.TIMER), streams=streams))
        assert pools[-1].ready(in_flight) is None
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
