"""The pool: connections that survive, and those that do not."""

import socket
from collections.abc import Callable, Iterator

import pytest

from bench.domain import Pacing
from bench.load.http.address import Address
from bench.load.http.connection import State
from bench.load.poller import make_poller
from bench.load.pool import Pool
from tests.load.server import (
    Peer,
    Served,
    answering,
    eventually,
    refusing_address,
    serving,
)


@pytest.fixture
def pool_at() -> Iterator[Callable[[Address], Pool]]:
    """Pools that are closed at the end."""
    pools = []

    def make(address: Address) -> Pool:
        pools.append(Pool(address, make_poller(Pacing.TIMER)))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


PoolAt = Callable[[Address], Pool]


def test_connections_are_kept_from_slice_to_slice(pool_at: PoolAt) -> None:
    """The second slice finds those of the first, and no new ones are opened."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        assert pool.ready(5) is None
        first = set(pool.by_fd.values())
        assert pool.ready(5) is None
        assert set(pool.by_fd.values()) == first
        assert (len(first), pool.opened, pool.lost) == (5, 0, 0)


def test_a_smaller_slice_closes_the_connections_that_it_does_not_need(pool_at: PoolAt) -> None:
    """The load is what was asked for; a larger one opens more again."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        sizes = []
        for wanted in (5, 2, 4):
            pool.ready(wanted)
            sizes.append(len(pool.by_fd))
        assert (sizes, pool.lost) == ([5, 2, 4], 0)


@pytest.mark.parametrize("disturb", [Peer.close, Peer.reset, lambda peer: peer.send(b"stray")])
def test_an_idle_connection_that_was_lost_is_counted_and_replaced(
    pool_at: PoolAt, disturb: Callable[[Peer], None]
) -> None:
    """Closed, reset or with stray bytes on it: it is not used again."""
    peers: list[Peer] = []

    def handle(_: Served, peer: Peer) -> None:
        peers.append(peer)
        peer.request()

    with serving(handle) as served:
        pool = pool_at(served.address)
        pool.ready(3)
        eventually(lambda: len(peers) == 3)
        disturb(peers[0])
        disturb(peers[1])
        eventually(lambda: sum(not c.is_quiet() for c in pool.by_fd.values()) == 2)
        pool.ready(3)
        assert (len(pool.by_fd), pool.lost) == (3, 2)
        assert all(connection.is_quiet() for connection in pool.by_fd.values())


def test_a_connection_that_is_still_being_opened_is_not_ready(pool_at: PoolAt) -> None:
    """One that was begun at the end of a slice is replaced, and not counted again as lost."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        begun = pool.connect()
        assert pool.ready(2) is None
        assert begun.state is State.CLOSED
        assert {c.state for c in pool.by_fd.values()} == {State.OPEN}
        assert (len(pool.by_fd), pool.lost) == (2, 0)


def test_a_refusal_is_told(pool_at: PoolAt) -> None:
    """Nobody listens: no connection, and the reason."""
    pool = pool_at(refusing_address())
    assert isinstance(pool.ready(2), ConnectionRefusedError)
    assert not pool.by_fd


def test_a_full_accept_queue_is_given_up(pool_at: PoolAt, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not accept is waited for, but not for ever."""
    monkeypatch.setattr("bench.load.pool.OPEN_TIMEOUT_NS", 50_000_000)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        pool = pool_at(listener.getsockname())
        assert isinstance(pool.ready(10), TimeoutError)
        assert 0 < len(pool.by_fd) < 10
        assert {c.state for c in pool.by_fd.values()} == {State.OPEN}


def test_all_that_are_lost_are_replaced_and_counted(pool_at: PoolAt) -> None:
    """However many; the next slice counts from the beginning."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        pool.ready(1)
        for _ in range(300):
            pool.replace(next(iter(pool.by_fd.values())), lost=True)
        assert (pool.opened, pool.lost, len(pool.by_fd)) == (300, 300, 1)
        assert pool.ready(1) is None
        assert (pool.opened, pool.lost) == (0, 0)


def test_closing_gives_every_descriptor_back() -> None:
    """Connections and poller; twice for a connection is no error."""
    with serving(answering()) as served:
        pool = Pool(served.address, make_poller(Pacing.TIMER))
        pool.ready(3)
        connections = list(pool.by_fd.values())
        pool.close()
        pool.discard(connections[0])
        assert {connection.state for connection in connections} == {State.CLOSED}
        assert not pool.by_fd
