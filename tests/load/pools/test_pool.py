"""The pool: connections that survive, and those that do not."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.facts.run import Pacing
from bench.load.http1.connection import Connection
from bench.load.net.address import Address
from bench.load.net.link import State
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import SOURCES, NoPortError, Pool
from tests.load.server import (
    Peer,
    Served,
    answering,
    eventually,
    refusing_address,
    serving,
)

ROOT = Path(__file__).resolve().parents[3]


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


@pytest.mark.parametrize("kept", [True, False])
def test_connections_that_were_idle_for_long_are_replaced_and_not_counted(
    pool_at: PoolAt, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    """A server may have closed them since, because others were loaded; or be about to."""
    monkeypatch.setattr("bench.load.pools.pool.KEPT_NS", 60_000_000_000 if kept else 0)
    with serving(answering()) as served:
        pool = pool_at(served.address)
        pool.ready(3)
        first = set(pool.by_fd.values())
        pool.rest()
        assert pool.ready(3) is None
        assert len(pool.by_fd) == 3
        assert (set(pool.by_fd.values()) == first) is kept
        assert (pool.opened, pool.lost) == (0, 0)


def test_a_connection_that_is_still_being_opened_is_not_ready(pool_at: PoolAt) -> None:
    """One that was begun at the end of a slice is replaced, and not counted again as lost."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        begun = pool.connect()
        assert pool.ready(2) is None
        assert begun.state is State.CLOSED
        assert {c.state for c in pool.by_fd.values()} == {State.OPEN}
        assert (len(pool.by_fd), pool.lost) == (2, 0)


def test_a_refusal_is_reported(pool_at: PoolAt) -> None:
    """Nobody listens: no connection, and the reason."""
    pool = pool_at(refusing_address())
    assert isinstance(pool.ready(2), ConnectionRefusedError)
    assert not pool.by_fd


def test_a_full_accept_queue_is_given_up(pool_at: PoolAt, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not accept is waited for, but not for ever."""
    monkeypatch.setattr("bench.load.pools.pool.OPEN_TIMEOUT_NS", 50_000_000)
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


class Spent:
    """In place of connections: some of this machine's addresses have no port left."""

    def __init__(self) -> None:
        self.sources: set[str | None] = set()
        self.all = False

    def __call__(self, address: Address, *, source: str | None, **settings: Any) -> Connection:
        """Connect, from an address that has ports."""
        if self.all or source in self.sources:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return Connection(address, source=source, **settings)


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> Spent:
    """Of no address yet."""
    made = Spent()
    monkeypatch.setattr("bench.load.pools.pool.Connection", made)
    return made


def sources(pool: Pool) -> list[str]:
    """Where connections come from, in the order in which they were opened."""
    return [each._socket.getsockname()[0] for each in pool.by_fd.values()]


def test_connections_come_from_another_address_where_one_has_no_port_left(
    pool_at: PoolAt, spent: Spent
) -> None:
    """Those that are open stay; the server sees no difference but that."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        assert pool.ready(1) is None
        spent.sources = {None}
        assert pool.ready(2) is None
        spent.sources |= {"127.0.0.2", "127.0.0.3"}
        assert pool.ready(3) is None
        assert sources(pool) == ["127.0.0.1", "127.0.0.2", "127.0.0.4"]
        assert not pool.out_of_ports


def test_the_first_address_comes_again_after_the_last(pool_at: PoolAt, spent: Spent) -> None:
    """A port is free again a minute after its connection was closed."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        for last in range(1, SOURCES):
            spent.sources = {None, *(f"127.0.0.{1 + number}" for number in range(1, last))}
            pool.ready(1)
            pool.discard_all()
        spent.sources = {f"127.0.0.{SOURCES}"}
        assert pool.ready(1) is None
        assert sources(pool) == ["127.0.0.1"]


def test_a_machine_without_any_port_is_told_apart_from_a_refusal(
    pool_at: PoolAt, spent: Spent
) -> None:
    """Until the next slice, which may find some."""
    with serving(answering()) as served:
        pool = pool_at(served.address)
        assert pool.ready(1) is None
        spent.all = True
        error = pool.ready(2)
        assert isinstance(error, NoPortError)
        assert "no free port left to connect from" in str(error)
        assert pool.out_of_ports
        assert len(pool.by_fd) == 1
        spent.all = False
        assert pool.ready(2) is None
        assert not pool.out_of_ports


def test_other_machines_are_reached_from_one_address_alone(pool_at: PoolAt, spent: Spent) -> None:
    """Those of the loopback network are no use there."""
    spent.sources = {None}
    pool = pool_at(("192.0.2.1", 80))
    assert isinstance(pool.ready(1), NoPortError)


def test_ports_that_are_really_spent_are_made_up_for() -> None:
    """Ten a source address, in a network of its own: 25 connections come from three."""
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None:
        pytest.skip("there are no network namespaces here")
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("a network namespace may not be made here")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.load.few_ports", "25"],
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
    )  # fmt: skip
    if "PermissionError" in done.stderr:
        pytest.skip("the range of ports may not be changed here")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "sources": {"127.0.0.1": 10, "127.0.0.2": 10, "127.0.0.3": 5},
        "out_of_ports": False,
        "error": "None",
    }


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
