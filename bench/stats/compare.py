"""Two profiles compared: slice by slice, in pairs, on the scale of ratios.

The noise of a machine comes in one-sided bursts, so slices are compared in pairs: the same round,
the same rotation, as the log of their ratio; where both were cut alike, piece by piece, as these
were taken in turns: a burst of some milliseconds is then in a few pairs, not in all.
`bench.stats.estimators` makes one figure of each round. Rounds start fresh processes, so these
figures are independent: Student's t over them gives the interval. In simulation
(tests/stats/test_compare.py) this is wrong at its nominal rate with and without bursts.

Where it depends on what was seen how many rounds there are, as with --precision, the spread is that
of the first rounds alone, whose number was fixed (`stage`), and so are its degrees of freedom. The
interval then holds what it promises although the run looked at its data: Stein, A Two-Sample Test
for a Linear Hypothesis whose Power is Independent of the Variance, Ann. Math. Stat. 16 (1945).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import exp, inf, log1p, sqrt
from statistics import fmean, stdev
from typing import Final, TypeAlias, cast

from bench.stats.estimate import CONFIDENCE, ROUNDS_NEEDED, Estimate, Replicates
from bench.stats.estimators import CHOSEN, Estimator
from bench.stats.student import beyond, critical, two_sided_p

Series: TypeAlias = Mapping[tuple[int, int], float]
"""A figure (> 0) of each slice of one profile, by (round, rotation)."""

Fine: TypeAlias = Mapping[tuple[int, ...], float]
"""The same, and of each piece of the slices that were cut, by (round, rotation, piece, of)."""

_WHOLE: Final = 2  # parts of the key of a slice as a whole

Paired: TypeAlias = Series | Fine
"""What two profiles are compared by."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One profile against another.

    center: log of subject / reference. replicates: what the interval covers; units: how many of
    them there are. pairs: rotations in which both have a figure. spread: standard deviation of one
    replicate's log ratio, None without replication; df: its degrees of freedom. expected: what the
    spread is likely to be where `spread` errs on the safe side; None: `spread` itself.
    """

    center: float
    replicates: Replicates
    units: int
    pairs: int
    spread: float | None = None
    df: int = 0
    expected: float | None = None

    @property
    def error(self) -> float | None:
        """Standard error of the log ratio."""
        return None if self.spread is None else self.spread / sqrt(self.units)

    @property
    def p(self) -> float | None:
        """Probability of a difference at least this large if there were none."""
        if self.error is None:
            return None
        if self.error == 0:
            return float(self.center == 0)
        return two_sided_p(self.center / self.error, self.df)

    @property
    def ratio(self) -> Estimate:
        """Subject / reference with the interval of this comparison alone."""
        return self.at(CONFIDENCE)

    def at(self, confidence: float) -> Estimate:
        """Subject / reference with its interval at a confidence."""
        if self.error is None:
            return Estimate(_exp(self.center))
        half = critical(confidence, self.df) * self.error
        return Estimate(_exp(self.center), _exp(self.center - half), _exp(self.center + half))

    def half_width(self, confidence: float = CONFIDENCE) -> float | None:
        """Half of the interval at this confidence, as a share: 0.03 stands for a factor of 1.03."""
        if self.error is None:
            return None
        return _exp(critical(confidence, self.df) * self.error) - 1

    def power(self, difference: float, confidence: float = CONFIDENCE) -> float | None:
        """Probability that a true difference, as a share, is shown at this confidence.

        The smallest difference that can be shown is this run's own; how far estimates lie from the
        truth is what is expected. In simulation differences are shown as often as this promises, to
        within a few per cent of the runs (tests/stats/test_compare.py).
        """
        if self.error is None:
            return None
        bound = critical(confidence, self.df) * self.error
        likely = (self.expected or self.spread or 0.0) / sqrt(self.units)
        return beyond(bound, log1p(difference), likely, self.df)

    def inverted(self) -> "Comparison":
        """Tell the same from the reference's side."""
        return replace(self, center=-self.center)


def compare(
    subject: Paired,
    reference: Paired,
    *,
    estimator: Estimator = CHOSEN,
    stage: int | None = None,
) -> Comparison | None:
    """Compare two profiles over the rotations that both have; None when there is none.

    Figures must be positive: pairs with one that is not are left out. With three rounds or more
    the replicates are the rounds, each as `estimator` sums it up; with fewer they are the
    rotations, and how one process differs from the next is not in the interval. `stage`: the
    number of first rounds that the spread is taken from; None: all.
    """
    # a series is a fine one: only the type checker minds that a mapping could be asked for more
    found = _in_pairs(cast("Fine", subject), cast("Fine", reference))
    if not found:
        return None
    rounds = sorted({key[0] for key in found})
    if len(rounds) < ROUNDS_NEEDED:
        by_rotation = _grouped(found, 2)
        logs = [estimator(pairs) for pairs in by_rotation.values()]
        return _student(logs, logs, Replicates.SLICES, len(by_rotation))
    figures = {key[0]: estimator(pairs) for key, pairs in _grouped(found, 1).items()}
    first = [figure for round_, figure in figures.items() if stage is None or round_ <= stage]
    rotations = len({key[:2] for key in found})
    return _student(list(figures.values()), first, Replicates.ROUNDS, rotations)


def _in_pairs(subject: Fine, reference: Fine) -> dict[tuple[int, ...], tuple[float, float]]:
    """The pairs of every rotation that both have: of its pieces, or of the whole.

    Pieces are taken where all of them have a figure in both: without those in which a server
    answered nothing, only its better moments would be compared.
    """
    common = [key for key, value in subject.items() if value > 0 and reference.get(key, 0.0) > 0]
    pieces = Counter((key[:2], key[-1]) for key in common if len(key) > _WHOLE)
    cut = {rotation for (rotation, of), count in pieces.items() if count == of}
    used = sorted(key for key in common if (len(key) > _WHOLE) is (key[:2] in cut))
    return {key: (subject[key], reference[key]) for key in used}


def _grouped(
    found: Mapping[tuple[int, ...], tuple[float, float]], parts: int
) -> dict[tuple[int, ...], list[tuple[float, float]]]:
    """Group pairs by so many of the first parts of their keys."""
    return {
        key: [found[each] for each in held]
        for key, held in groupby(found, key=lambda each: each[:parts])
    }


def _student(
    logs: Sequence[float], first: Sequence[float], replicates: Replicates, pairs: int
) -> Comparison:
    """Student's one-sample t over independent log ratios, with the spread of the `first`."""
    center = fmean(logs)
    if len(first) < 2:  # noqa: PLR2004  # one alone has no spread
        return Comparison(center, Replicates.NONE, len(logs), pairs)
    return Comparison(center, replicates, len(logs), pairs, stdev(first), len(first) - 1)


def _exp(exponent: float) -> float:
    return exp(exponent) if exponent < 700 else inf  # noqa: PLR2004  # where float64 ends
