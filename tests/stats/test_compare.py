"""Two profiles are compared in pairs, and wrongly told apart no more often than promised."""

import numpy as np
import pytest

from bench.stats.compare import Parts, compare
from bench.stats.estimate import Estimate, Replicates
from bench.stats.family import compare_all
from tests.stats.simulation import run

# log ratios of per-round medians 0.1, 0.2, 0.3: mean 0.2, standard error 0.1 / sqrt(3),
# t = 3.4641, two-sided p with 2 degrees of freedom 0.0742 (scipy.stats.ttest_1samp)
THREE_ROUNDS = {(1, 1): np.exp(0.1), (2, 1): np.exp(0.2), (3, 1): np.exp(0.3)}
ONES = dict.fromkeys(THREE_ROUNDS, 1.0)


def test_rounds_are_the_replicates_where_there_are_three() -> None:
    """Ratio, interval and p are those of Student's t over the rounds' log ratios."""
    found = compare(THREE_ROUNDS, ONES)
    assert found is not None
    assert found.replicates is Replicates.ROUNDS
    assert found.ratio.value == pytest.approx(np.exp(0.2))
    assert found.ratio.lo == pytest.approx(np.exp(0.2 - 4.30265 * 0.1 / np.sqrt(3)), rel=1e-5)
    assert found.p == pytest.approx(0.0742, abs=1e-4)


def test_a_burst_in_fewer_than_half_of_the_rotations_moves_nothing() -> None:
    """The median of a round's ratios looks past slices that were ten times as slow."""
    subject = {(r, t): 10.0 if t == 0 else 2.0 for r in range(3) for t in range(3)}
    found = compare(subject, dict.fromkeys(subject, 1.0))
    assert found is not None
    assert [found.ratio.value, found.ratio.lo, found.ratio.hi] == pytest.approx([2.0] * 3)


def test_with_fewer_rounds_the_rotations_are_the_replicates_and_it_says_so() -> None:
    """Two rounds give an interval over rotations, marked as leaving out how processes differ."""
    subject = {(1, 1): 2.0, (1, 2): 2.1, (2, 1): 1.9, (2, 2): 2.0}
    found = compare(subject, dict.fromkeys(subject, 1.0))
    assert found is not None
    assert found.replicates is Replicates.SLICES
    assert found.df == 3


def test_a_single_pair_has_neither_interval_nor_p() -> None:
    """What was compared once cannot be tested."""
    found = compare({(1, 1): 2.0}, {(1, 1): 1.0})
    assert found is not None
    assert found.ratio == Estimate(2.0, None, None)
    assert found.p is None
    assert found.half_width() is None


def test_only_rotations_that_both_have_are_compared() -> None:
    """A slice without its partner is left out, and so is a figure that is not positive."""
    found = compare({(1, 1): 2.0, (1, 2): 9.0, (1, 3): 0.0}, {(1, 1): 1.0, (1, 3): 1.0})
    assert found is not None
    assert found.pairs == 1
    assert found.ratio.value == pytest.approx(2.0)


def test_nothing_in_common_cannot_be_compared() -> None:
    """Two profiles that never met have no comparison."""
    assert compare({(1, 1): 2.0}, {(1, 2): 1.0}) is None


def test_a_comparison_from_the_other_side_is_its_inverse() -> None:
    """Seen from the reference, ratio and interval are one over what they were."""
    found = compare(THREE_ROUNDS, ONES)
    back = compare(ONES, THREE_ROUNDS)
    assert found is not None
    assert back is not None
    assert found.inverted().ratio.value == pytest.approx(back.ratio.value)
    assert found.inverted().ratio.lo == pytest.approx(back.ratio.lo)
    assert found.inverted().ratio.hi == pytest.approx(back.ratio.hi)


@pytest.mark.parametrize("rounds", [3, 5])
def test_the_same_server_is_told_from_itself_at_the_nominal_rate(rounds: int) -> None:
    """Of 600 A/A runs with round effects and bursts, about 5 % show a difference."""
    rng = np.random.default_rng(8)
    shown = 0
    for _ in range(600):
        figures = run(rng, (0, 0), rounds=rounds)
        found = compare(figures["p0"], figures["p1"])
        assert found is not None
        assert found.p is not None
        shown += found.p < 0.05
    assert 0.03 <= shown / 600 <= 0.07


