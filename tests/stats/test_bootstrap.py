"""Intervals cover what they promise, and figures are of sums, not means of means."""

import numpy as np
import pytest

from bench.stats import bootstrap
from bench.stats.bootstrap import pooled, ratio_of_sums, resampling
from bench.stats.estimate import Estimate, Replicates
from bench.stats.histogram import MIDPOINTS_NS, Histogram


def test_a_ratio_of_sums_weighs_slices_by_their_size() -> None:
    """30 answers in 1 s and 10 in 3 s are 10 a second, not the mean of 30 and 3.3."""
    found = ratio_of_sums([30, 10], [1, 3], resampling([1, 1]))
    assert found is not None
    assert found.value == 10


def test_nothing_in_the_denominator_is_no_figure() -> None:
    """CPU time over no requests at all is absent, not infinite and not 0."""
    assert ratio_of_sums([5, 5], [0, 0], resampling([1, 1])) is None


def test_a_single_slice_has_no_interval() -> None:
    """What was measured once has no interval, which is not a narrow one."""
    draws = resampling([1])
    assert draws.replicates is Replicates.NONE
    assert ratio_of_sums([30], [3], draws) == Estimate(10, None, None)


def test_an_interval_does_not_reach_below_nothing() -> None:
    """A round without answers leaves no log scale, but no server answers less than nothing."""
    found = ratio_of_sums([0, 30, 60], [1, 1, 1], resampling([1, 2, 3]))
    assert found is not None
    assert found.value == 30
    assert found.lo == 0


def test_rounds_beyond_the_stage_alone_have_no_interval() -> None:
    """A server that was measured only in rounds that others asked for has a figure all the same."""
    draws = resampling([4, 5, 6], stage=3)
    assert draws.replicates is Replicates.NONE
    assert ratio_of_sums([10, 20, 30], [1, 1, 1], draws) == Estimate(20, None, None)


def test_nothing_measured_has_no_mean() -> None:
    """The mean of no values is absent."""
    assert bootstrap.mean([]) is None


def test_equal_values_have_an_interval_of_no_width() -> None:
    """Values that do not differ give an interval that ends where it begins."""
    found = bootstrap.mean([4.0, 4.0, 4.0])
    assert found is not None
    assert found.value == 4.0
    assert [found.lo, found.hi] == pytest.approx([4.0, 4.0])


def test_the_mean_of_a_few_values_has_students_interval() -> None:
    """For a plain mean of n values the interval is Student's, as far as 1,000 draws tell."""
    values = np.array([98.0, 99.0, 100.0, 101.0, 102.0])
    found = bootstrap.mean(values.tolist())
    half = 2.7764 * values.std(ddof=1) / np.sqrt(5)
    assert found is not None
    assert found.value == 100
    assert found.hi == pytest.approx(100 + half, rel=0.003)
    assert found.lo == pytest.approx(100 - half, rel=0.003)


@pytest.mark.parametrize(
    ("rounds", "replicates", "units"),
    [
        ([1, 1, 2, 2, 3, 3], Replicates.ROUNDS, 3),
        ([1, 1, 2, 2], Replicates.SLICES, 4),
        ([7, 7, 7], Replicates.SLICES, 3),
        ([1], Replicates.NONE, 1),
    ],
)
def test_rounds_are_resampled_where_there_are_three(
    rounds: list[int], replicates: Replicates, units: int
) -> None:
    """Of three rounds or more the rounds are the units; of fewer, the slices."""
    draws = resampling(rounds)
    assert draws.replicates is replicates
    assert draws.units == units


def test_the_same_seed_draws_the_same() -> None:
    """A report that is written again says the same."""
    assert np.array_equal(
        resampling([1, 2, 3], seed=5).weights, resampling([1, 2, 3], seed=5).weights
    )


def test_percentiles_are_of_the_merged_counts() -> None:
    """Percentiles and mean of slices of different size are those of the merged histogram."""
    rng = np.random.default_rng(4)
    slices = [
        Histogram.of(rng.lognormal(13 + size / 500, 0.5, size).astype(np.int64))
        for size in (10, 400, 900)
    ]
    merged = slices[0] + slices[1] + slices[2]
    found = pooled(slices, [0, 50, 95, 100], resampling([1, 2, 3]))
    assert found is not None
    assert found.mean.value == pytest.approx(merged.mean_ns())
    assert [p.value for p in found.percentiles] == [
        merged.percentile_ns(percent) for percent in (0, 50, 95, 100)
    ]


