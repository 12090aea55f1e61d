"""The bound on a user's own code."""

import signal
from collections.abc import Iterator

import pytest

from bench.workloads.time_limit import OutOfPatienceError, within


@pytest.fixture
def outer() -> Iterator[None]:
    """A timer of the caller's, as a bound on a whole test is one."""
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    left, interval = signal.setitimer(signal.ITIMER_REAL, 1000)
    yield
    signal.setitimer(signal.ITIMER_REAL, left, interval)
    signal.signal(signal.SIGALRM, before)


def swallows_once() -> None:
    """An endless loop, the first interruption of which is lost, as in a destructor."""
    try:
        while True:
            pass
    except OutOfPatienceError:
        while True:
            pass


def test_an_interruption_that_was_swallowed_is_repeated() -> None:
    """An endless loop ends all the same."""
    with pytest.raises(OutOfPatienceError), within(0.01):
        swallows_once()


@pytest.mark.usefixtures("outer")
def test_a_timer_of_the_caller_runs_on() -> None:
    """It is neither lost nor started anew."""
    with within(60):
        pass
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    assert 0 < left <= 1000


@pytest.mark.usefixtures("outer")
def test_a_timer_that_ran_out_meanwhile_fires_at_once() -> None:
    """It is late, and not lost."""
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    fired: list[int] = []
    signal.signal(signal.SIGALRM, lambda number, _: fired.append(number))
    with pytest.raises(OutOfPatienceError), within(0.05):
        swallows_once()
    while not fired:
        signal.sigtimedwait((), 0.01)
    assert fired == [signal.SIGALRM]
