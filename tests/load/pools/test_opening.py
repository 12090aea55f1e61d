"""A server that accepts, and then says nothing: what was waited for is named."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.facts.run import Pacing
from bench.load.net.address import Address
from bench.load.net.tls import Handshake
from bench.load.pacing.poller import Poller, make_poller
from bench.load.pools.pool import Connections, MessagePool, Pool, StreamPool
from servers.tls import Tls
from tests.load.server import Peer, Served, serving
from tests.load.websocket.loading import compiled


def silent(_: Served, peer: Peer) -> None:
    """Read whatever comes, until the client leaves."""
    while peer.request() is not None:
        pass


def over_tls(address: Address, poller: Poller) -> Pool:
    """HTTP/1.1 over TLS."""
    return Pool(address, poller, handshake=Handshake(Tls().context(), "localhost"))


@pytest.mark.parametrize(
    ("pool_of", "told"),
    [
        (over_tls, "but the TLS handshake did not end within 0.1 s"),
        (
            lambda address, poller: MessagePool(address, poller, compiled().upgrade),
            "but the upgrade to WebSocket was not answered within 0.1 s",
        ),
        (
            lambda address, poller: StreamPool(address, poller, streams=8),
            "but the server sent no SETTINGS of HTTP/2 within 0.1 s",
        ),
    ],
    ids=["TLS", "WebSocket", "HTTP/2"],
)
def test_what_did_not_come_is_named(
    pool_of: Callable[[Address, Poller], Connections[Any]],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not that no connection was accepted."""
    monkeypatch.setattr("bench.load.pools.pool.OPEN_TIMEOUT_NS", 100_000_000)
    with serving(silent) as served:
        pool = pool_of(served.address, make_poller(Pacing.TIMER))
        try:
            error = pool.ready(1)
        finally:
            pool.close()
    assert isinstance(error, TimeoutError)
    assert str(error) == f"a connection was opened, {told}"
