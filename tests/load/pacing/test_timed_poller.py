"""A poller for connections that keep time themselves, on a clock of the test's own."""

from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest

from bench.load.pacing.poller import NOBODY, READABLE, Events
from bench.load.pacing.timed import TIMER, TimedPoller

TIMERFD = 99


class Clock:
    """An inner poller: each wait takes until its time, or until `events` has something to say."""

    def __init__(self) -> None:
        self.time = 0
        self.events: dict[int, Events] = {}
        self.waits: list[int] = []

    def now(self) -> int:
        """The time."""
        return self.time

    def watch(self, connection: Any) -> None:
        """Nothing is waited for."""

    rewatch = forget = watch

    def wait(self, until_ns: int) -> Events:
        """Go on to the first event, or the time."""
        self.waits.append(until_ns)
        at = min([until_ns, *(at for at in self.events if at >= self.time)])
        self.time = max(self.time, at)
        return self.events.pop(at, [(TIMERFD, READABLE)])

    def polls(self, until_ns: int) -> Iterator[Events]:
        """Not called."""
        raise NotImplementedError(until_ns)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def clock() -> Clock:
    """At its beginning."""
    return Clock()


@pytest.fixture
def poller(clock: Clock) -> TimedPoller:
    """One over the clock."""
    return TimedPoller(clock)


def connection(fd: int, timer_ns: int | None) -> Any:
    """What the poller sees of one."""
    return SimpleNamespace(fd=fd, timer_ns=timer_ns)


def test_the_first_connection_s_time_ends_a_wait(poller: TimedPoller, clock: Clock) -> None:
    """Those whose time has not come are not among the events, nor is the timer itself."""
    for fd, timer_ns in ((5, 300), (6, 200), (7, None), (8, 200)):
        poller.watch(connection(fd, timer_ns))
    assert poller.wait(1000) == [(6, TIMER), (8, TIMER)]
    assert clock.waits == [200]


def test_a_wait_ends_at_its_own_time(poller: TimedPoller, clock: Clock) -> None:
    """Where no connection's is before it."""
    poller.watch(connection(5, 2000))
    assert poller.wait(1000) == []
    assert clock.time == 1000


def test_a_descriptor_comes_once(poller: TimedPoller, clock: Clock) -> None:
    """Also where it has something to read, and its time has come."""
    poller.watch(connection(5, 100))
    clock.events = {100: [(5, READABLE), (TIMERFD, READABLE)]}
    assert poller.wait(1000) == [(5, READABLE)]


def test_what_is_forgotten_has_no_time(poller: TimedPoller, clock: Clock) -> None:
    """It is closed."""
    gone = connection(5, 100)
    poller.watch(gone)
    poller.forget(gone)
    assert poller.wait(1000) == []
    assert clock.waits == [1000]


def test_polls_say_when_their_time_has_come(poller: TimedPoller) -> None:
    """By an event that is nobody's; a connection's time is none of that."""
    kept = connection(5, 400)
    poller.watch(kept)
    polls = poller.polls(1000)
    assert next(polls) == [(5, TIMER)]
    kept.timer_ns = None
    assert list(islice(polls, 2)) == [[(NOBODY, READABLE)]] * 2
