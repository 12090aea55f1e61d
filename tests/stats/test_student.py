"""Student's t without scipy agrees with scipy."""

import pytest

from bench.stats.student import critical, two_sided_p

# scipy.stats.t.ppf((1 + confidence) / 2, df), scipy 1.x
CRITICAL = [
    (0.90, 1, 6.313751514675037),
    (0.95, 1, 12.706204736174694),
    (0.95, 2, 4.302652729749462),
    (0.95, 4, 2.7764451051977934),
    (0.95, 9, 2.262157162798205),
    (0.95, 39, 2.022690920036761),
    (0.95, 479, 1.9649288589987006),
    (0.99, 2, 9.924843200918287),
    (0.99, 39, 2.707913183517662),
    (1 - 0.05 / 21, 4, 6.84714199554418),
]


@pytest.mark.parametrize(("confidence", "df", "expected"), CRITICAL)
def test_critical_values_are_scipys(confidence: float, df: int, expected: float) -> None:
    """The critical value at a confidence is scipy's to twelve digits."""
    assert critical(confidence, df) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("confidence", "df", "t"), CRITICAL)
def test_p_values_undo_critical_values(confidence: float, df: int, t: float) -> None:
    """The two-sided p of a critical value is what its confidence leaves, on either side."""
    assert two_sided_p(t, df) == pytest.approx(1 - confidence, rel=1e-9)
    assert two_sided_p(-t, df) == two_sided_p(t, df)


def test_no_difference_has_a_p_of_one() -> None:
    """A t of 0 says nothing against there being no difference."""
    assert two_sided_p(0.0, 3) == 1.0


def test_an_enormous_t_has_a_p_of_nearly_zero() -> None:
    """Rounding never makes a probability negative."""
    assert 0.0 <= two_sided_p(1e9, 40) < 1e-12
