"""Two independent runs are compared as scipy would, and told apart no more often than promised."""

from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.stats.compare import Series
from bench.stats.estimate import Estimate
from bench.stats.unpaired import Unpaired, as_family, compare_unpaired, level, relative
from tests.stats.simulation import run

RUNS = 600  # of each simulation
STEADY = [0.010, 0.020, 0.015, 0.030, 0.012]
NOISY = [0.150, 0.050, 0.300]


def of_logs(logs: list[float]) -> Series:
    """A run with one slice a round."""
    return {(round_, 0): float(np.exp(value)) for round_, value in enumerate(logs)}


def compared(subject: Series, reference: Series) -> Unpaired:
    """A comparison that there is."""
    found = compare_unpaired(subject, reference)
    assert found is not None
    return found


def bounds(estimate: Estimate | None) -> list[float]:
    """Value, lower and upper bound of an estimate that has an interval."""
    assert estimate is not None
    assert estimate.lo is not None
    assert estimate.hi is not None
    return [estimate.value, estimate.lo, estimate.hi]


@pytest.mark.parametrize(
    ("subject", "reference"),
    [(NOISY, STEADY), (STEADY, NOISY), (STEADY[:2], NOISY[:2]), (STEADY, [1.0, 1.01])],
)
def test_it_is_welchs_t_as_scipy_has_it(subject: list[float], reference: list[float]) -> None:
    """p, degrees of freedom and interval, on the log scale, also where the runs are unequal."""
    expected = stats.ttest_ind(subject, reference, equal_var=False)
    found = compared(of_logs(subject), of_logs(reference))
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.df == pytest.approx(expected.df, rel=1e-9)
    assert found.rounds == (len(subject), len(reference))
    interval = expected.confidence_interval(0.95)
    assert bounds(found.ratio)[1:] == pytest.approx([np.exp(interval.low), np.exp(interval.high)])


def test_a_level_is_students_t_as_scipy_has_it() -> None:
    """The figure of one run, and its interval."""
    low, high = stats.t.interval(0.95, 4, np.mean(STEADY), stats.sem(STEADY))
    expected = [np.exp(np.mean(STEADY)), np.exp(low), np.exp(high)]
    assert bounds(level(of_logs(STEADY))) == pytest.approx(expected)


def test_a_ratio_is_the_ratio_of_the_levels() -> None:
    """What stands beside two figures follows from them."""
    here, there = bounds(level(of_logs(NOISY)))[0], bounds(level(of_logs(STEADY)))[0]
    assert compared(of_logs(NOISY), of_logs(STEADY)).ratio.value == pytest.approx(here / there)


def test_a_burst_in_fewer_than_half_of_a_rounds_slices_moves_nothing() -> None:
    """A round is the median of its slices."""
    calm = {(r, t): 2.0 + 0.1 * r for r in range(3) for t in range(5)}
    burst = {(r, t): 10.0 if t < 2 else value for (r, t), value in calm.items()}
    assert compared(burst, of_logs(STEADY)) == compared(calm, of_logs(STEADY))


@pytest.mark.parametrize(("subject", "reference"), [([0.1], STEADY), (STEADY, [0.1]), ([1], [1])])
def test_one_round_has_a_ratio_and_no_more(subject: list[float], reference: list[float]) -> None:
    """No interval, no p, no smallest difference: nothing says how rounds differ."""
    found = compared(of_logs(subject), of_logs(reference))
    assert found.ratio.value == pytest.approx(np.exp(np.mean(subject) - np.mean(reference)))
    assert (found.ratio.lo, found.ratio.hi, found.p, found.df) == (None, None, None, None)
    assert found.half_width() is None
    (member,) = as_family([found])
    assert (member.p_adjusted, member.shown, member.smallest) == (None, False, None)


@pytest.mark.parametrize("empty", [{}, {(0, 0): 0.0}, {(0, 0): -1.0}])
def test_without_a_positive_figure_there_is_no_comparison(empty: Series) -> None:
    """A ratio with nothing is none."""
    assert compare_unpaired(empty, of_logs(STEADY)) is None
    assert compare_unpaired(of_logs(STEADY), empty) is None
    assert level(empty) is None


def test_without_any_noise_any_difference_is_certain() -> None:
    """Rounds that are all alike leave no doubt; those of the same figure no difference."""
    twos, ones = of_logs([np.log(2)] * 3), of_logs([0.0] * 3)
    assert bounds(compared(twos, ones).ratio) == pytest.approx([2.0] * 3)
    assert compared(twos, ones).p == 0.0
    assert compared(twos, twos).p == 1.0


def test_figures_that_are_worlds_apart_overflow_into_infinity() -> None:
    """An interval may be endless, but it is one."""
    found = compared({(0, 0): 1e-300, (1, 0): 1e300}, {(0, 0): 1e300, (1, 0): 1e-300})
    assert found.ratio.hi == inf


