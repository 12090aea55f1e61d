"""Every candidate says the same where nothing is noisy, and what a burst does to each."""

from math import log

import numpy as np
import pytest
from scipy import stats

from bench.stats.estimators import (
    CANDIDATES,
    Estimator,
    hodges_lehmann,
    mean_ratio,
    median_ratio,
    ratio_of_means,
    trimmed_ratio,
)

RNG = np.random.default_rng(3)
NOISY = RNG.lognormal(0, 0.1, (2, 9)) * [[2], [1]]
BURST = np.array([[10.0, 1.0, 1.0, 1.0, 1.0], [1.0] * 5])


@pytest.mark.parametrize("estimator", CANDIDATES.values(), ids=CANDIDATES)
def test_without_noise_it_is_the_log_of_the_ratio(estimator: Estimator) -> None:
    """Twice as long is log 2."""
    assert estimator(np.array([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0]])) == pytest.approx(log(2))


@pytest.mark.parametrize("estimator", CANDIDATES.values(), ids=CANDIDATES)
def test_one_pair_is_enough(estimator: Estimator) -> None:
    """A round may have a single rotation."""
    assert estimator(np.array([[3.0], [1.0]])) == pytest.approx(log(3))


@pytest.mark.parametrize("name", ["median of paired ratios", "Hodges-Lehmann of paired ratios",
                                  "middle half of paired ratios"])  # fmt: skip
def test_a_burst_in_one_rotation_of_five_hardly_moves_the_robust(name: str) -> None:
    """Ten times as slow, once."""
    assert CANDIDATES[name](BURST) == pytest.approx(0, abs=1e-9)


def test_it_moves_the_mean() -> None:
    """Which is why it is not taken."""
    assert ratio_of_means(BURST) == pytest.approx(log(2.8))


def test_they_are_what_scipy_says() -> None:
    """Mean, median, trimmed mean, and the centre of the signed-rank statistic."""
    logs = np.log(NOISY[0] / NOISY[1])
    walsh = [(a + b) / 2 for i, a in enumerate(logs) for b in logs[i:]]
    assert mean_ratio(NOISY) == pytest.approx(float(logs.mean()))
    assert median_ratio(NOISY) == pytest.approx(float(np.median(logs)))
    assert trimmed_ratio(NOISY) == pytest.approx(float(stats.trim_mean(logs, 0.25)))
    assert hodges_lehmann(NOISY) == pytest.approx(float(np.median(walsh)))
