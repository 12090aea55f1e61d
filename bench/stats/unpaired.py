"""Two independent runs compared: no slice of one has a partner in the other.

Each round is one figure, the median of the logs of its slices, which a burst in fewer than half of
them does not move. Rounds start fresh processes, so they are independent: Welch's t over them
gives the interval (The generalization of "Student's" problem when several different population
variances are involved, 1947), for two runs need be neither equally long nor equally noisy. In
simulation (tests/stats/test_unpaired.py) two runs of the same server on the same machine are told
apart at the nominal rate. What the machine did between the runs is not in the interval.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import fmean, median, stdev
from typing import Self

from scipy.special import stdtr, stdtrit

from bench.stats.compare import Series
from bench.stats.estimate import CONFIDENCE, Estimate, exponential
from bench.stats.family import holm

REPLICATES_NEEDED = 2  # rounds of each run: one alone does not say how rounds differ


@dataclass(frozen=True, slots=True)
class Unpaired:
    """One run against another.

    ratio: subject / reference, without unit. p: probability of a difference at least this large
    if there were none. rounds: of the subject, of the reference. error: standard error of the log
    ratio; df: its degrees of freedom, seldom whole. p, error and df are None, and the ratio has no
    interval, where either run has fewer than two rounds.
    """

    ratio: Estimate
    p: float | None
    rounds: tuple[int, int]
    error: float | None = None
    df: float | None = None

    @classmethod
    def of(cls, center: float, error: float, df: float, rounds: tuple[int, int]) -> Self:
        """From a log ratio, its standard error and degrees of freedom."""
        return cls(_interval(center, error, df), _p(center, error, df), rounds, error, df)

    def at(self, confidence: float) -> Estimate:
        """Subject / reference with its interval at a confidence."""
        width = self.half_width(confidence)
        if width is None:
            return self.ratio
        value = self.ratio.value
        return Estimate(value, value / (1 + width), value * (1 + width))

    def half_width(self, confidence: float = CONFIDENCE) -> float | None:
        """Half of the interval at this confidence, as a share: 0.03 stands for a factor of 1.03."""
        if self.error is None or self.df is None:
            return None
        return exponential(_critical(confidence, self.df) * self.error) - 1


@dataclass(frozen=True, slots=True)
class Member:
    """A comparison as a member of a family of comparisons.

    p_adjusted: after Holm's correction. shown: whether a difference is shown at all. smallest: the
    smallest difference that this comparison could have shown, what the others showed given, as a
    share (0.03 is 3 %).
    """

    comparison: Unpaired
    p_adjusted: float | None
    shown: bool
    smallest: float | None


def compare_unpaired(subject: Series, reference: Series) -> Unpaired | None:
    """Compare two runs by the same figure; None where either has none that is positive."""
    ours, theirs = _rounds(subject), _rounds(reference)
    if not ours or not theirs:
        return None
    center = fmean(ours) - fmean(theirs)
    rounds = (len(ours), len(theirs))
    if min(rounds) < REPLICATES_NEEDED:
        return Unpaired(Estimate(exponential(center)), None, rounds)
    error, df = _welch(ours, theirs)
    return Unpaired.of(center, error, df, rounds)


def level(figures: Series) -> Estimate | None:
    """The figure of one run alone: the geometric mean of its rounds, with Student's t.

    The ratio of two such levels is the ratio that `compare_unpaired` gives. None where no figure
    is positive; without interval where there is one round.
    """
    logs = _rounds(figures)
    if not logs:
        return None
    if len(logs) < REPLICATES_NEEDED:
        return Estimate(exponential(logs[0]))
    return _interval(fmean(logs), stdev(logs) / sqrt(len(logs)), len(logs) - 1)


def relative(figures: Series, reference: Series) -> Series:
    """Each slice of one profile over that of another in the same round and rotation."""
    return {
        key: figures[key] / reference[key]
        for key in figures.keys() & reference.keys()
        if reference[key] > 0
    }


def as_family(family: Sequence[Unpaired]) -> list[Member]:
    """Correct every comparison of a family for the number of those that could be tested."""
    adjusted = holm([one.p for one in family])
    shown = [p is not None and p < 1 - CONFIDENCE for p in adjusted]
    unshown = sum(p is not None for p in adjusted) - sum(shown)
    return [
        Member(one, p, is_shown, _smallest(one, unshown + is_shown))
        for one, p, is_shown in zip(family, adjusted, shown, strict=True)
    ]


def _rounds(figures: Series) -> list[float]:
    """The log of each round's figure."""
    logs: dict[int, list[float]] = defaultdict(list)
    for (round_, _), value in figures.items():
        if value > 0:
            logs[round_].append(log(value))
    return [median(logs[round_]) for round_ in sorted(logs)]


def _welch(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """Standard error of the difference of means, and degrees of freedom (Welch-Satterthwaite)."""
    parts = [(stdev(logs) ** 2 / len(logs), len(logs) - 1) for logs in (ours, theirs)]
    variance = sum(part for part, _ in parts)
    if not variance:
        return 0.0, float(sum(df for _, df in parts))
    df = 1 / sum((part / variance) ** 2 / df for part, df in parts)
    return sqrt(variance), df


def _interval(center: float, error: float, df: float) -> Estimate:
    half = _critical(CONFIDENCE, df) * error
    return Estimate(exponential(center), exponential(center - half), exponential(center + half))


def _critical(confidence: float, df: float) -> float:
    return float(stdtrit(df, (1 + confidence) / 2))


def _p(center: float, error: float, df: float) -> float:
    if not error:
        return float(not center)
    return float(2 * stdtr(df, -abs(center) / error))


def _smallest(comparison: Unpaired, rivals: int) -> float | None:
    """Half width at the level that Holm's procedure leaves to one of `rivals` not yet shown."""
    return comparison.half_width(1 - (1 - CONFIDENCE) / max(1, rivals))