logs = st.lists(st.floats(-5, 5), min_size=2, max_size=6)


@given(logs, logs)
def test_swapping_the_runs_inverts_the_ratio(subject: list[float], reference: list[float]) -> None:
    """The interval turns over with it, and p stays."""
    one = compared(of_logs(subject), of_logs(reference))
    other = compared(of_logs(reference), of_logs(subject))
    assert one.p == pytest.approx(other.p)
    value, low, high = bounds(one.ratio)
    assert [1 / value, 1 / high if high < inf else 0.0] == pytest.approx(bounds(other.ratio)[:2])
    assert low * bounds(other.ratio)[2] == pytest.approx(1.0) or low == 0.0


def test_slices_are_divided_by_those_of_the_same_rotation() -> None:
    """What slowed both alike cancels; a slice without its partner is left out."""
    found = relative({(1, 1): 6.0, (1, 2): 9.0, (1, 3): 1.0}, {(1, 1): 2.0, (1, 2): 3.0, (2, 1): 1})
    assert found == {(1, 1): 3.0, (1, 2): 3.0}


def test_a_family_is_corrected_for_its_size() -> None:
    """What is shown alone may not be among many; those without p are no members."""
    near = compared(of_logs([0.02, 0.03, 0.04]), of_logs([0.00, 0.01, 0.005]))
    far = compared(of_logs([2.0, 2.01, 2.02]), of_logs([0.0, 0.01, 0.005]))
    single = compared(of_logs([1.0]), of_logs([0.0]))
    assert near.p is not None
    assert 0.01 < near.p < 0.05
    (alone,) = as_family([near])
    assert alone.shown
    first, *same, last, absent = as_family([*[near] * 4, far, single])
    assert first.p_adjusted == pytest.approx(4 * near.p)
    assert [one.shown for one in (first, *same, last, absent)] == [False] * 4 + [True, False]


@pytest.mark.parametrize("family", [1, 2, 5])
def test_a_difference_is_shown_exactly_when_it_is_larger_than_the_smallest(family: int) -> None:
    """The smallest difference is what the corrected test turns on."""
    shifts = np.linspace(0.001, 0.2, 60)
    for shift in shifts:
        one = compared(of_logs([v + shift for v in STEADY]), of_logs(STEADY))
        (*_, member) = as_family([*[compared(of_logs(NOISY), of_logs(NOISY))] * (family - 1), one])
        assert member.smallest is not None
        assert member.shown == (one.ratio.value > 1 + member.smallest)


def found_different(effect: float, rounds: tuple[int, int]) -> float:
    """Share of simulated pairs of runs between which a difference is shown."""
    rng = np.random.default_rng([int(effect * 100), *rounds])
    ps = [
        compared(
            run(rng, [effect], rounds=rounds[0])["p0"], run(rng, [0.0], rounds=rounds[1])["p0"]
        ).p
        for _ in range(RUNS)
    ]
    return float(np.mean([p is not None and p < 0.05 for p in ps]))


@pytest.mark.parametrize("rounds", [(5, 5), (3, 3), (5, 3), (10, 5)])
def test_the_same_server_is_told_apart_at_the_nominal_rate(rounds: tuple[int, int]) -> None:
    """With bursts, and with runs of unequal length: 5 % within what 600 simulations can tell."""
    assert found_different(0.0, rounds) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / RUNS)


def test_a_tenth_is_hardly_ever_missed() -> None:
    """Five rounds each show a difference of 10 %."""
    assert found_different(0.10, (5, 5)) > 0.99


def test_a_family_of_steps_makes_a_false_claim_at_or_below_the_nominal_rate() -> None:
    """Five runs of three servers that do not change, twelve steps; some share a run."""
    rng = np.random.default_rng(8)
    claims = []
    for _ in range(200):
        runs = [run(rng, [0.0, 0.1, 0.5]) for _ in range(5)]
        steps = [
            compared(now[name], before[name]) for before, now in pairwise(runs) for name in before
        ]
        claims.append(any(member.shown for member in as_family(steps)))
    assert np.mean(claims) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_an_interval_at_another_confidence_has_the_width_that_is_said() -> None:
    """At 95 % it is the comparison's own; at more it is wider."""
    found = compare_unpaired({(1, 1): 2.0, (2, 1): 2.2}, {(1, 1): 1.0, (2, 1): 1.1})
    assert found is not None
    own, wider = found.at(0.95), found.at(0.99)
    assert own.lo == pytest.approx(found.ratio.lo)
    assert own.hi == pytest.approx(found.ratio.hi)
    assert wider.lo is not None
    assert own.lo is not None
    assert wider.lo < own.lo
    assert found.half_width(0.99) == pytest.approx(wider.value / wider.lo - 1)