def test_each_replication_has_the_percentile_of_its_own_counts() -> None:
    """Percentiles under weights are those of histograms merged as often as the weights say."""
    rng = np.random.default_rng(5)
    slices = [Histogram.of(rng.integers(1, 10**6, 50)) for _ in range(4)]
    draws = resampling([1, 1, 1, 1], replications=20)
    counts = np.stack([one.counts for one in slices]).astype(np.float64)
    used = np.flatnonzero(counts.any(axis=0))
    found = bootstrap._percentiles(
        draws.weights, np.cumsum(counts[:, used], axis=1), MIDPOINTS_NS[used], 90
    )
    expected = [
        Histogram.counted((weights @ counts).astype(np.int64)).percentile_ns(90)
        for weights in draws.weights
    ]
    assert found.tolist() == expected


def test_slices_without_any_right_answer_have_no_percentiles() -> None:
    """Nothing counted in any slice is no figure at all."""
    assert pooled([Histogram.empty()], [50], resampling([1])) is None


def test_a_round_without_answers_does_not_spoil_the_interval() -> None:
    """Replications that drew nothing but empty rounds are left out."""
    full = Histogram.of(np.array([1000, 2000], dtype=np.int64))
    found = pooled([Histogram.empty(), Histogram.empty(), full], [50], resampling([1, 2, 3]))
    assert found is not None
    assert found.mean.value == pytest.approx(1500, rel=1e-3)
    assert found.mean.lo is not None


def test_rounds_without_answers_do_not_stop_the_search_for_percentiles() -> None:
    """Where nothing was drawn no bucket is the right one; others may be sought for longer."""
    full = Histogram.of(np.array([1000] * 5 + [2000, 3000, 4000, 5000], dtype=np.int64))
    found = pooled([Histogram.empty(), Histogram.empty(), full], [50], resampling([1, 2, 3]))
    assert found is not None
    assert found.percentiles[0].value == pytest.approx(1000, rel=1e-3)


@pytest.mark.parametrize(
    ("rounds", "between", "within"),
    [(3, 0.02, 0.05), (5, 0.0, 0.05), (5, 0.03, 0.05), (10, 0.03, 0.03)],
)
def test_intervals_cover_the_truth_as_often_as_promised(
    rounds: int, between: float, within: float
) -> None:
    """Of 500 simulated runs about 95 % have the true figure within the interval.

    between, within: how rounds, and slices of a round, differ (standard deviations of the log).
    """
    rng = np.random.default_rng(6)
    draws = resampling([r for r in range(rounds) for _ in range(8)], replications=300)
    truth = np.exp((between**2 + within**2) / 2)
    covered = 0
    for _ in range(500):
        logs = rng.normal(0, between, (rounds, 1)) + rng.normal(0, within, (rounds, 8))
        found = ratio_of_sums(np.exp(logs).ravel().tolist(), [1.0] * (rounds * 8), draws)
        assert found is not None
        assert found.lo is not None
        assert found.hi is not None
        covered += found.lo <= truth <= found.hi
    assert 0.92 <= covered / 500 <= 0.98


def test_percentiles_cover_the_truth_as_often_as_promised() -> None:
    """Of 150 simulated runs about 95 % have the true p90 of pooled times within the interval."""
    rng = np.random.default_rng(7)
    draws = resampling([r for r in range(5) for _ in range(4)], replications=200)
    truth = 1e6 * np.exp(1.2816 * np.hypot(0.4, 0.03))  # p90 of a lognormal of these spreads
    covered = 0
    for _ in range(150):
        slices = [
            Histogram.of(rng.lognormal(np.log(1e6) + shift, 0.4, 200).astype(np.int64))
            for shift in rng.normal(0, 0.03, 5)
            for _ in range(4)
        ]
        found = pooled(slices, [90], draws)
        assert found is not None
        (p90,) = found.percentiles
        assert p90.lo is not None
        assert p90.hi is not None
        covered += p90.lo <= truth <= p90.hi
    assert 0.90 <= covered / 150 <= 0.99
