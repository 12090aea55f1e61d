"""What was not compared, and why, as data: `bench.report.left_out` has the words.

A run is named by its side, A or B.
"""

from dataclasses import dataclass
from typing import TypeAlias

from bench.analysis.absence import Absence
from bench.analysis.several_runs.pairing import LoadInOne, PairedLoad, RatesDiffer
from bench.facts.load import Cell


@dataclass(frozen=True, slots=True)
class ServerInOne:
    """A server that only one of the runs has."""

    profile: str
    run: str


@dataclass(frozen=True, slots=True)
class CellAbsent:
    """A server without figures at a load, in the runs that are named, each with the reason."""

    profile: str
    place: PairedLoad
    absences: tuple[tuple[str, Absence], ...]


@dataclass(frozen=True, slots=True)
class FigureAbsent:
    """A figure that no slice of a server has at a load, in one of the runs."""

    profile: str
    place: PairedLoad
    figure: str


@dataclass(frozen=True, slots=True)
class NoPoint:
    """A cell without figures in a run of a history."""

    run: str
    cell: Cell
    absence: Absence


@dataclass(frozen=True, slots=True)
class UnreadRun:
    """A folder that looks like a run and cannot be read; error: its message."""

    folder: str
    error: str


LeftOut: TypeAlias = (
    LoadInOne | RatesDiffer | ServerInOne | CellAbsent | FigureAbsent | NoPoint | UnreadRun
)
