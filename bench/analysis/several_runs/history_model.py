"""What a history is made of: points in courses, courses in panels, panels on common ground."""

from dataclasses import dataclass
from enum import Enum, auto

from bench.analysis.several_runs.comparable import Conditions
from bench.analysis.several_runs.dates import oldest_first
from bench.analysis.several_runs.left_out import LeftOut
from bench.analysis.several_runs.measured_run import MeasuredRun
from bench.facts.load import Load, Mode
from bench.stats.estimate import Estimate
from bench.stats.unpaired import Member


class NotCompared(Enum):
    """Why two points were not compared."""

    OTHER_RATE = auto()
    NO_FIGURE = auto()


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """From the point before to this one.

    member: the comparison, as one of all steps of the history; None: it was not to be made, for
    the reason in `why_not`.
    """

    member: Member | None
    why_not: NotCompared | None = None

    @property
    def changed(self) -> bool:
        """Whether a difference is shown."""
        return self.member is not None and self.member.shown


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One figure of one server in one run; step: None for the first of its course."""

    run: MeasuredRun
    load: Load
    estimate: Estimate
    rounds: int
    suspect: bool
    step: HistoryStep | None


@dataclass(frozen=True, slots=True)
class FigureHistory:
    """One figure of one server through all runs that have it, oldest first."""

    profile: str
    points: tuple[HistoryPoint, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Runs that may be compared: the same machine, app and load. They are numbered from 1."""

    number: int
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure of every server under one workload, on one ground; in open loop at any rate."""

    ground: Ground
    workload: str
    mode: Mode
    connections: int
    figure: str
    courses: tuple[FigureHistory, ...]

    @property
    def runs(self) -> list[MeasuredRun]:
        """Every run that has a point, oldest first."""
        found = {id(p.run): p.run for course in self.courses for p in course.points}
        return oldest_first(found.values())


@dataclass(frozen=True, slots=True)
class History:
    """Everything that the history of some runs says."""

    runs: tuple[MeasuredRun, ...]
    grounds: tuple[Ground, ...]
    panels: tuple[Panel, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def steps(self) -> list[HistoryStep]:
        """All steps of all courses."""
        points = (p for panel in self.panels for c in panel.courses for p in c.points)
        return [point.step for point in points if point.step is not None]
