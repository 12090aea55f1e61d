"""What a run shows so far: how exactly each profile is known, and how many rounds are missing.

The number of rounds that a wanted precision takes is reckoned once, from the spread that the first
rounds have shown, whose number was fixed: Stein's two stages. What is then reported takes its
spread and its degrees of freedom from these rounds too (`bench.stats.compare`).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil, log1p
from typing import Final

from bench.analysis.compared_pairs import compared_pairs
from bench.analysis.sections import COMPARED
from bench.analysis.series import fine
from bench.analysis.slice_figures import AVERAGE
from bench.facts.load import Load
from bench.facts.slice import Role, Slice
from bench.stats.compare import Parts, Rotation
from bench.stats.family import Pair, as_family
from bench.stats.student import critical

_Key = tuple[str, Load, str]  # workload, load and figure
_ByProfile = dict[str, dict[Rotation, Parts]]
MOST_ROUNDS: Final = 1000
"""More are never planned: a day of them is longer than any budget."""


@dataclass(slots=True)
class PrecisionSoFar:
    """The figures of the slices so far, by which the baseline is compared with the others.

    Averages are left out: a burst moves them, and no number of rounds makes them exact. `twin` says
    how exact comparisons are, as all profiles do, and is no member of the family.
    """

    baseline: str
    twin: str | None = None
    rotations: dict[int, int] = field(default_factory=dict)  # by round, begun so far
    _series: dict[_Key, dict[Role, _ByProfile]] = field(default_factory=dict)

    def add(self, done: Slice) -> None:
        """Take in a slice; warm-ups and invalid ones do not count."""
        if done.warm_up:
            return
        self.rotations[done.round] = max(done.rotation, self.rotations.get(done.round, 0))
        cell = done.cell
        for figure in COMPARED[cell.load.mode]:
            found = {} if figure == AVERAGE else fine([done], figure)
            if found:
                key = (cell.workload, cell.load, figure)
                by_profile = self._series.setdefault(key, {}).setdefault(done.role, {})
                by_profile.setdefault(cell.profile, {}).update(found)

    def precision(self, stage: int | None = None) -> dict[str, float]:
        """Half-width of each profile's widest interval against the baseline, as a share.

        `stage`: see `bench.stats.compare`. Profiles without an interval yet are left out.
        """
        widest: dict[str, float] = {}
        for name, pair in self._against_baseline(stage):
            if pair.smallest is not None:
                widest[name] = max(pair.smallest, widest.get(name, 0.0))
        return widest

    def rounds_needed(self, precision: float, stage: int) -> dict[str, int]:
        """Rounds in all that each profile takes until no interval is wider than `precision`."""
        needed: dict[str, int] = defaultdict(lambda: stage)
        for name, pair in self._against_baseline(stage):
            needed[name] = max(needed[name], _rounds(pair, precision))
        return dict(needed)

    def _against_baseline(self, stage: int | None) -> Iterator[tuple[str, Pair]]:
        for by_role in self._series.values():
            pieces, exposures = (by_role.get(r, {}) for r in (Role.COMPARISON, Role.EXPOSURE))
            found = compared_pairs(pieces, exposures, stage).comparisons
            for pair in as_family(
                {names: one for names, one in found.items() if self.twin not in names}
            ):
                if self.baseline in {pair.subject, pair.reference}:
                    other = {pair.subject, pair.reference} - {self.baseline}
                    yield other.pop(), pair


def _rounds(pair: Pair, precision: float) -> int:
    """Rounds after which half of the interval is `precision` at most, at this spread."""
    spread = pair.comparison.spread
    if spread is None:
        return MOST_ROUNDS
    width = critical(pair.confidence, pair.comparison.df) * spread / log1p(precision)
    return min(MOST_ROUNDS, ceil(width**2))
