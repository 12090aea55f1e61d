"""What limits the figures of a search for capacity, as data, and why a server has none.

`bench.report.capacity_notes` has the words.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from bench.analysis.model import SelfTestFailed
from bench.analysis.note import RecordedNote, Unfinished
from bench.facts.run import FolderChanges, LoggedStatuses, RequestNotes
from bench.facts.selftest import SelfTest
from bench.facts.slice import DoubtKind


class PlainCapacityNote(Enum):
    """Notes on the run that need no numbers."""

    NO_SELFTEST = auto()
    NO_GATE = auto()


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What the self-test says of how accurate times are."""

    proof: SelfTest


class ServerLimit(Enum):
    """What limits the figure of one server."""

    GENERATOR = auto()  # it met the SLO up to the generator's maximum
    NOTHING_FAILED = auto()  # no rate did, within the budget
    MOVED = auto()  # a fresh process disagreed, so the interval was widened
    REFUTED = auto()  # fresh processes refuted an end of the interval
    UNVERIFIED = auto()  # no fresh process was tried, within the budget
    UNVERIFIED_YET = auto()  # no fresh process had been tried, when the run ended early


@dataclass(frozen=True, slots=True)
class ServerNote:
    """One server, and what limits its figure."""

    profile: str
    limit: ServerLimit


@dataclass(frozen=True, slots=True)
class FewConnections:
    """A server at whose limit requests waited for one of so many connections."""

    profile: str
    connections: int


@dataclass(frozen=True, slots=True)
class ExcludedSlices:
    """Slices of a server that the client's own delay decided, by these kinds of doubt."""

    profile: str
    excluded: int
    slices: int
    kinds: tuple[DoubtKind, ...]


@dataclass(frozen=True, slots=True)
class PlaceDoubt:
    """A doubt that comes from the place of measurement, with its worst value."""

    kind: DoubtKind
    value: float


CapacityNote: TypeAlias = (
    PlainCapacityNote
    | SelfTestFailed
    | Accuracy
    | FolderChanges
    | LoggedStatuses
    | RequestNotes
    | Unfinished
    | RecordedNote
    | ServerNote
    | FewConnections
    | ExcludedSlices
    | PlaceDoubt
)


class PlainNoCapacity(Enum):
    """Reasons without numbers why a server has no capacity."""

    GATE_FAILED = auto()
    NOT_STARTED = auto()  # or crashed
    NOT_LOADED = auto()
    CLIENT_DELAY = auto()  # decided every slice
    NOT_CONFIRMED = auto()  # a fresh process passed at no rate that had passed before
    TOO_FEW_REQUESTS = auto()  # to show so small a share
    NOT_CONCLUSIVE = auto()  # within the budget
    NOT_CONCLUSIVE_YET = auto()  # when the run ended early


@dataclass(frozen=True, slots=True)
class SloNeverMet:
    """It meets the SLO at no rate; lowest_rate: that was tried, requests a second."""

    lowest_rate: float


NoCapacity: TypeAlias = PlainNoCapacity | SloNeverMet


@dataclass(frozen=True, slots=True)
class SuiteNotRun:
    """The functional suite could not be run under a server: the error."""

    profile: str
    error: str


@dataclass(frozen=True, slots=True)
class GateTestFailed:
    """A test of the functional suite failed under a server."""

    profile: str
    test: str
    message: str


@dataclass(frozen=True, slots=True)
class ServerDied:
    """A server did not start, or died: the message that was recorded."""

    profile: str
    message: str


CapacityFailure: TypeAlias = SuiteNotRun | GateTestFailed | ServerDied
