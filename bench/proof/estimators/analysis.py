"""What each candidate makes of runs in which it is known what differs: pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import fmean
from typing import Final

from bench.analysis.cells import compared
from bench.analysis.series import fine
from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.slice import Slice
from bench.stats.compare import Paired
from bench.stats.estimate import CONFIDENCE
from bench.stats.estimators import CANDIDATES
from bench.stats.family import as_family, steadied

JUDGED: Final = {Mode.OPEN: (MEDIAN, CPU), Mode.CLOSED: (THROUGHPUT, CPU)}
PROMISING: Final = frozenset({THROUGHPUT, CPU})
"""Of which it is known how much a planted share makes: at saturation all of it."""


@dataclass(slots=True)
class Plant:
    """What became of one planted share: how often it was shown, and how often it was promised."""

    shown: int = 0
    of: int = 0
    promised: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Score:
    """How one candidate did with one figure at one load.

    told_apart: of `comparisons` of a server with itself, each by itself at 95 %. families: runs;
    false_families: those in which any such comparison was shown after Holm's correction. smallest:
    difference that one comparison could have shown, and in_family: that a comparison in a table of
    all profiles of the run could have, as shares. planted: by share.
    """

    comparisons: int = 0
    told_apart: int = 0
    families: int = 0
    false_families: int = 0
    smallest: list[float] = field(default_factory=list)
    in_family: list[float] = field(default_factory=list)
    planted: dict[float, Plant] = field(default_factory=lambda: defaultdict(Plant))

    @property
    def false_share(self) -> float:
        """Of all comparisons of a server with itself."""
        return self.told_apart / self.comparisons

    @property
    def smallest_mean(self) -> float:
        """Of the smallest differences of single comparisons."""
        return fmean(self.smallest)

    @property
    def in_family_mean(self) -> float:
        """Of the smallest differences within the table."""
        return fmean(self.in_family)


@dataclass(frozen=True, slots=True)
class Key:
    """What a score is of."""

    mode: Mode
    figure: str
    candidate: str


@dataclass(frozen=True, slots=True)
class Known:
    """One figure of all profiles of a run at one load.

    planted: the share by which a profile is slower, by name; the others are all the same.
    """

    mode: Mode
    figure: str
    found: Mapping[str, Paired]
    planted: Mapping[str, float]


def known(facts: Facts) -> Iterator[Known]:
    """All that is to be judged of a run."""
    planted: Mapping[str, float] = facts.manifest.settings.planted or {}
    counted = sorted(facts.slices, key=_mode)
    for mode, group in groupby(counted, key=_mode):
        by_profile: dict[str, list[Slice]] = defaultdict(list)
        for one in group:
            by_profile[one.cell.profile].append(one)
        chosen = compared(by_profile)
        for figure in JUDGED[mode]:
            each = {name: fine(held, figure) for name, held in chosen.items()}
            yield Known(mode, figure, {n: s for n, s in each.items() if s}, planted)


def _mode(one: Slice) -> Mode:
    return one.cell.load.mode


def scores(every: Iterable[Known]) -> dict[Key, Score]:
    """Let every candidate compare all profiles of every run."""
    made: dict[Key, Score] = defaultdict(Score)
    for one in every:
        for candidate in CANDIDATES:
            _score(made[Key(one.mode, one.figure, candidate)], one, candidate)
    return dict(made)


def _score(score: Score, one: Known, candidate: str) -> None:
    comparisons = steadied(one.found, estimator=CANDIDATES[candidate])
    pairs = as_family(comparisons)
    false = False
    for pair in pairs:
        slower = [one.planted[name] for name in (pair.subject, pair.reference)
                  if name in one.planted]  # fmt: skip
        alone, smallest = pair.comparison.half_width(), pair.smallest
        if not slower and pair.comparison.p is not None and alone is not None:
            score.comparisons += 1
            score.told_apart += pair.comparison.p < 1 - CONFIDENCE
            score.smallest.append(alone)
            score.in_family.append(smallest or 0.0)
            false |= pair.shown
        elif len(slower) == 1:
            plant = score.planted[slower[0]]
            plant.of += 1
            plant.shown += pair.shown
            if one.figure in PROMISING and one.mode is Mode.CLOSED:
                plant.promised.append(pair.power(slower[0]) or 0.0)
    score.families += 1
    score.false_families += false


def enough(found: Sequence[Known]) -> bool:
    """Whether there is anything to judge: two of something, each more than once."""
    return any(sum(len(each) > 1 for each in one.found.values()) > 1 for one in found)
