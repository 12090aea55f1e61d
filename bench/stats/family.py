"""Every two of many profiles compared, as one family: corrected, and steadied by each other.

In simulation (tests/stats/test_family.py) a family of seven profiles makes a false claim at or
below the nominal rate, also where one of them is far noisier than the others.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log, sqrt
from statistics import fmean

from bench.stats.compare import Comparison, Series, compare, reckoned
from bench.stats.estimate import CONFIDENCE, Replicates


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust the p values of a family so that any false claim among them is held to the level.

    Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979). None stands for a
    comparison that could not be tested; it is not a member of the family.
    """
    tested = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for place, (p, index) in enumerate(tested):
        highest = max(highest, min(1.0, p * (len(tested) - place)))
        adjusted[index] = highest
    return adjusted


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison as a member of a family of comparisons.

    p_adjusted: after Holm's correction. shown: whether a difference is shown at all. smallest:
    the smallest difference that this comparison could have shown, what the others showed given,
    as a share (0.03 is 3 %); it is shown exactly when the ratio is farther from 1 than that.
    """

    subject: str
    reference: str
    comparison: Comparison
    p_adjusted: float | None
    shown: bool
    smallest: float | None

    def seen_from(self, subject: str) -> "Pair":
        """Tell it with this one of the two as the subject."""
        if subject == self.subject:
            return self
        return Pair(
            self.reference,
            self.subject,
            self.comparison.inverted(),
            self.p_adjusted,
            self.shown,
            self.smallest,
        )


def compare_all(figures: Mapping[str, Series]) -> tuple[Pair, ...]:
    """Compare every two profiles; all of these comparisons are one family."""
    bare = {
        names: comparison
        for names in combinations(figures, 2)
        if (comparison := compare(figures[names[0]], figures[names[1]])) is not None
    }
    profiles = {name for names in bare for name in names}
    found = dict(zip(bare, _steadied(list(bare.values()), len(profiles)), strict=True))
    adjusted = holm([comparison.p for comparison in found.values()])
    shown = [p is not None and p < 1 - CONFIDENCE for p in adjusted]
    unshown = sum(p is not None for p in adjusted) - sum(shown)
    return tuple(
        Pair(*names, comparison, p, is_shown, _smallest(comparison, unshown + is_shown))
        for (names, comparison), p, is_shown in zip(found.items(), adjusted, shown, strict=True)
    )


def _steadied(family: Sequence[Comparison], profiles: int) -> list[Comparison]:
    """Take no comparison to be more exact than the family's average is.

    Three rounds give an error with two degrees of freedom: often far too small by chance, and
    after Holm's correction even a factor of two is not shown. The average over all pairs has
    (profiles - 1) x (rounds - 1), as in a two-way layout. A pair noisier than the average keeps
    its own error, and of the degrees of freedom that the average brings it gets the share that
    the average is of its own variance.
    """
    variances: dict[Replicates, list[float]] = defaultdict(list)
    for one in family:
        if one.error is not None:
            variances[one.replicates].append(one.error**2 * (one.df + 1))
    average = {kind: fmean(found) for kind, found in variances.items()}
    return [_at_least(one, average.get(one.replicates, 0.0), profiles) for one in family]


def _at_least(one: Comparison, average: float, profiles: int) -> Comparison:
    if one.error is None or not average:
        return one
    own = one.error**2 * (one.df + 1)
    lent = min(1.0, average / own) if own else 1.0
    df = one.df + int((profiles - 2) * one.df * lent)
    error = sqrt(max(own, average) / (one.df + 1))
    return reckoned(log(one.ratio.value), error, df, one.replicates, one.pairs)


def _smallest(comparison: Comparison, rivals: int) -> float | None:
    """Half width at the level that Holm's procedure leaves to one of `rivals` not yet shown."""
    return comparison.half_width(1 - (1 - CONFIDENCE) / max(1, rivals))
