"""Waking at an absolute time: the timers and the pollers."""

import os
import select
import sys
from collections.abc import Callable
from functools import partial

import pytest

from bench.facts.run import Pacing
from bench.load.pacing.poller import READABLE, Poller, has_timer, make_poller
from bench.load.pacing.timer import Timer, _LibraryTimer, _StandardTimer, make_timer
from bench.load.pools.pool import Pool
from bench.system import clock
from tests.load.server import Peer, Served, eventually, serving

MS = 1_000_000

linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no timerfd")
TIMERS = [
    _LibraryTimer,
    pytest.param(
        _StandardTimer,
        marks=pytest.mark.skipif(not hasattr(os, "timerfd_create"), reason="from Python 3.13"),
    ),
]
POLLERS: list[Callable[[], Poller]] = [
    partial(make_poller, pacing) for pacing in Pacing if has_timer() or pacing is Pacing.POLL
]


def woken_at(timer: Timer, limit_ms: int = 1000) -> int:
    """Wait for the timer; when it woke."""
    poll = select.poll()
    poll.register(timer.fd, select.POLLIN)
    assert poll.poll(limit_ms)
    return clock.monotonic_ns()


@linux
@pytest.mark.parametrize("make", TIMERS)
def test_a_timer_wakes_at_its_time(make: Callable[[], Timer]) -> None:
    """Not before, and again each time it is armed."""
    timer = make()
    try:
        for _ in range(3):
            at = clock.monotonic_ns() + 3 * MS
            timer.arm(at)
            assert 0 <= woken_at(timer) - at < 500 * MS
    finally:
        timer.close()


@linux
@pytest.mark.parametrize("make", TIMERS)
@pytest.mark.parametrize("at", [-5, 0, 1])
def test_a_time_that_has_passed_wakes_at_once(make: Callable[[], Timer], at: int) -> None:
    """Also 0, which would disarm it."""
    timer = make()
    try:
        timer.arm(at)
        woken_at(timer)
    finally:
        timer.close()


@linux
def test_arming_later_takes_the_earlier_time_back() -> None:
    """A timer that has expired is quiet again once it is armed for the future."""
    timer = make_timer()
    try:
        timer.arm(1)
        woken_at(timer)
        timer.arm(clock.monotonic_ns() + 60_000 * MS)
        poll = select.poll()
        poll.register(timer.fd, select.POLLIN)
        assert not poll.poll(0)
    finally:
        timer.close()


@linux
def test_a_timer_that_cannot_be_armed_says_so() -> None:
    """Or a poll would wait for ever."""
    timer = _LibraryTimer()
    timer.close()
    with pytest.raises(OSError, match="settime"):
        timer.arm(1)


@pytest.mark.parametrize("make", POLLERS)
def test_a_poller_wakes_at_its_time(make: Callable[[], Poller]) -> None:
    """With nothing to poll; a time that has passed wakes at once."""
    poller = make()
    try:
        at = clock.monotonic_ns() + 3 * MS
        while clock.monotonic_ns() < at:
            poller.wait(at)
        poller.wait(at)
        assert clock.monotonic_ns() - at < 500 * MS
    finally:
        poller.close()


@pytest.mark.parametrize("make", POLLERS)
def test_a_poller_tells_who_has_something_to_say(make: Callable[[], Poller]) -> None:
    """The one connection on which something has come, and none that was forgotten."""
    peers: list[Peer] = []

    def handle(_: Served, peer: Peer) -> None:
        peers.append(peer)
        peer.request()

    with serving(handle) as served:
        pool = Pool(served.address, make())
        try:
            pool.ready(2)
            eventually(lambda: len(peers) == 2)
            peers[0].send(b"x")
            ready = dict(pool.poller.wait(clock.monotonic_ns() + 1000 * MS))
            found = set(ready) & set(pool.by_fd)
            assert len(found) == 1
            assert {ready[fd] for fd in found} == {READABLE}
            pool.discard(pool.by_fd[found.pop()])
            assert not set(dict(pool.poller.wait(1))) & set(pool.by_fd)
        finally:
            pool.close()
