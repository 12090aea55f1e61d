"""What a run has said beside what is known: findings, without text. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Final, TypeAlias

from bench.analysis.slice_figures import MEDIAN, THROUGHPUT
from bench.facts.load import Mode
from bench.proof.known_answers.cases import Case, bare_name
from bench.proof.known_answers.models import Bound, Seen, Truth
from bench.stats.estimate import CONFIDENCE, Estimate

Row: TypeAlias = Mapping[str, str]
"""A line of summary.csv, by column."""
Alone: TypeAlias = Mapping[str, Mapping[str, Sequence[float]]]
"""Requests/s by profile and by plain client, before and after a run."""

UNLIKELY: Final = 0.05
"""A run of cases is worse than intervals of CONFIDENCE may be when as many misses are as rare."""


@dataclass(frozen=True, slots=True)
class Held:
    """Whether an interval holds a truth; held is None where the run has no interval."""

    case: str
    profile: str
    mode: Mode
    figure: str
    truth: Truth
    found: Estimate | None

    @property
    def held(self) -> bool | None:
        """Whether interval and truth, which is a range too, have anything in common."""
        if self.found is None or self.found.lo is None or self.found.hi is None:
            return None
        return self.found.lo <= self.truth.hi and self.truth.lo <= self.found.hi


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """Whether a figure keeps to a bound; met is None where the run has no figure.

    apart: whether the run has told the two apart, where the bound is another server's figure.
    """

    case: str
    profile: str
    bound: Bound
    value: float | None
    apart: bool = True

    @property
    def met(self) -> bool | None:
        """Whether it is within."""
        if self.value is None:
            return None
        lo, hi = self.bound.lo, self.bound.hi
        within = (lo is None or lo <= self.value) and (hi is None or self.value <= hi)
        return within and self.apart


@dataclass(frozen=True, slots=True)
class CaseResult:
    """All that is known of one case, and what its run said."""

    intervals: Sequence[Held]
    bounds: Sequence[BoundCheck]


def judged(case: Case, rows: Iterable[Row], alone: Alone) -> CaseResult:
    """Hold a run's summary, and what plain clients reached beside it, against what is known."""
    cells = {(row["profile"], Mode(row["mode"])): row for row in rows}
    intervals: list[Held] = []
    bounds: list[BoundCheck] = []
    for profile in dict.fromkeys(profile for profile, _ in cells):
        seen = _seen(case, profile, cells, alone)
        for mode, figure, truth in case.model.truths(seen):
            found = _estimate(cells[profile, mode], figure)
            intervals.append(Held(case.name, profile, mode, figure, truth, found))
        for bound in case.wanted.all_of(seen, bare=case.is_bare(profile)):
            value = _value(cells[profile, bound.mode], bound.figure)
            bounds.append(BoundCheck(case.name, profile, bound, value))
    apart = _told_apart(case.name, cells) if case.wanted.apart else ()
    return CaseResult(intervals, [*bounds, *apart])


def _seen(case: Case, profile: str, cells: Mapping[tuple[str, Mode], Row], alone: Alone) -> Seen:
    bare = bare_name(profile)
    opened = cells[profile, Mode.OPEN]
    return Seen(
        offered_rps=float(opened["offered_rate"]),
        connections=int(opened["connections"]),
        alone=alone.get(profile, {}),
        stalls="never" if case.stalls is None or case.is_bare(profile) else case.stalls,
        bare=[each for some in alone.get(bare, {}).values() for each in some],
        bare_p50_ms=None if case.by_itself else _value(cells[bare, Mode.OPEN], MEDIAN),
    )


def _told_apart(case: str, cells: Mapping[tuple[str, Mode], Row]) -> Iterator[BoundCheck]:
    """The server that stands still is the slower one, and the run says that they differ."""
    for profile, mode in cells:
        bare = bare_name(profile)
        if mode is Mode.OPEN or profile == bare:
            continue
        row, other = cells[profile, mode], cells[bare, mode]
        found, without = _value(row, THROUGHPUT), _value(other, THROUGHPUT)
        groups = set(row["group"]), set(other["group"])
        yield BoundCheck(
            case,
            profile,
            Bound(mode, THROUGHPUT, "less than without stalls, told apart", hi=without),
            found,
            apart=all(groups) and groups[0].isdisjoint(groups[1]),
        )


def _value(row: Row, figure: str) -> float | None:
    found = _estimate(row, figure)
    return None if found is None else found.value


def _estimate(row: Row, figure: str) -> Estimate | None:
    value, lo, hi = (row[f"{figure}{end}"] for end in ("", "_lo", "_hi"))
    if not value:
        return None
    return Estimate(float(value), float(lo) if lo else None, float(hi) if hi else None)


@dataclass(frozen=True, slots=True)
class Count:
    """Of all intervals, how many hold what is known; most_missed: that so many may miss."""

    held: int
    of: int

    @property
    def most_missed(self) -> int:
        """By chance alone in all but UNLIKELY of such series, if each misses by itself."""
        chance, missed = 0.0, -1
        while chance < 1 - UNLIKELY:
            missed += 1
            chance += (
                comb(self.of, missed)
                * (1 - CONFIDENCE) ** missed
                * CONFIDENCE ** (self.of - missed)
            )
        return missed

    @property
    def at_their_rate(self) -> bool:
        """Whether no more miss than chance makes."""
        return self.of - self.held <= self.most_missed


def counted(found: Iterable[Held]) -> Count:
    """Of all that have an interval."""
    known = [each.held for each in found if each.held is not None]
    return Count(sum(known), len(known))
