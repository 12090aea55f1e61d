"""A connection in the hands of asyncio, against real servers."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.load.http1.channel import Channel
from bench.load.http1.connection import Connection
from bench.load.net.link import ConnectionLostError
from tests.ending import PATIENCE_S
from tests.load.sending import BODY, RIGHT
from tests.load.server import Peer, Served, answering, replying, serving

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@asynccontextmanager
async def channel(served: Served) -> AsyncIterator[Channel]:
    """Open one to a server."""
    connection = Connection(served.address)
    loop, writable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(connection.fd, writable.set)
    await writable.wait()
    loop.remove_writer(connection.fd)
    connection.connected()
    made = Channel(connection)
    try:
        yield made
    finally:
        made.close()


async def test_one_exchange_after_the_other() -> None:
    """Each has its own answer, and leaves the channel fit for the next."""
    with serving(answering()) as served:
        async with channel(served) as it:
            for _ in range(3):
                assert await it.exchange(REQUEST, 5.0, bodiless=False) == BODY
                assert it.reusable
                assert it.head.status == 200
    assert served.connections == 1


async def test_each_exchange_has_its_own_time() -> None:
    """Though the timer is set once: an early answer gives the next no less, nor more."""
    with serving(replying(lambda peer, n: peer.send(RIGHT) if n < 3 else None)) as served:
        async with channel(served) as it:
            loop = asyncio.get_running_loop()
            await it.exchange(REQUEST, 0.5, bodiless=False)
            await asyncio.sleep(0.2)
            await it.exchange(REQUEST, 0.5, bodiless=False)
            begun = loop.time()
            with pytest.raises(TimeoutError):
                await it.exchange(REQUEST, 0.5, bodiless=False)
            assert 0.5 <= loop.time() - begun < 2.5


async def test_a_shorter_time_is_kept_too() -> None:
    """The timer of a patient exchange is no excuse for the next."""
    with serving(replying(lambda peer, n: peer.send(RIGHT) if n < 2 else None)) as served:
        async with channel(served) as it:
            loop = asyncio.get_running_loop()
            await it.exchange(REQUEST, 60.0, bodiless=False)
            begun = loop.time()
            with pytest.raises(TimeoutError):
                await it.exchange(REQUEST, 0.1, bodiless=False)
            assert loop.time() - begun < 5


async def test_no_time_is_as_long_as_it_takes() -> None:
    """Also after an exchange that had a limit."""

    def late(peer: Peer, number: int) -> None:
        if number > 1:
            threading.Event().wait(0.7)
        peer.send(RIGHT)

    with serving(replying(late)) as served:
        async with channel(served) as it:
            await it.exchange(REQUEST, 0.5, bodiless=False)
            assert await it.exchange(REQUEST, None, bodiless=False) == BODY


async def test_an_end_between_two_exchanges_closes_it() -> None:
    """It is noticed without being asked, and the descriptor watched no longer."""

    def once(_: Served, peer: Peer) -> None:
        peer.request()
        peer.send(RIGHT)
        peer.close()

    with serving(once) as served:
        async with channel(served) as it:
            await it.exchange(REQUEST, 5.0, bodiless=False)
            async with asyncio.timeout(5):
                while it.is_quiet(asyncio.get_running_loop()):  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
            assert not it.reusable
            with pytest.raises(ConnectionLostError):
                it.exchange(REQUEST, 5.0, bodiless=False)


async def test_an_answer_before_the_request_was_sent_in_full() -> None:
    """It is an answer, but nothing else can be asked there."""

    def early(_: Served, peer: Peer) -> None:
        peer.request()  # it says nothing of a body
        peer.send(RIGHT)
        over.wait(PATIENCE_S)

    over = threading.Event()
    with serving(early) as served:
        async with channel(served) as it:
            large = REQUEST + bytes(32 * 1024 * 1024)
            assert await it.exchange(large, 5.0, bodiless=False) == BODY
            assert not it.reusable
        over.set()


async def test_it_belongs_to_one_event_loop() -> None:
    """In another it is never quiet, so that nobody waits there for what never comes."""
    with serving(answering()) as served:
        async with channel(served) as it:
            other = asyncio.new_event_loop()
            other.close()
            assert it.is_quiet(asyncio.get_running_loop())
            assert not it.is_quiet(other)
