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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from math import log1p, sqrt
from operator import itemgetter
from statistics import fmean, stdev
from typing import Final, Self, TypeAlias

import numpy as np

from bench.stats.estimate import CONFIDENCE, ROUNDS_NEEDED, Estimate, Replicates, exponential
from bench.stats.estimators import CHOSEN, Estimator, Floats, Pairs
from bench.stats.student import beyond, critical, two_sided_p

Rotation: TypeAlias = tuple[int, int]
"""Round, and rotation in it."""

Series: TypeAlias = Mapping[Rotation, float]
"""A figure (> 0) of each slice of one profile."""

_UNCUT: Final = np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A figure (> 0) of one slice: of the whole, and of each of the pieces it was cut into.

    whole: None where it says nothing. pieces: shape (n,), all above 0; empty where the slice was
    not cut, or a piece of it says nothing.
    """

    whole: float | None
    pieces: Floats = field(default_factory=lambda: _UNCUT)

    @classmethod
    def of(cls, whole: float | None, pieces: Iterable[float | None]) -> Self:
        """Keep the pieces if all of them say something.

        Without those in which a server answered nothing, only its better moments would be compared.
        """
        found = list(pieces)
        sound = all(value is not None and value > 0 for value in found)
        return cls(whole, np.array(found if sound else [], dtype=np.float64))


Fine: TypeAlias = Mapping[Rotation, Parts]
"""The same, and of the pieces of slices that were cut."""

Paired: TypeAlias = Series | Fine
"""What two profiles are compared by."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One profile against another.

    center: log of subject / reference. replicates: what the interval covers; units: how many of
    them there are. pairs: rotations in which both have a figure. spread: standard deviation of one
    replicate's log ratio, None without replication; df: its degrees of freedom. expected: what the
    spread is likely to be where `spread` errs on the safe side; None: `spread` itself. rounds: in
    which both have a figure.
    """

    center: float
    replicates: Replicates
    units: int
    pairs: int
    spread: float | None = None
    df: int = 0
    expected: float | None = None
    rounds: int = 0

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
            return Estimate(exponential(self.center))
        half = critical(confidence, self.df) * self.error
        return Estimate(
            exponential(self.center),
            exponential(self.center - half),
            exponential(self.center + half),
        )

    def half_width(self, confidence: float = CONFIDENCE) -> float | None:
        """Half of the interval at this confidence, as a share: 0.03 stands for a factor of 1.03."""
        if self.error is None:
            return None
        return exponential(critical(confidence, self.df) * self.error) - 1

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
        """Return the same from the reference's side."""
        return replace(self, center=-self.center)


def compare(
    subject: Paired,
    reference: Paired,
    *,
    estimator: Estimator = CHOSEN,
    stage: int | None = None,
    made: int = 0,
) -> Comparison | None:
    """Compare two profiles over the rotations that both have; None when there is none.

    Figures must be positive: pairs with one that is not are left out. With three rounds or more
    the replicates are the rounds, each as `estimator` sums it up; with fewer they are the
    rotations, and how one process differs from the next is not in the interval. `stage`: the
    number of first rounds that the spread is taken from; None: all. `made`: the rounds that there
    were. Where these are three or more and the two have fewer in common, nothing is tested: beside
    others whose intervals cover how processes differ, theirs would not.
    """
    found = _in_pairs(subject, reference)
    if not found:
        return None
    rounds = sorted({round_ for round_, _ in found})
    if len(rounds) < ROUNDS_NEEDED:
        logs = [estimator(np.array(pair)) for pair in found.values()]
        untested = made >= ROUNDS_NEEDED
        alone = _student(logs, logs[:1] if untested else logs, Replicates.SLICES, len(found))
        return replace(alone, rounds=len(rounds))
    figures = {
        round_: estimator(_joined([found[rotation] for rotation in held]))
        for round_, held in groupby(found, key=itemgetter(0))
    }
    first = [figure for round_, figure in figures.items() if stage is None or round_ <= stage]
    together = _student(list(figures.values()), first, Replicates.ROUNDS, len(found))
    return replace(together, rounds=len(rounds))


def _in_pairs(subject: Paired, reference: Paired) -> dict[Rotation, tuple[Floats, Floats]]:
    """What both have of every rotation, in order: its pieces, or the whole; as long in both."""
    found: dict[Rotation, tuple[Floats, Floats]] = {}
    for rotation in sorted(subject.keys() & reference.keys()):
        one, other = _parts(subject[rotation]), _parts(reference[rotation])
        if 0 < one.pieces.size == other.pieces.size:
            found[rotation] = one.pieces, other.pieces
        elif one.whole and other.whole and one.whole > 0 < other.whole:
            found[rotation] = np.array([one.whole]), np.array([other.whole])
    return found


def _joined(rotations: Sequence[tuple[Floats, Floats]]) -> Pairs:
    """The pairs of several rotations."""
    subjects, references = zip(*rotations, strict=True)
    return np.array((np.concatenate(subjects), np.concatenate(references)))


def _parts(figure: float | Parts) -> Parts:
    return figure if isinstance(figure, Parts) else Parts(figure)


def _student(
    logs: Sequence[float], first: Sequence[float], replicates: Replicates, pairs: int
) -> Comparison:
    """Student's one-sample t over independent log ratios, with the spread of the `first`."""
    center = fmean(logs)
    if len(first) < 2:  # noqa: PLR2004  # one alone has no spread
        return Comparison(center, Replicates.NONE, len(logs), pairs)
    return Comparison(center, replicates, len(logs), pairs, stdev(first), len(first) - 1)