@pytest.mark.parametrize(("effect", "rounds", "power"), [(0.05, 5, 0.6), (0.10, 5, 0.95)])
def test_a_planted_difference_is_found(effect: float, rounds: int, power: float) -> None:
    """A difference of 5 % and of 10 % is shown in most of 200 runs, bursts notwithstanding."""
    rng = np.random.default_rng(9)
    shown = 0
    for _ in range(200):
        figures = run(rng, (effect, 0), rounds=rounds)
        found = compare(figures["p0"], figures["p1"])
        assert found is not None
        assert found.p is not None
        shown += found.p < 0.05
    assert shown / 200 >= power


def test_the_spread_is_that_of_the_first_rounds_where_they_decided_how_many_follow() -> None:
    """Center of all rounds, spread and degrees of freedom of the first three."""
    subject = {(r, 1): float(np.exp(v)) for r, v in enumerate([0.1, 0.2, 0.3, 0.2, 0.2], start=1)}
    found = compare(subject, dict.fromkeys(subject, 1.0), stage=3)
    assert found is not None
    assert found.center == pytest.approx(0.2)
    assert found.spread == pytest.approx(0.1)
    assert (found.df, found.units) == (2, 5)
    assert found.error == pytest.approx(0.1 / np.sqrt(5))


def test_an_interval_that_was_measured_until_it_was_narrow_holds_what_it_promises() -> None:
    """Of 2,000 runs of two stages, 95 % have the truth in an interval of at most the width.

    Rounds are added until the half-width that the first five promised is reached; an interval from
    the spread of all rounds would be too narrow, for it stops where that is small by chance.
    """
    rng = np.random.default_rng(12)
    held = wide = 0
    for _ in range(2000):
        logs = list(rng.normal(0.05, 0.03, 5))
        series = {(r, 1): float(np.exp(v)) for r, v in enumerate(logs, start=1)}
        first = compare(series, dict.fromkeys(series, 1.0), stage=5)
        assert first is not None
        assert first.spread is not None
        more = max(0, int(np.ceil((2.776 * first.spread / np.log(1.02)) ** 2)) - 5)
        logs += list(rng.normal(0.05, 0.03, more))
        series = {(r, 1): float(np.exp(v)) for r, v in enumerate(logs, start=1)}
        found = compare(series, dict.fromkeys(series, 1.0), stage=5)
        assert found is not None
        assert found.ratio.lo is not None
        assert found.ratio.hi is not None
        held += found.ratio.lo <= np.exp(0.05) <= found.ratio.hi
        wide += (found.half_width() or 1.0) > 0.0201
    assert held / 2000 >= 0.935
    assert wide == 0


@pytest.mark.parametrize("true", [0.03, 0.05, 0.1])
@pytest.mark.parametrize(
    ("profiles", "rounds"),
    [
        *[(2, 3), (2, 5)],
        *(pytest.param(*each, marks=pytest.mark.long) for each in [(8, 3), (4, 5), (8, 5)]),
    ],
)
def test_a_difference_is_found_as_often_as_the_power_calculation_says(
    true: float, profiles: int, rounds: int
) -> None:
    """Of 300 runs with bursts, corrected or not: the mean of what they promised."""
    rng = np.random.default_rng(13)
    shown, promised = 0, 0.0
    for _ in range(300):
        effects = (true, *[0.0] * (profiles - 1))
        (pair, *_) = compare_all(run(rng, effects, rounds=rounds))
        shown += pair.shown
        promised += pair.power(true) or 0.0
    assert shown / 300 == pytest.approx(promised / 300, abs=0.08)


def test_slices_that_were_cut_alike_are_compared_piece_by_piece() -> None:
    """A burst in one piece of four is not seen, though it has moved the slice as a whole."""
    times = {(1, 1): Parts.of(1.75, [1.0, 4.0, 1.0, 1.0])}
    others = {(1, 1): Parts.of(1.0, [1.0] * 4)}
    found = compare(times, others)
    assert found is not None
    assert found.ratio.value == pytest.approx(1.0)
    assert found.pairs == 1


def test_slices_that_were_cut_differently_are_compared_as_a_whole() -> None:
    """Their pieces were not taken at the same times."""
    times = {(1, 1): Parts.of(2.0, [1.0, 3.0])}
    others = {(1, 1): Parts.of(1.0, [1.0] * 4)}
    found = compare(times, others)
    assert found is not None
    assert found.ratio.value == pytest.approx(2.0)


@pytest.mark.parametrize("lost", [0.0, None])
def test_a_piece_without_an_answer_is_not_left_out(lost: float | None) -> None:
    """The slice is compared as a whole: its other pieces are those in which the server did well."""
    rates = {(1, 1): Parts.of(0.5, [1.0, lost])}
    found = compare(rates, {(1, 1): Parts.of(1.0, [1.0, 1.0])})
    assert found is not None
    assert found.ratio.value == pytest.approx(0.5)
