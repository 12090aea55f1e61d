"""Intervals by resampling what is independent: rounds (fresh processes), else slices.

A round is resampled whole, with its slices. Resampling slices within the rounds drawn counts the
variation within rounds twice: Davison and Hinkley, Bootstrap Methods and their Application (1997),
section 3.8. Rounds are few, so the bootstrap gives only the standard error, made unbiased by
sqrt(n / (n - 1)), and Student's t with n - 1 degrees of freedom gives the width: bare quantiles of
five resampled rounds cover 80 to 90 % where they promise 95 (Hesterberg, What Teachers Should Know
About the Bootstrap, 2015; the coverage of these functions is a test). Positive figures are treated
on the log scale, as ratios are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from bench.stats.estimate import CONFIDENCE, ROUNDS_NEEDED, Estimate, Replicates, exponential
from bench.stats.histogram import MIDPOINTS_NS, Histogram, nearest_rank
from bench.stats.student import critical

Floats = NDArray[np.float64]
REPLICATIONS = 1000  # the standard error is then itself off by about 2 %


@dataclass(frozen=True, eq=False)
class Resampling:
    """How often each independent unit is drawn in each replication.

    unit_of: shape (slices,), the unit that each slice belongs to. weights: shape (replications,
    units). drawn: of how many units they are; the others have no weight, and only a share in the
    figure itself. One unit alone, or none, cannot be resampled: `replicates` says so.
    """

    unit_of: NDArray[np.int64]
    weights: Floats
    replicates: Replicates
    drawn: int

    @property
    def units(self) -> int:
        """Independent units there are."""
        return int(self.weights.shape[1])

    def per_unit(self, per_slice: Floats) -> Floats:
        """Add up what slices contribute: (slices, k) to (units, k)."""
        order = np.argsort(self.unit_of, kind="stable")
        starts = np.searchsorted(self.unit_of[order], np.arange(self.units))
        sums: Floats = np.add.reduceat(per_slice[order], starts, axis=0)
        return sums

    def estimate(self, value: float, replications: Floats) -> Estimate:
        """Put an interval around `value` (>= 0) from its replications, shape (replications,).

        Replications that are not finite (nothing to count was drawn) are left out. Where one is 0
        there is no log scale, and the interval is cut off at 0: no figure can be below it.
        """
        finite = replications[np.isfinite(replications)]
        if self.replicates is Replicates.NONE or finite.size == 0:
            return Estimate(value)
        # the unbiased spread of a unit, over the root of how many the figure is made of
        spread = sqrt(self.drawn / (self.drawn - 1)) * sqrt(self.drawn / self.units)
        widening = critical(CONFIDENCE, self.drawn - 1) * spread
        if value > 0 and finite.min() > 0:
            half = widening * float(np.log(finite).std())
            return Estimate(value, exponential(log(value) - half), exponential(log(value) + half))
        half = widening * float(finite.std())
        return Estimate(value, max(0.0, value - half), value + half)


def resampling(
    rounds: Sequence[int],
    *,
    seed: int = 0,
    replications: int = REPLICATIONS,
    stage: int | None = None,
) -> Resampling:
    """Draw units with replacement for slices that lie in these rounds, shape (slices,), not empty.

    Three rounds or more are the units; of fewer, the slices are. The same rounds and seed give
    the same draws, so that figures of two cells are resampled alike. `stage`: only rounds up to
    this one are drawn, for it depends on what they showed that there are more (see
    `bench.stats.compare`).
    """
    labels, round_of = np.unique(np.asarray(rounds), return_inverse=True)
    by_round = labels.size >= ROUNDS_NEEDED
    unit_of = round_of if by_round else np.arange(len(rounds))
    units = int(unit_of.max()) + 1
    drawn = int((labels <= stage).sum()) if by_round and stage is not None else units
    weights = np.zeros((replications, units))
    if drawn:
        weights[:, :drawn] = np.random.default_rng(seed).multinomial(
            drawn, np.full(drawn, 1 / drawn), size=replications
        )
    replicates = Replicates.ROUNDS if by_round else Replicates.SLICES
    return Resampling(unit_of, weights, replicates if drawn > 1 else Replicates.NONE, drawn)


def ratio_of_sums(
    numerators: Sequence[float], denominators: Sequence[float], draws: Resampling
) -> Estimate | None:
    """Sum of the numerators / sum of the denominators, each shape (slices,).

    Throughput is answers over windows, CPU a request is time over requests: never a mean of
    ratios. None when the denominators add up to 0.
    """
    pairs = np.stack([np.asarray(numerators, float), np.asarray(denominators, float)], axis=1)
    total = pairs.sum(axis=0)
    if not total[1]:
        return None
    drawn = draws.weights @ draws.per_unit(pairs)
    with np.errstate(divide="ignore", invalid="ignore"):
        replications = drawn[:, 0] / drawn[:, 1]
    return draws.estimate(float(total[0] / total[1]), replications)


def mean(values: Sequence[float], *, seed: int = 0) -> Estimate | None:
    """Arithmetic mean of independent values, one a process; None when there are none."""
    if not values:
        return None
    return ratio_of_sums(values, [1.0] * len(values), resampling(range(len(values)), seed=seed))


@dataclass(frozen=True, slots=True)
class Pooled:
    """Figures of all durations of all slices together, ns; percentiles in the order asked for."""

    mean: Estimate
    percentiles: tuple[Estimate, ...]


def pooled(
    histograms: Sequence[Histogram], percents: Sequence[float], draws: Resampling
) -> Pooled | None:
    """Merge the slices' counts, then read mean and percentiles; None when all are empty.

    Percentiles are of the merged counts, in every replication: they are never averaged.
    """
    if not sum(h.total for h in histograms):
        return None
    used, per_unit = _counts(histograms, draws)
    values = MIDPOINTS_NS[used]
    cumulated = np.cumsum(per_unit, axis=1)
    weights = np.vstack([np.ones(draws.units), draws.weights])  # row 0: the figure itself
    with np.errstate(divide="ignore", invalid="ignore"):
        means = weights @ (per_unit @ values) / (weights @ cumulated[:, -1])
    rows = [means, *(_percentiles(weights, cumulated, values, percent) for percent in percents)]
    first, *others = (draws.estimate(float(row[0]), row[1:]) for row in rows)
    return Pooled(first, tuple(others))


def _counts(histograms: Sequence[Histogram], draws: Resampling) -> tuple[NDArray[np.int64], Floats]:
    """Which buckets any of them uses, and how much each unit holds of each: (units, buckets)."""
    by_unit: list[list[Histogram]] = [[] for _ in range(draws.units)]
    for unit, histogram in zip(draws.unit_of, histograms, strict=True):
        by_unit[unit].append(histogram)
    merged = [Histogram.merged(held) for held in by_unit]
    used = np.unique(np.concatenate([each.used for each in merged]))
    counts = np.zeros((draws.units, used.size))
    for row, each in zip(counts, merged, strict=True):
        row[np.searchsorted(used, each.used)] = each.held
    return used, counts


def _percentiles(weights: Floats, cumulated: Floats, values: Floats, percent: float) -> Floats:
    """Smallest value that `percent` of each replication's counts do not exceed; nan if none.

    weights: (replications, units). cumulated: (units, buckets). values: (buckets,), rising. All
    replications are bisected at once, so that their whole counts are never built.
    """
    totals = weights @ cumulated[:, -1]
    ranks = np.minimum(nearest_rank(totals, percent), totals)  # of none: 0, in any bucket
    low = np.zeros(totals.size, dtype=np.int64)
    high = np.full(totals.size, values.size - 1)
    while (low < high).any():
        middle = (low + high) // 2
        reached = np.einsum("ru,ur->r", weights, cumulated[:, middle]) >= ranks
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    found: Floats = np.where(totals > 0, values[low], np.nan)
    return found
