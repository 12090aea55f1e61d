"""Every two of many profiles compared, as one family: corrected, and steadied by each other.

In simulation (tests/stats/test_family.py) a family of seven profiles makes a false claim at or
below the nominal rate, also where some of them are far noisier than the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import sqrt
from statistics import median
from typing import Final, TypeAlias

from bench.stats.compare import Comparison, Paired, compare
from bench.stats.estimate import CONFIDENCE, Estimate, Replicates
from bench.stats.estimators import CHOSEN, Estimator
from bench.stats.student import median_share

Names: TypeAlias = tuple[str, str]
"""Subject and reference."""

ENOUGH: Final = 5
"""Profiles, for their comparisons to steady each other."""


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

    p_adjusted: after Holm's correction. shown: whether a difference is shown at all. confidence:
    that of this comparison alone which keeps the family's, what the others showed given: Holm's
    step at which it stands. All that is said of it is at this confidence, so that its interval
    leaves out 1 exactly where a difference is shown.
    """

    subject: str
    reference: str
    comparison: Comparison
    p_adjusted: float | None
    shown: bool
    confidence: float

    @property
    def ratio(self) -> Estimate:
        """Subject / reference with the interval of a member of the family."""
        return self.comparison.at(self.confidence)

    @property
    def smallest(self) -> float | None:
        """Smallest difference that could have been shown, as a share (0.03 is 3 %)."""
        return self.comparison.half_width(self.confidence)

    def power(self, difference: float) -> float | None:
        """Probability that a true difference, as a share, would have been shown."""
        return self.comparison.power(difference, self.confidence)

    def seen_from(self, subject: str) -> "Pair":
        """Return it with this one of the two as the subject."""
        if subject == self.subject:
            return self
        return replace(
            self,
            subject=self.reference,
            reference=self.subject,
            comparison=self.comparison.inverted(),
        )


def compare_all(figures: Mapping[str, Paired]) -> tuple[Pair, ...]:
    """Compare every two profiles; all of these comparisons are one family."""
    return as_family(steadied(figures))


def steadied(
    figures: Mapping[str, Paired],
    *,
    estimator: Estimator = CHOSEN,
    stage: int | None = None,
    made: int | None = None,
) -> dict[Names, Comparison]:
    """Compare every two profiles, each comparison steadied by those that its profiles are part of.

    Few rounds give a spread with few degrees of freedom: often far too small by chance, and after
    Holm's correction even a factor of two is not shown. See `_expected_variances` for what it is
    held to instead; the larger of the two counts. `made`: the rounds that there were; None: those
    of these figures.
    """
    if made is None:
        made = len({round_ for each in figures.values() for round_, _ in each})
    found = {
        names: comparison
        for names in combinations(figures, 2)
        if (comparison := compare(*map(figures.__getitem__, names), estimator=estimator,
                                  stage=stage, made=made)) is not None
    }  # fmt: skip
    expected: dict[Names, float] = {}
    for kind in Replicates:
        alike = {
            names: one.spread**2 / median_share(one.df)
            for names, one in found.items()
            if one.replicates is kind and one.spread is not None
        }
        expected |= _expected_variances(alike)
    profiles = len({name for names in found for name in names})
    return {
        names: _at_least(one, expected[names], profiles) if names in expected else one
        for names, one in found.items()
    }


def as_family(
    comparisons: Mapping[Names, Comparison], others: Sequence[float | None] = ()
) -> tuple[Pair, ...]:
    """Correct comparisons for being many; `others`: p values of the family's other members."""
    adjusted = holm([*(comparison.p for comparison in comparisons.values()), *others])
    shown = [p is not None and p < 1 - CONFIDENCE for p in adjusted]
    unshown = sum(p is not None for p in adjusted) - sum(shown)
    return tuple(
        Pair(*names, comparison, p, is_shown, _confidence(unshown + is_shown))
        for (names, comparison), p, is_shown in zip(
            comparisons.items(), adjusted, shown, strict=False
        )
    )


def _expected_variances(found: Mapping[Names, float]) -> dict[Names, float]:
    """What the variance of each pair is, judged by those of the other pairs of its two profiles.

    A pair's variance is the sum of its two profiles', and profiles differ in theirs: a server that
    answers in batches is noisier than the others. So is the median of all pairs that a profile is
    part of: its own variance and a typical one. Two such medians less the median of all pairs, two
    typical ones, are the pair's; at least half of the median of all, since medians are guesses too.
    `found`: variances, divided by their expected medians. Empty for fewer than ENOUGH profiles:
    there are too few pairs then to learn from.
    """
    profiles = {name for names in found for name in names}
    if len(profiles) < ENOUGH:
        return {}
    typical = median(found.values())
    with_it = {
        profile: median(variance for names, variance in found.items() if profile in names)
        for profile in profiles
    }
    return {
        (one, other): max(with_it[one] + with_it[other] - typical, typical / 2)
        for one, other in found
    }


def _at_least(one: Comparison, expected: float, profiles: int) -> Comparison:
    """Hold a comparison's spread to what is expected, and lend it degrees of freedom.

    A third of those that as many profiles of the same variance would bring: more, and in
    simulation profiles of different variance are told apart too often. A pair noisier than
    expected keeps its own spread, and gets the share that the expected variance is of its own.
    """
    if one.spread is None or not expected:
        return one
    own = one.spread**2
    lent = (profiles - 2) / 3 * (min(1.0, expected / own) if own else 1.0)
    return replace(
        one,
        spread=sqrt(max(own, expected)),
        df=one.df + int(one.df * lent),
        expected=sqrt((own + lent * expected) / (1 + lent)),
    )


def _confidence(rivals: int) -> float:
    """What Holm's procedure leaves to one of `rivals` that are not yet shown."""
    return 1 - (1 - CONFIDENCE) / max(1, rivals)
