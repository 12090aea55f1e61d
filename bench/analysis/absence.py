"""Why there is no figure of a cell, and what went wrong with a server, as data.

`bench.report.absences` has the words.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from bench.analysis.failures import Failure
from bench.facts.slice import DoubtKind


class PlainAbsence(Enum):
    """Reasons that need no numbers."""

    NO_SLICE = auto()  # none was finished


@dataclass(frozen=True, slots=True)
class GateNotRun:
    """The functional suite could not be run: its error, of one line or more."""

    error: str


@dataclass(frozen=True, slots=True)
class GateFailed:
    """So many of its tests failed; tests: 0 if none was run."""

    failed: int
    tests: int


@dataclass(frozen=True, slots=True)
class ServerFailed:
    """A server failed in a round: the message that was recorded."""

    round: int
    message: str


@dataclass(frozen=True, slots=True)
class ServerKilled:
    """A server did not end by itself in time, and was killed."""

    round: int


ServerFault: TypeAlias = ServerFailed | ServerKilled


@dataclass(frozen=True, slots=True)
class GrowingQueue:
    """A queue was growing over so many usable slices together, by that share of what was due."""

    slices: int
    share: float


@dataclass(frozen=True, slots=True)
class WrongAnswers:
    """Most requests were not answered correctly.

    first: one of the failures as it was recorded; None: none was kept.
    """

    right: int
    requests: int
    failures: tuple[Failure, ...]
    first: str | None


@dataclass(frozen=True, slots=True)
class WorstDoubt:
    """The fatal doubt that most slices have, and its worst value (see `bench.doubts`)."""

    kind: DoubtKind
    value: float


@dataclass(frozen=True, slots=True)
class InvalidSlices:
    """So many slices are invalid; cause: None where nothing is known of it."""

    invalid: int
    slices: int
    cause: WrongAnswers | WorstDoubt | None


Absence: TypeAlias = (
    PlainAbsence | GateNotRun | GateFailed | ServerFault | GrowingQueue | InvalidSlices
)
"""Why a cell has no figures."""
