"""One-sided bounds of a mean and of a share: each end of a pair is missed with the level alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from scipy.special import betaincinv

from bench.stats.student import critical


@dataclass(frozen=True, slots=True)
class Bounds:
    """The true value is below `lo` with at most the level's probability, and so above `hi`."""

    lo: float
    hi: float


def of_mean(values: Sequence[float], level: float) -> Bounds:
    """Student's bounds of the mean of two or more independent values; level: 0 to 0.5."""
    center = fmean(values)
    half = critical(1 - 2 * level, len(values) - 1) * stdev(values) / sqrt(len(values))
    return Bounds(center - half, center + half)


def of_share(hits: int, of: int, level: float) -> Bounds:
    """Exact bounds of a share, of which `of` (> 0) independent trials had `hits`.

    Clopper and Pearson, The Use of Confidence or Fiducial Limits Illustrated in the Case of the
    Binomial, Biometrika 26 (1934), as quantiles of the beta distribution: Brown, Cai and DasGupta,
    Interval Estimation for a Binomial Proportion, Statistical Science 16 (2001). None of 3,000 is
    no proof that there are none: at a level of 2.5 % it may be 0.12 %.
    """
    lo = float(betaincinv(hits, of - hits + 1, level)) if hits else 0.0
    hi = float(betaincinv(hits + 1, of - hits, 1 - level)) if hits < of else 1.0
    return Bounds(lo, hi)
