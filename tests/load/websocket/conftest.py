"""Pools of WebSockets, closed at the end of a test."""

from collections.abc import Iterator

import pytest

from bench.facts.run import Pacing
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import MessagePool
from bench.load.scripts.message_script import MessageScript
from tests.load.server import Served
from tests.load.websocket.loading import PoolOf, compiled


@pytest.fixture
def pool_of() -> Iterator[PoolOf]:
    """Pools with so many open connections; `refused`: what is to keep them from being opened."""
    pools = []

    def make(
        served: Served,
        connections: int,
        sent: MessageScript | None = None,
        *,
        refused: str | None = None,
    ) -> MessagePool:
        upgrade = (sent or compiled()).upgrade
        pools.append(MessagePool(served.address, make_poller(Pacing.TIMER), upgrade))
        error = pools[-1].ready(connections)
        assert (None if error is None else str(error)) == refused
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
