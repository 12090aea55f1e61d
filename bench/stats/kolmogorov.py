"""Kolmogorov and Smirnov's test: whether values could come from a given distribution."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov


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
    return float(kolmogorov((root + 0.12 + 0.11 / root) * largest_distance))
