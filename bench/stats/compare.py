"""Which profiles differ, by how much, and which cannot be told apart: paired and corrected.

The noise of a machine comes in one-sided bursts that last seconds, so slices are compared in
pairs: the same round, the same rotation, as the log of their ratio. Within a round the median of
these logs is taken, which a burst in fewer than half of the rotations does not move. Rounds start
fresh processes, so their medians are independent: Student's t over them gives the interval. In
simulation (tests/stats/test_compare.py) this is wrong at its nominal rate with and without bursts,
and under bursts its intervals are a third narrower than those of the mean.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
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
    df = len(logs) - 1
    error = stdev(logs) / sqrt(len(logs))
    half = critical(CONFIDENCE, df) * error
    ratio = Estimate(_exp(center), _exp(center - half), _exp(center + half))
    return Comparison(ratio, _p(center, error, df), replicates, pairs, error, df)


def _p(center: float, error: float, df: int) -> float:
    if error == 0:
        return float(center == 0)
    return two_sided_p(center / error, df)


def _exp(exponent: float) -> float:
    return exp(exponent) if exponent < 700 else inf  # noqa: PLR2004  # where float64 ends


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
    found = [
        (subject, reference, comparison)
        for subject, reference in combinations(figures, 2)
        if (comparison := compare(figures[subject], figures[reference])) is not None
    ]
    adjusted = holm([comparison.p for _, _, comparison in found])
    shown = [p is not None and p < 1 - CONFIDENCE for p in adjusted]
    unshown = sum(p is not None for p in adjusted) - sum(shown)
    return tuple(
        Pair(subject, reference, comparison, p, is_shown, _smallest(comparison, unshown + is_shown))
        for (subject, reference, comparison), p, is_shown in zip(
            found, adjusted, shown, strict=True
        )
    )


def _smallest(comparison: Comparison, rivals: int) -> float | None:
    """Half width at the level that Holm's procedure leaves to one of `rivals` not yet shown."""
    return comparison.half_width(1 - (1 - CONFIDENCE) / max(1, rivals))


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """A place, and whether it is shared."""

    place: int
    tied: bool


def ranks(names: Iterable[str], pairs: Sequence[Pair], *, lower_is_better: bool) -> dict[str, Rank]:
    """Give each profile the place 1 + the number of profiles that are shown to be better.

    Better than one that is better counts too. So nobody is placed behind another without a
    difference that was shown, and those that share a place cannot be told apart. The reverse does
    not hold: of three in a row the first two and the last two may be tied and the outer two not;
    the places are then 1, 1 and 2.
    """
    better: dict[str, set[str]] = {name: set() for name in names}
    for pair in pairs:
        if pair.shown:
            subject_wins = (pair.comparison.ratio.value < 1) == lower_is_better
            winner, loser = (pair.subject, pair.reference)[:: 1 if subject_wins else -1]
            better[loser].add(winner)
    places = {name: 1 + len(_all_better(name, better) - {name}) for name in better}
    taken = list(places.values())
    return {name: Rank(place, tied=taken.count(place) > 1) for name, place in places.items()}


def _all_better(name: str, better: Mapping[str, set[str]]) -> set[str]:
    """Whoever is better, and whoever is better than these."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        fresh = better[ahead.pop()] - found
        found |= fresh
        ahead.extend(fresh)
    return found
