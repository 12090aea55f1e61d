"""Two profiles compared: slice by slice, in pairs, on the scale of ratios.

The noise of a machine comes in one-sided bursts that last seconds, so slices are compared in
pairs: the same round, the same rotation, as the log of their ratio. Within a round the median of
these logs is taken, which a burst in fewer than half of the rotations does not move. Rounds start
fresh processes, so their medians are independent: Student's t over them gives the interval. In
simulation (tests/stats/test_compare.py) this is wrong at its nominal rate with and without bursts,
and under bursts its intervals are a third narrower than those of the mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from statistics import fmean, median, stdev
from typing import TypeAlias

from bench.stats.estimate import CONFIDENCE, ROUNDS_NEEDED, Estimate, Replicates
from bench.stats.student import critical, two_sided_p

Series: TypeAlias = Mapping[tuple[int, int], float]
"""A figure (> 0) of each slice of one profile, by (round, rotation)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One profile against another.

    ratio: subject / reference, without unit. p: probability of a difference at least this large
    if there were none; None without replication. replicates: what the interval covers. pairs:
    rotations in which both have a figure. error: standard error of the log ratio; df: its
    degrees of freedom.
    """

    ratio: Estimate
    p: float | None
    replicates: Replicates
    pairs: int
    error: float | None = None
    df: int = 0

    def half_width(self, confidence: float = CONFIDENCE) -> float | None:
        """Half of the interval at this confidence, as a share: 0.03 stands for a factor of 1.03."""
        if self.error is None:
            return None
        return _exp(critical(confidence, self.df) * self.error) - 1

    def inverted(self) -> "Comparison":
        """Tell the same from the reference's side."""
        ratio = Estimate(
            1 / self.ratio.value,
            None if not self.ratio.hi else 1 / self.ratio.hi,
            None if not self.ratio.lo else 1 / self.ratio.lo,
        )
        return Comparison(ratio, self.p, self.replicates, self.pairs, self.error, self.df)


def compare(subject: Series, reference: Series) -> Comparison | None:
    """Compare two profiles over the rotations that both have; None when there is none.

    Figures must be positive: pairs with one that is not are left out. With three rounds or more
    the replicates are the rounds, each as the median of its rotations; with fewer they are the
    rotations, and how one process differs from the next is not in the interval.
    """
    logs = {
        key: log(subject[key] / reference[key])
        for key in sorted(subject.keys() & reference.keys())
        if subject[key] > 0 and reference[key] > 0
    }
    if not logs:
        return None
    rounds = {round_ for round_, _ in logs}
    if len(rounds) < ROUNDS_NEEDED:
        return _student(list(logs.values()), Replicates.SLICES, len(logs))
    medians = [median(v for (r, _), v in logs.items() if r == round_) for round_ in sorted(rounds)]
    return _student(medians, Replicates.ROUNDS, len(logs))


def _student(logs: Sequence[float], replicates: Replicates, pairs: int) -> Comparison:
    """Student's one-sample t over independent log ratios."""
    center = fmean(logs)
    if len(logs) == 1:
        return Comparison(Estimate(_exp(center)), None, Replicates.NONE, pairs)
    error = stdev(logs) / sqrt(len(logs))
    return reckoned(center, error, len(logs) - 1, replicates, pairs)


def reckoned(
    center: float, error: float, df: int, replicates: Replicates, pairs: int
) -> Comparison:
    """Build a comparison from a log ratio, its standard error and its degrees of freedom."""
    half = critical(CONFIDENCE, df) * error
    ratio = Estimate(_exp(center), _exp(center - half), _exp(center + half))
    return Comparison(ratio, _p(center, error, df), replicates, pairs, error, df)


def _p(center: float, error: float, df: int) -> float:
    if error == 0:
        return float(center == 0)
    return two_sided_p(center / error, df)


def _exp(exponent: float) -> float:
    return exp(exponent) if exponent < 700 else inf  # noqa: PLR2004  # where float64 ends
