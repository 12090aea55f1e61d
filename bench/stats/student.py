"""Student's t distribution for whole degrees of freedom, without scipy."""

from functools import lru_cache
from math import atan, cos, pi, sin, sqrt


def two_sided_p(t: float, df: int) -> float:
    """Probability that |T| >= |t|, for df >= 1.

    The finite series of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd
    df) and 26.7.4 (even df); absolute error below 1e-14.
    """
    angle = atan(abs(t) / sqrt(df))
    within = _odd(angle, df) if df % 2 else _even(angle, df)
    return min(1.0, max(0.0, 1.0 - within))


def _odd(angle: float, df: int) -> float:
    term = total = cos(angle) if df > 1 else 0.0
    for k in range(3, df - 1, 2):
        term *= (k - 1) / k * cos(angle) ** 2
        total += term
    return 2 / pi * (angle + sin(angle) * total)


def _even(angle: float, df: int) -> float:
    term = total = 1.0
    for k in range(2, df - 1, 2):
        term *= (k - 1) / k * cos(angle) ** 2
        total += term
    return sin(angle) * total


@lru_cache(maxsize=1024)
def critical(confidence: float, df: int) -> float:
    """Return t such that |T| < t with this confidence (0 to 1, exclusive); by bisection."""
    low, high = 0.0, 1.0
    while two_sided_p(high, df) > 1 - confidence:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        if two_sided_p(middle, df) > 1 - confidence:
            low = middle
        else:
            high = middle
    return (low + high) / 2
