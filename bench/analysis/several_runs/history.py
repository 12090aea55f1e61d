"""Many runs as a history: each figure of each server through time, and where it has changed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from bench.analysis.several_runs.comparable import conditions, same_rate
from bench.analysis.several_runs.history_model import (
    FigureHistory,
    Ground,
    History,
    HistoryPoint,
    HistoryStep,
    NotCompared,
    Panel,
)
from bench.analysis.several_runs.left_out import LeftOut, NoPoint
from bench.analysis.several_runs.measured_run import MeasuredRun, figures_of
from bench.facts.load import Cell, Mode
from bench.stats.compare import Series
from bench.stats.estimate import Estimate
from bench.stats.unpaired import Unpaired, as_family, compare_unpaired, level


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes a panel."""

    ground: int
    workload: str
    mode: Mode
    connections: int
    figure: str


@dataclass(frozen=True, slots=True)
class _Sample:
    """A point before it is compared."""

    run: MeasuredRun
    cell: Cell
    figures: Series
    estimate: Estimate
    suspect: bool


_Courses: TypeAlias = Mapping[tuple[_Key, str], Sequence[_Sample]]
"""Samples by panel and profile, oldest first."""


def history(
    runs: Sequence[MeasuredRun], left_out: Sequence[LeftOut] = (), *, figure: str | None = None
) -> History:
    """Sort runs, oldest first, into courses; all steps are one family.

    figure: follow this one alone; None: all.
    """
    grounds = _grounds(runs)
    courses: dict[tuple[_Key, str], list[_Sample]] = defaultdict(list)
    for run in runs:
        ground = next(each for each in grounds if each.conditions == conditions(run.manifest))
        for key, sample in _samples(run, ground.number, figure):
            courses[key, sample.cell.profile].append(sample)
    without = [each for run in runs for each in _without(run)]
    panels = _panels(grounds, courses)
    return History(tuple(runs), tuple(grounds), tuple(panels), (*left_out, *without))


def _grounds(runs: Sequence[MeasuredRun]) -> list[Ground]:
    """Number the conditions in the order in which they came up."""
    found: list[Ground] = []
    for run in runs:
        here = conditions(run.manifest)
        if all(each.conditions != here for each in found):
            found.append(Ground(len(found) + 1, here))
    return found


def _samples(run: MeasuredRun, ground: int, only: str | None) -> Iterator[tuple[_Key, _Sample]]:
    """Every figure of a run that has a place in a history."""
    for cell, measured in run.cells.items():
        if cell.profile not in run.profiles:
            continue
        load = cell.load
        for figure in figures_of(load.mode):
            found = measured.figures.get(figure, {})
            estimate = level(found)
            if estimate is not None and only in {None, figure}:
                key = _Key(ground, cell.workload, load.mode, load.connections, figure)
                yield key, _Sample(run, cell, found, estimate, measured.suspect)


def _without(run: MeasuredRun) -> Iterator[NoPoint]:
    for cell, measured in run.cells.items():
        if measured.reason is not None and cell.profile in run.profiles:
            yield NoPoint(run.name, cell, measured.reason)


def _panels(grounds: Sequence[Ground], courses: _Courses) -> Iterator[Panel]:
    """Compare each point with the one before it, and correct for all of these comparisons."""
    steps = {place: [_step(*two) for two in pairwise(each)] for place, each in courses.items()}
    compared = [step for each in steps.values() for step in each if isinstance(step, Unpaired)]
    members = iter(as_family(compared))
    panels: dict[_Key, list[FigureHistory]] = defaultdict(list)
    for place, samples in courses.items():
        made = [
            HistoryStep(next(members)) if isinstance(step, Unpaired) else HistoryStep(None, step)
            for step in steps[place]
        ]
        key, profile = place
        panels[key].append(FigureHistory(profile, tuple(_points(samples, [None, *made]))))
    for key in sorted(panels, key=_order):
        ground = grounds[key.ground - 1]
        parts = (key.workload, key.mode, key.connections, key.figure)
        yield Panel(ground, *parts, tuple(sorted(panels[key], key=_place)))


def _step(before: _Sample, now: _Sample) -> Unpaired | NotCompared:
    """Compare two points; why not, where they are not comparable."""
    if not same_rate(before.cell.load.offered_rate, now.cell.load.offered_rate):
        return NotCompared.OTHER_RATE
    return compare_unpaired(now.figures, before.figures) or NotCompared.NO_FIGURE


def _points(
    samples: Sequence[_Sample], steps: Sequence[HistoryStep | None]
) -> Iterator[HistoryPoint]:
    for one, step in zip(samples, steps, strict=True):
        rounds = len({round_ for round_, _ in one.figures})
        yield HistoryPoint(one.run, one.cell.load, one.estimate, rounds, one.suspect, step)


def _place(course: FigureHistory) -> tuple[int, str]:
    """Where a server stands in the newest run that has it."""
    profiles = course.points[-1].run.profiles
    return profiles.index(course.profile), course.profile


def _order(key: _Key) -> tuple[int, str, bool, int, int]:
    """Open loops first, figures in the order in which they are reported."""
    place = figures_of(key.mode).index(key.figure)
    return key.ground, key.workload, key.mode is Mode.CLOSED, key.connections, place
