"""Kolmogorov and Smirnov's test: whether values could come from a given distribution."""

from math import exp, fsum, pi, sqrt

import numpy as np
from numpy.typing import NDArray

_TERMS = 100
_SMALL = 1.18  # below, the other series converges faster (Numerical Recipes, 3rd ed., 6.14.12)


def distance(cumulative: NDArray[np.float64]) -> float:
    """Largest distance between the empirical distribution of n values and the given one.

    `cumulative`, shape (n,), n > 0, ascending: the given distribution function at each value.
    """
    n = len(cumulative)
    steps = np.arange(n + 1) / n
    return float(max((steps[1:] - cumulative).max(), (cumulative - steps[:-1]).max()))


def p_value(largest_distance: float, n: int) -> float:
    """Probability of so large a distance, or a larger, between n values and their own law.

    Stephens, Use of the Kolmogorov-Smirnov statistics without extensive tables, J. R. Statist.
    Soc. B 32 (1970), p. 115: the limiting law at (sqrt(n) + 0.12 + 0.11 / sqrt(n)) D, for n >= 5.
    """
    root = sqrt(n)
    return _beyond((root + 0.12 + 0.11 / root) * largest_distance)


def _beyond(x: float) -> float:
    """1 - Kolmogorov's limiting distribution at x: Numerical Recipes, 3rd ed., 6.14.56 and 57."""
    if x <= 0:
        return 1.0
    if x < _SMALL:
        odd = (exp(-((2 * j - 1) ** 2) * pi**2 / (8 * x**2)) for j in range(1, _TERMS))
        return 1 - sqrt(2 * pi) / x * fsum(odd)
    return 2 * fsum((1 if j % 2 else -1) * exp(-2 * j**2 * x**2) for j in range(1, _TERMS))
