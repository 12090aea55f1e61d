"""Pass, fail and undecided: by what was seen, and as often wrong as was promised."""

import numpy as np
import pytest

from bench.analysis.capacity.decision import LOOKS, SloDecision, broken, decide, slices_needed
from bench.analysis.capacity.slo import ClauseCounts, Trial, parse

P95 = parse("p95<50ms")
BOTH = parse("p95<50ms, failures<0.1%")
AVERAGE = parse("avg<5ms")
MS = 1_000_000


def shares(*slow: int, of: int = 1000) -> list[Trial]:
    """Slices in which so many requests were slow."""
    return [(ClauseCounts(count, of),) for count in slow]


TABLE = [
    (shares(0), SloDecision.UNDECIDED),  # one slice says nothing of how slices differ
    (shares(0, 0), SloDecision.PASS),
    (shares(0, 0, of=20), SloDecision.UNDECIDED),  # none of 40 may be one in ten
    (shares(1000, 1000), SloDecision.FAIL),
    (shares(40, 60, 50, 50), SloDecision.UNDECIDED),
    (shares(10, 12, 11, 10), SloDecision.PASS),
    (shares(10, 12, 11, 180), SloDecision.UNDECIDED),  # a burst in one of four
    (shares(300, 280, 310), SloDecision.FAIL),
]


@pytest.mark.parametrize(("trials", "expected"), TABLE)
def test_a_percentile_is_decided_by_bounds(trials: list[Trial], expected: SloDecision) -> None:
    """Far from the limit in proportion to how much the slices differ."""
    assert decide(P95, trials) is expected


def test_a_slice_between_two_looks_changes_nothing() -> None:
    """Five slices are looked at as four were."""
    trials = shares(10, 12, 11, 10)

    assert decide(P95, [*trials, *shares(1000)]) is SloDecision.PASS


def test_all_clauses_must_pass_and_any_may_fail() -> None:
    """Fast answers, of which too many fail: the SLO does not hold."""
    fast_and_wrong = [
        (ClauseCounts(10, 1000), ClauseCounts(10, 1000)),
        (ClauseCounts(12, 1000), ClauseCounts(12, 1000)),
    ] * 2

    assert decide(BOTH, fast_and_wrong) is SloDecision.FAIL
    assert [clause.name for clause in broken(BOTH, fast_and_wrong)] == ["failures"]


def test_no_failure_in_few_requests_does_not_show_that_few_fail() -> None:
    """Less than one in a thousand takes some thousand requests without a failure."""
    trial: Trial = (ClauseCounts(0, 1000), ClauseCounts(0, 1000))

    needed = slices_needed(BOTH, [trial])

    assert needed == 6
    assert decide(BOTH, [trial] * 4) is SloDecision.UNDECIDED
    assert decide(BOTH, [trial] * 6) is SloDecision.PASS


def test_an_average_is_decided_as_a_ratio_of_sums() -> None:
    """A slice with few answers weighs little."""
    trials = [(ClauseCounts(3 * MS * 1000, 1000), ClauseCounts(0, 1000)) for _ in range(3)]
    few: Trial = (ClauseCounts(9 * MS * 10, 10), ClauseCounts(0, 10))

    assert decide(AVERAGE, [*trials, few]) is SloDecision.UNDECIDED
    assert not broken(AVERAGE, [*trials, few])
    assert decide(AVERAGE, [*trials, trials[0]]) is SloDecision.PASS


def test_requests_that_all_failed_have_no_average() -> None:
    """Nothing was answered: what the SLO implies of failures does not hold."""
    nothing: Trial = (ClauseCounts(0, 0), ClauseCounts(1000, 1000))

    assert decide(AVERAGE, [nothing, nothing]) is SloDecision.FAIL
    assert [clause.name for clause in broken(AVERAGE, [nothing])] == ["avg", "failures"]


@pytest.mark.parametrize("spread", [0.01, 0.03])
def test_at_the_limit_hardly_anything_is_decided_however_often_one_looks(spread: float) -> None:
    """Slices around the very limit: 2.5 % may pass and 2.5 % may fail, all looks together."""
    rng = np.random.default_rng(1)
    runs, found = 300, list[set[SloDecision]]()
    for _ in range(runs):
        slow = np.clip(rng.normal(0.05, spread, LOOKS[-1]), 0, 1)
        trials = shares(*(round(1000 * share) for share in slow))
        found.append({decide(P95, trials[:look]) for look in LOOKS})

    assert sum(SloDecision.PASS in decisions for decisions in found) <= 0.025 * runs
    assert sum(SloDecision.FAIL in decisions for decisions in found) <= 0.025 * runs
