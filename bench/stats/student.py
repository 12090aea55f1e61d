"""Student's t distribution, central and not: what can be told, and how often a difference is."""

from typing import Final

from scipy.special import nctdtr, stdtr, stdtrit

_FAR: Final = 30.0  # standard errors: beyond, nothing is missed, and the series loses its digits
_NEVER_OPPOSITE: Final = 5.0  # beyond, the wrong sign has a probability below 1e-8, and the series
# behind the function may fail


def two_sided_p(t: float, df: float) -> float:
    """Probability that |T| >= |t|, for df > 0."""
    return float(2 * stdtr(df, -abs(t)))


def critical(confidence: float, df: float) -> float:
    """Return t such that |T| < t with this confidence (0 to 1, exclusive)."""
    return float(stdtrit(df, (1 + confidence) / 2))


def power(effect: float, error: float, df: float, bound: float) -> float:
    """Probability that a true `effect` is told from 0 by a test that asks for |T| > `bound`.

    effect and error, the standard error of its estimate, in one unit. The statistic then follows
    the noncentral t distribution with noncentrality effect / error: Johnson, Kotz and
    Balakrishnan, Continuous Univariate Distributions 2 (1995), chapter 31.
    """
    if error == 0:
        return float(effect != 0)
    shift = min(abs(effect) / error, _FAR)
    opposite = nctdtr(df, shift, -bound) if shift < _NEVER_OPPOSITE else 0.0
    return float(1 - nctdtr(df, shift, bound) + opposite)
