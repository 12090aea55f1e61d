"""Where a regression puts the crossing, on figures whose crossing is known."""

from math import exp

import pytest

from bench.analysis.capacity.crossing import crossing
from bench.analysis.capacity.slo import ClauseCounts, Trial, parse

P95 = parse("p95<20ms")
AVERAGE = parse("avg<5ms")
MU, LIMIT_S = 2000.0, 0.02
RATES = (1700.0, 1800.0, 1840.0, 1880.0, 1920.0)


def share_of_mm1(rate: float) -> list[Trial]:
    """What theory says of M/M/1: P(T > t) = exp(-(mu - lambda) t)."""
    return [(ClauseCounts(round(1e6 * exp(-(MU - rate) * LIMIT_S)), 1e6),)]


def average_of_mm1(rate: float) -> list[Trial]:
    """What theory says of M/M/1: E(T) = 1 / (mu - lambda)."""
    return [(ClauseCounts(1e9 / (MU - rate) * 1e6, 1e6), ClauseCounts(0, 1e6))]


def test_the_share_of_a_queue_crosses_where_it_must() -> None:
    """Where exp(-(mu - lambda) t) is 5 %, to half a per cent."""
    found = crossing(P95, {rate: share_of_mm1(rate) for rate in RATES}, 1800, 1920)

    assert found == pytest.approx(1850.2, rel=0.005)


def test_the_average_of_a_queue_crosses_where_it_must() -> None:
    """Where 1 / (mu - lambda) is 5 ms, exactly."""
    found = crossing(AVERAGE, {rate: average_of_mm1(rate) for rate in RATES}, 1700, 1920)

    assert found == pytest.approx(1800, rel=1e-6)


def test_the_first_clause_to_give_out_decides() -> None:
    """Of two clauses the one that crosses its limit at the lower rate."""
    both = parse("p95<20ms, avg<5ms")
    trials = {rate: [(share_of_mm1(rate)[0][0], *average_of_mm1(rate)[0])] for rate in RATES}

    assert crossing(both, trials, 1700, 1920) == pytest.approx(1800, rel=1e-6)


def test_it_never_leaves_the_bracket() -> None:
    """The decisions are stronger than the fit."""
    trials = {rate: share_of_mm1(rate) for rate in RATES}

    assert crossing(P95, trials, 1880, 1920) == 1880


def test_a_step_from_nothing_to_everything_is_between_its_ends() -> None:
    """No request slow, then every request slow: a line through two points, and no overflow."""
    trials: dict[float, list[Trial]] = {
        4800.0: [(ClauseCounts(0, 10_000),)] * 3,
        4900.0: [(ClauseCounts(10_000, 10_000),)] * 3,
    }

    assert 4800 < (crossing(P95, trials, 4800, 4900) or 0) < 4900


@pytest.mark.parametrize("slow", [0, 10, 9_990, 10_000])
def test_what_does_not_grow_with_the_rate_crosses_nowhere(slow: int) -> None:
    """A server that fails as often at every rate has no rate at which it gives out."""
    trials: dict[float, list[Trial]] = {
        rate: [(ClauseCounts(slow, 10_000),)] for rate in (1000.0, 1100.0, 1200.0)
    }

    found = crossing(P95, trials, 1000, 1200)

    assert found is None or 1000 <= found <= 1200
