"""Times of sending, against the process that they were to follow."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.domain import Arrivals, Finding
from bench.load.arrivals import intended_ns
from bench.selftest.arrivals import Pace, claims
from bench.stats.histogram import Histogram

US = 1000
POISSON = Pace(Arrivals.POISSON, 1000.0, 50, 60 * US)
CONSTANT = Pace(Arrivals.CONSTANT, 1000.0, 50, 60 * US)
NO_LAG = Histogram.of(np.zeros(10, dtype=np.int64))


def plan(kind: Arrivals, rate: float = 1000.0) -> NDArray[np.int64]:
    """Four seconds of a plan."""
    return intended_ns(kind, rate, 4.0, seed=3)


def spacing(pace: Pace, sent: NDArray[np.int64]) -> Finding:
    """What is found of the gaps."""
    return claims(pace, sent, NO_LAG)[0].finding


@pytest.mark.parametrize("lag_us", [0, 50])
def test_a_poisson_plan_sent_on_time_holds(lag_us: int) -> None:
    """Also when everything is late by a random tenth of a timer's lateness."""
    due = plan(Arrivals.POISSON)
    lags = np.random.default_rng(1).integers(lag_us, lag_us + 10, len(due)) * US
    assert spacing(POISSON, due + lags) is Finding.HOLDS


def test_gaps_of_another_rate_are_no_poisson_process_of_this_one() -> None:
    """Even if it is off by a tenth only."""
    assert spacing(POISSON, plan(Arrivals.POISSON, 900.0)) is Finding.FAILS


def test_constant_gaps_are_no_poisson_process() -> None:
    """A pacer that evens out what is random."""
    assert spacing(POISSON, plan(Arrivals.CONSTANT)) is Finding.FAILS


def test_a_timer_of_a_millisecond_is_seen() -> None:
    """It sends in bunches."""
    due = plan(Arrivals.POISSON)
    assert spacing(POISSON, -(-due // 1_000_000) * 1_000_000) is Finding.FAILS


@pytest.mark.parametrize(("late_us", "finding"), [(90, Finding.HOLDS), (1100, Finding.FAILS)])
def test_constant_gaps_are_constant(late_us: int, finding: Finding) -> None:
    """But for the few that a late request makes longer and shorter."""
    sent = plan(Arrivals.CONSTANT)
    sent[::50] += late_us * US
    assert spacing(CONSTANT, sent) is finding


@pytest.mark.parametrize(("lag_us", "finding"), [(59, Finding.HOLDS), (61, Finding.FAILS)])
def test_send_lag_is_limited(lag_us: int, finding: Finding) -> None:
    """At the percentile and to the limit of the pace."""
    lag = Histogram.of(np.full(1000, lag_us * US))
    assert claims(POISSON, plan(Arrivals.POISSON), lag)[1].finding is finding


def test_gaps_that_are_short_beside_the_lag_are_passed_over() -> None:
    """Only the lag is looked at."""
    pace = Pace(Arrivals.POISSON, 5000.0, 99, 100 * US, spaced=False)
    found = claims(pace, plan(Arrivals.CONSTANT), NO_LAG)
    assert [claim.finding for claim in found] == [Finding.HOLDS]


def test_no_lag_known_fails() -> None:
    """Nothing was sent."""
    _, lag = claims(POISSON, plan(Arrivals.POISSON), Histogram.empty())
    assert lag.finding is Finding.FAILS
