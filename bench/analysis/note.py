"""What holds for every figure of a run, as data: `bench.report.notes` has the sentences."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from bench.facts.run import FolderChanges, LoggedStatuses, RequestNotes, Resumption


class PlainNote(Enum):
    """Notes that need no numbers."""

    NO_SLICE = auto()  # after warm-up
    ONE_ROTATION = auto()
    ONE_EXPOSURE = auto()  # to each load
    NO_TIME_FOR_ITSELF = auto()  # the baseline was to be compared with itself (A/A)
    ONE_AT_A_TIME = auto()  # no two servers were alive together
    SHARED_CORES = auto()  # of generator and servers
    NO_TIMER = auto()
    NO_KERNEL_TIMESTAMPS = auto()
    NO_SELFTEST = auto()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The run did not finish; ending: "failed" or "interrupted", None if it was cut off."""

    ending: str | None


@dataclass(frozen=True, slots=True)
class FewRounds:
    """So few rounds that intervals come from slices of the same processes."""

    rounds: int


@dataclass(frozen=True, slots=True)
class SlowRequests:
    """Exposures took most of a round: so long each, lead-in included, seconds."""

    exposure_s: float


@dataclass(frozen=True, slots=True)
class SlowStarts:
    """Starting the servers took most of a round.

    starting_s: a round. slowest: servers with the longest starts, each with its seconds.
    exposing_s: what exposures took of a round; None where that was less.
    """

    starting_s: float
    slowest: tuple[tuple[str, float], ...]
    exposing_s: float | None


@dataclass(frozen=True, slots=True)
class BudgetMissed:
    """Fewer rounds than were wanted fitted into the budget, or the run exceeded it.

    spent_s: the whole run; over: whether that exceeds the budget. enough_s: a budget that holds all
    rounds; None: too little is known to tell. never_ready: servers that were waited for in vain.
    """

    rounds: int
    wanted: int
    budget_s: float
    spent_s: float
    over: bool
    enough_s: int | None
    cause: SlowRequests | SlowStarts
    never_ready: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherWorkers:
    """Servers that ran another number of workers than was asked for; None: as in no manifest."""

    servers: tuple[str, ...]
    workers: int
    asked: int | None


@dataclass(frozen=True, slots=True)
class OtherConnections:
    """Servers that were not reached by plain TCP, each with how; others: whether some were."""

    reached: tuple[tuple[str, str], ...]
    others: bool


@dataclass(frozen=True, slots=True)
class ReadByServers:
    """Variables of the app that servers read themselves, some of them."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeverIdle:
    """Servers that were still working long after their load, and were measured alone."""

    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StartupNotRun:
    """Servers under which the app's startup did not run.

    certain: whether the app is known to have one; else these servers failed, perhaps for that.
    """

    servers: tuple[str, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class PrecisionMissed:
    """The precision that was asked for was not reached before the budget was spent.

    wanted: as a share. reached: servers that missed it, each with the widest half-width, infinite
    where there is none. enough_s: a budget that would do; None: it is not known.
    """

    wanted: float
    reached: tuple[tuple[str, float], ...]
    enough_s: float | None


@dataclass(frozen=True, slots=True)
class NotGated:
    """Servers that no functional suite has verified."""

    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedConnections:
    """Requests that shared connections over these protocols, so many at a time on each."""

    protocols: tuple[str, ...]
    in_flight: int
    streams: int


@dataclass(frozen=True, slots=True)
class KnownFault:
    """What servers are known to do wrong, as the suite showed, and were measured all the same."""

    servers: tuple[str, ...]
    fault: str


@dataclass(frozen=True, slots=True)
class RecordedNote:
    """What the run itself has noted, in the words of its journal."""

    text: str


Note: TypeAlias = (
    PlainNote
    | Unfinished
    | Resumption
    | FewRounds
    | BudgetMissed
    | OtherWorkers
    | OtherConnections
    | ReadByServers
    | NeverIdle
    | StartupNotRun
    | PrecisionMissed
    | FolderChanges
    | LoggedStatuses
    | RequestNotes
    | NotGated
    | KnownFault
    | SharedConnections
    | RecordedNote
)
