"""Student's t against scipy.stats."""

import pytest
from scipy import stats

from bench.stats.student import beyond, critical, median_share, two_sided_p

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


@pytest.mark.parametrize("df", [1, 2, 4, 24])
def test_the_median_share_is_that_of_chi_squared(df: int) -> None:
    """A spread of few degrees of freedom is too small more often than too large."""
    assert median_share(df) == pytest.approx(stats.chi2.median(df) / df)


@pytest.mark.parametrize("effect", [0.0, 0.5, 2.0, 5.0, 1e6])
@pytest.mark.parametrize("df", [2, 4, 24])
def test_an_estimate_is_spread_around_the_effect_as_students_t(effect: float, df: int) -> None:
    """In units of its standard error, beyond the bound on either side."""
    around = stats.t(df, loc=effect)
    expected = around.sf(3.0) + around.cdf(-3.0)
    assert beyond(3.0, effect, 1.0, df) == pytest.approx(expected, abs=1e-9)


def test_without_an_effect_the_level_is_exceeded() -> None:
    """A bound at 95 % is passed by chance in 5 %."""
    assert beyond(critical(0.95, 4), 0.0, 1.0, 4) == pytest.approx(0.05)


@pytest.mark.parametrize(("effect", "expected"), [(0.3, 1.0), (-0.3, 1.0), (0.2, 0.0)])
def test_without_any_spread_it_is_known_what_is_found(effect: float, expected: float) -> None:
    """All that lies beyond the bound, in either direction."""
    assert beyond(0.2, effect, 0.0, 4) == expected
