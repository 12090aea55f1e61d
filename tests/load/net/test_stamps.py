"""What the kernel knows of a connection."""

import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from bench.facts.run import Pacing
from bench.load.http1.connection import Connection
from bench.load.net import stamps
from bench.load.net.link import RECEIVE_BYTES
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import STAMPED_ONE_IN, Pool
from bench.system import clock
from tests.load.sending import RIGHT
from tests.load.server import Peer, Served, answering, eventually, serving

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux stamps TCP")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection."""
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        closing(socket.create_connection(listener.getsockname())) as here,
    ):
        there, _ = listener.accept()
        with closing(there):
            yield here, there


@pytest.fixture
def stamped_pair(pair: tuple[socket.socket, socket.socket]) -> tuple[socket.socket, socket.socket]:
    """Both ends, once the kernel stamps what the first receives, and for as long as that lives.

    It begins a while after the first socket has asked, and ends a while after the last has gone.
    """
    here, there = pair
    stamps.enable(here)

    def stamped() -> bool:
        there.send(b"?")
        return stamps.read(here, 1)[1] > 0

    eventually(stamped)
    return pair


@linux
def test_loopback_is_stamped() -> None:
    """Linux stamps what a TCP socket receives."""
    assert stamps.supported()


@linux
def test_a_stamp_is_taken_when_bytes_come_in_not_when_they_are_read(
    stamped_pair: tuple[socket.socket, socket.socket],
) -> None:
    """What the reader was late by is the difference, and nothing else."""
    here, there = stamped_pair
    before = time.time_ns()
    there.send(b"x")
    sent = time.time_ns()
    busy_until = clock.monotonic_ns() + 20_000_000
    while clock.monotonic_ns() < busy_until:
        pass
    data, stamp = stamps.read(here, 10)
    assert data == b"x"
    assert before <= stamp
    assert stamp - sent < 10_000_000
    assert time.time_ns() - stamp >= 20_000_000


def test_what_is_not_stamped_has_no_time(pair: tuple[socket.socket, socket.socket]) -> None:
    """0 says so."""
    here, there = pair
    there.send(b"x")
    assert stamps.read(here, 10) == (b"x", 0)


@linux
def test_the_shortest_round_trip_of_loopback_is_short(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """The kernel measured it when the connection was made."""
    found = stamps.shortest_round_trip_ns(pair[0])
    assert found is not None
    assert 0 < found < 1_000_000_000


def test_the_wall_clock_is_read_against_the_monotonic_one() -> None:
    """To some microseconds, unless somebody sets it meanwhile."""
    offset = clock.realtime_offset_ns()
    assert abs(time.time_ns() - clock.monotonic_ns() - offset) < 1_000_000_000


@linux
def test_a_sample_of_the_connections_is_stamped() -> None:
    """One in eight, and one at least; also of those that take another's place."""
    with serving(answering()) as served:
        pool = Pool(served.address, make_poller(Pacing.TIMER), stamps=True)
        try:
            stamped = []
            for wanted in (1, 2 * STAMPED_ONE_IN):
                assert pool.ready(wanted) is None
                stamped = [each for each in pool.by_fd.values() if each.stamped]
                assert len(stamped) == max(1, wanted // STAMPED_ONE_IN)
            pool.replace(stamped[0], lost=True)
            assert sum(each.stamped for each in pool.by_fd.values()) == 2
        finally:
            pool.close()


@linux
@pytest.mark.usefixtures("stamped_pair")
def test_a_stamped_connection_reads_the_same_bytes() -> None:
    """And nothing else changes."""
    with serving(answering()) as served:
        connection = Connection(served.address, stamps=True)
        connection.stamp(wanted=True)
        with closing(connection):
            poller = make_poller(Pacing.TIMER)
            poller.watch(connection)
            poller.wait(clock.monotonic_ns() + 5_000_000_000)
            connection.connected()
            poller.rewatch(connection)
            connection.send(b"GET / HTTP/1.1\r\n\r\n")
            poller.wait(clock.monotonic_ns() + 5_000_000_000)
            assert connection.read(connection.fd, RECEIVE_BYTES) == RIGHT
            assert connection.stamp_ns > 0
            assert connection.network_ns() is not None
            poller.close()


@linux
@pytest.mark.usefixtures("stamped_pair")
def test_an_answer_that_ends_with_its_connection_has_the_stamp_of_its_last_bytes() -> None:
    """The kernel stamps bytes, and not the end."""

    def closing_after(_: Served, peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.0 200 OK\r\n\r\nhello")

    with serving(closing_after) as served:
        connection = Connection(served.address, stamps=True)
        connection.stamp(wanted=True)
        with closing(connection):
            ready = select.poll()
            ready.register(connection.fd, select.POLLOUT)
            assert ready.poll(5000)
            connection.connected()
            connection.send(b"GET / HTTP/1.1\r\n\r\n")
            ready.modify(connection.fd, select.POLLIN)
            body = None
            while body is None:
                assert ready.poll(5000)
                body = connection.receive()
            assert body == b"hello"
            assert connection.stamp_ns > 0
