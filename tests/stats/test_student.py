"""Student's t against scipy.stats, and its power against what happens."""

import numpy as np
import pytest
from scipy import stats

from bench.stats.student import critical, power, two_sided_p

CASES = [(0.1, 1), (1.0, 2), (2.776, 4), (3.5, 24), (8.0, 120), (2.0, 7.3)]


@pytest.mark.parametrize(("t", "df"), CASES)
def test_p_is_that_of_scipy(t: float, df: float) -> None:
    """Both tails, whatever the sign."""
    assert two_sided_p(t, df) == pytest.approx(2 * stats.t.sf(t, df), rel=1e-9)
    assert two_sided_p(-t, df) == two_sided_p(t, df)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99, 0.9976])
@pytest.mark.parametrize("df", [1, 2, 4, 24, 300, 6.6])
def test_the_critical_value_is_that_of_scipy(confidence: float, df: float) -> None:
    """Of whole degrees of freedom and of Welch's."""
    assert critical(confidence, df) == pytest.approx(stats.t.ppf((1 + confidence) / 2, df))


@pytest.mark.parametrize("effect", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("df", [2, 4, 24])
def test_power_is_that_of_the_noncentral_t(effect: float, df: int) -> None:
    """In units of the standard error; without an effect it is the level."""
    bound = stats.t.ppf(0.975, df)
    expected = stats.nct.sf(bound, df, effect) + stats.nct.cdf(-bound, df, effect)
    assert power(effect, 1.0, df, critical(0.95, df)) == pytest.approx(expected, abs=1e-6)


def test_power_is_the_share_that_is_found() -> None:
    """Of 4,000 samples of five with a true difference of one spread."""
    rng = np.random.default_rng(5)
    samples = rng.normal(1.0, 1.0, (4000, 5))
    t = samples.mean(axis=1) / (samples.std(axis=1, ddof=1) / 5**0.5)
    found = float((np.abs(t) > critical(0.95, 4)).mean())
    assert power(1.0, 1 / 5**0.5, 4, critical(0.95, 4)) == pytest.approx(found, abs=0.03)


@pytest.mark.parametrize(("effect", "error", "expected"), [(0.1, 0.0, 1.0), (0.0, 0.0, 0.0)])
def test_without_any_spread_a_difference_is_always_found(
    effect: float, error: float, expected: float
) -> None:
    """And none is never."""
    assert power(effect, error, 4, 2.776) == expected


def test_a_difference_of_many_errors_is_never_missed() -> None:
    """However many: the series behind it does not fail."""
    assert power(1e6, 1.0, 4, 2.776) == pytest.approx(1.0)
