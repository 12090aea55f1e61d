"""Bounds of means and shares are scipy's, and hold what they promise."""

import numpy as np
import pytest
from scipy import stats

from bench.stats.bounds import Bounds, of_mean, of_share


@pytest.mark.parametrize("level", [0.025, 0.003, 0.2])
@pytest.mark.parametrize(("hits", "of"), [(0, 3000), (1, 20), (7, 9), (20, 20), (150, 3000)])
def test_bounds_of_a_share_are_clopper_and_pearsons(hits: int, of: int, level: float) -> None:
    """scipy.stats gives the same exact interval, of which each end misses half."""
    expected = stats.binomtest(hits, of).proportion_ci(1 - 2 * level, method="exact")

    found = of_share(hits, of, level)

    assert found.lo == pytest.approx(expected.low, rel=1e-9)
    assert found.hi == pytest.approx(expected.high, rel=1e-9)


def test_no_failure_among_many_leaves_a_doubt() -> None:
    """None of n is a share below 1 - level^(1/n), and no smaller."""
    found = of_share(0, 3000, 0.025)

    assert found.lo == 0.0
    assert found.hi == pytest.approx(1 - 0.025 ** (1 / 3000))


@pytest.mark.parametrize("level", [0.025, 0.003])
@pytest.mark.parametrize("values", [[1.0, 2.0], [0.3, -0.2, 0.9, 0.1], list(range(24))])
def test_bounds_of_a_mean_are_students(values: list[float], level: float) -> None:
    """scipy.stats gives the same interval, of which each end misses half."""
    expected = stats.t.interval(1 - 2 * level, len(values) - 1, np.mean(values), stats.sem(values))

    found = of_mean(values, level)

    assert (found.lo, found.hi) == pytest.approx(expected)


def test_values_that_agree_are_taken_at_their_word() -> None:
    """Without any spread, Student's t leaves no doubt: who asks must have another bound."""
    assert of_mean([2.0, 2.0, 2.0], 0.001) == Bounds(2.0, 2.0)
