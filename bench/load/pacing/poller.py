"""Waiting for connections and for a point in time at once: epoll and a timer.

Where there is no epoll, the standard library's selector stands in, with its coarser timeout.
"""

import select
import selectors
from collections.abc import Iterator
from functools import partial
from typing import Final, Protocol, assert_never

from bench.facts.run import Pacing
from bench.load.net.pollable import Pollable
from bench.load.pacing.timer import make_timer, timer_exists
from bench.stats.units import NS_PER_S
from bench.system import clock

READABLE: Final = 1
WRITABLE: Final = 4
SPIN_NS: Final = 200_000  # longer than nearly every wake-up by a timer takes
BRIEF_SPIN_NS: Final = 60_000  # longer than most: at 1,000 requests a second 6 % of a core
_AT_ONCE: Final = 64  # events of one poll; by default each poll makes room for 1,023 of them
NOBODY: Final = -1  # in place of a descriptor

Events = list[tuple[int, int]]
"""(descriptor, READABLE | WRITABLE | others) pairs."""


class Poller(Protocol):
    """Which connections have something to say, and what time it is."""

    def now(self) -> int:
        """The time, ns."""

    def watch(self, connection: Pollable) -> None:
        """Begin to wait for a connection: to be readable, and writable while it wants to write."""

    def rewatch(self, connection: Pollable) -> None:
        """Look again whether a connection wants to write."""

    def forget(self, connection: Pollable) -> None:
        """Stop waiting for a connection; called before it is closed."""

    def wait(self, until_ns: int) -> Events:
        """Wait for events or `until_ns`, whichever is first.

        Descriptors that are no connection's are to be passed over.
        """

    def polls(self, until_ns: int) -> Iterator[Events]:
        """Wait for events again and again, without end, at the least cost.

        Once `until_ns` has come, an event says so whose descriptor is no connection's.
        """

    def close(self) -> None:
        """Give the descriptors back; connections stay open."""


def make_poller(pacing: Pacing) -> Poller:
    """A poller that keeps time in the way that was chosen for this machine."""
    match pacing:
        case Pacing.SPIN:
            return _SpinningPoller(SPIN_NS)
        case Pacing.BRIEF_SPIN:
            return _SpinningPoller(BRIEF_SPIN_NS)
        case Pacing.TIMER:
            return _EpollPoller()
        case Pacing.POLL:
            return _SelectorPoller()
        case _:
            assert_never(pacing)


def has_timer() -> bool:
    """Whether this platform can wait for a point in time as exactly as a timer does."""
    return hasattr(select, "epoll") and timer_exists()


def _interest(connection: Pollable) -> int:
    return READABLE | WRITABLE if connection.wants_write else READABLE


class _EpollPoller:
    """epoll with a timerfd beside the connections."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._poll = self._epoll.poll
        self._timer = make_timer()
        self._armed_ns = -1  # no time of any wait
        self.now = clock.monotonic_ns
        self._watch_timer()

    def _watch_timer(self) -> None:
        """Have every poll say that it has expired, until it is armed for another time."""
        self._epoll.register(self._timer.fd, READABLE)

    def watch(self, connection: Pollable) -> None:
        self._epoll.register(connection.fd, _interest(connection))

    def rewatch(self, connection: Pollable) -> None:
        self._epoll.modify(connection.fd, _interest(connection))

    def forget(self, connection: Pollable) -> None:
        self._epoll.unregister(connection.fd)

    def wait(self, until_ns: int) -> Events:
        if until_ns != self._armed_ns:
            self._arm(until_ns)
        return self._poll(None, _AT_ONCE)

    def polls(self, until_ns: int) -> Iterator[Events]:
        self._arm(until_ns)
        return iter(partial(self._poll, None, _AT_ONCE), None)

    def _arm(self, until_ns: int) -> None:
        self._timer.arm(until_ns)
        self._armed_ns = until_ns

    def close(self) -> None:
        self._timer.close()
        self._epoll.close()


class _SpinningPoller(_EpollPoller):
    """The same, but it does not sleep through the last `spin_ns`: it looks again and again.

    The clock ends it, not the timer, whose interrupt comes tens of microseconds later.
    """

    def __init__(self, spin_ns: int) -> None:
        super().__init__()
        self._spin_ns = spin_ns

    def _watch_timer(self) -> None:
        """Have one poll say so: from then on it spins."""
        self._epoll.register(self._timer.fd, READABLE | select.EPOLLET)

    def wait(self, until_ns: int) -> Events:
        now, poll, spin_from_ns = self.now, self._poll, until_ns - self._spin_ns
        if now() < spin_from_ns:
            if spin_from_ns != self._armed_ns:
                self._arm(spin_from_ns)
            return poll(None, _AT_ONCE)
        while not (events := poll(0, _AT_ONCE)) and now() < until_ns:
            pass
        return events


class _SelectorPoller:
    """The standard library's selector; its timeouts are as coarse as the platform's."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.now = clock.monotonic_ns

    def watch(self, connection: Pollable) -> None:
        self._selector.register(connection.fd, self._events(connection))

    def rewatch(self, connection: Pollable) -> None:
        self._selector.modify(connection.fd, self._events(connection))

    def forget(self, connection: Pollable) -> None:
        self._selector.unregister(connection.fd)

    def wait(self, until_ns: int) -> Events:
        timeout_s = max(0, until_ns - self.now()) / NS_PER_S
        ready = self._selector.select(timeout_s)
        return [
            (key.fd, READABLE * bool(mask & 1) | WRITABLE * bool(mask & 2)) for key, mask in ready
        ]

    def polls(self, until_ns: int) -> Iterator[Events]:
        return iter(lambda: self.wait(until_ns) or [(NOBODY, READABLE)], None)

    def close(self) -> None:
        self._selector.close()

    @staticmethod
    def _events(connection: Pollable) -> int:
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        return both if connection.wants_write else selectors.EVENT_READ
