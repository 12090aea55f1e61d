"""Ways to say how two profiles differ from what their slices show, and which of them is used.

`nox -s evidence` tries all of them on A/A comparisons on the machine at hand and in simulation;
docs/trust.md shows what came of it. CHOSEN is the one that everything else uses.
"""

from collections.abc import Callable, Mapping
from math import log
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Pairs: TypeAlias = NDArray[np.float64]
"""Figures (> 0) of subject and reference in the rotations of one round, shape (2, n)."""

Estimator: TypeAlias = Callable[[Pairs], float]
"""From one round to the log of subject / reference."""

_TRIMMED: Final = 0.25  # of the ratios, at either end: what is left is the middle half
_UNDISTURBED: Final = 0.25  # share of the slices that the undisturbed quantile looks past


def ratio_of_means(pairs: Pairs) -> float:
    """Mean of the one over the mean of the other: what pooled averages compare."""
    subject, reference = pairs.mean(axis=1)
    return log(subject / reference)


def mean_ratio(pairs: Pairs) -> float:
    """Mean of the pairs' log ratios: the classic for noise without bursts."""
    return float(_logs(pairs).mean())


def median_ratio(pairs: Pairs) -> float:
    """Median of the pairs' log ratios: a burst in fewer than half of the rotations is not seen."""
    return float(np.median(_logs(pairs)))


def trimmed_ratio(pairs: Pairs) -> float:
    """Mean of the middle half of the log ratios: a burst in a quarter of them is not seen."""
    logs = np.sort(_logs(pairs))
    cut = round(len(logs) * _TRIMMED)  # of three, all but the median
    return float(logs[cut : len(logs) - cut].mean())


def hodges_lehmann(pairs: Pairs) -> float:
    """Median of the means of every two log ratios, each with itself too.

    Hodges and Lehmann, Estimates of Location Based on Rank Tests (1963).
    """
    logs = _logs(pairs)
    first, second = np.triu_indices(len(logs))
    return float(np.median((logs[first] + logs[second]) / 2))


def ratio_of_medians(pairs: Pairs) -> float:
    """Median of the one over the median of the other: not in pairs."""
    return _quantiles(pairs, 0.5)


def undisturbed_low(pairs: Pairs) -> float:
    """Lower quartile of the one over that of the other: the undisturbed of times and costs."""
    return _quantiles(pairs, _UNDISTURBED)


def undisturbed_high(pairs: Pairs) -> float:
    """Upper quartile of the one over that of the other: the undisturbed of rates."""
    return _quantiles(pairs, 1 - _UNDISTURBED)


CANDIDATES: Final[Mapping[str, Estimator]] = {
    "ratio of means": ratio_of_means,
    "mean of paired ratios": mean_ratio,
    "median of paired ratios": median_ratio,
    "middle half of paired ratios": trimmed_ratio,
    "Hodges-Lehmann of paired ratios": hodges_lehmann,
    "ratio of medians": ratio_of_medians,
    "ratio of lower quartiles": undisturbed_low,
    "ratio of upper quartiles": undisturbed_high,
}

CHOSEN: Final = trimmed_ratio


def _logs(pairs: Pairs) -> Floats:
    logs: Floats = np.log(pairs[0] / pairs[1])
    return logs


def _quantiles(pairs: Pairs, share: float) -> float:
    subject, reference = np.quantile(pairs, share, axis=1)
    return log(subject / reference)
