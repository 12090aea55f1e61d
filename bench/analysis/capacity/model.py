"""What the report of a search for capacity says, as data."""

from dataclasses import dataclass

from bench.analysis.capacity.decision import SloDecision
from bench.analysis.capacity.goal import CapacityGoal
from bench.analysis.capacity.note import CapacityFailure, CapacityNote, NoCapacity
from bench.analysis.capacity.phases import Phase
from bench.analysis.capacity.search import SearchEnd
from bench.analysis.capacity.verification import BracketState
from bench.analysis.instructions.servers import CountedWorkload
from bench.facts.load import Sent
from bench.facts.run import Manifest
from bench.facts.slice import DoubtKind, Outcome
from bench.stats.estimate import Estimate


@dataclass(frozen=True, slots=True)
class RatePoint:
    """One rate that was offered to one process of a server.

    figures: of all slices pooled, by the name of the clause; ms, or the share that failed. None: so
    many failed that the percentile has no time.
    """

    rate: float
    phase: Phase
    decision: SloDecision
    slices: int
    requests: int
    failures: int
    figures: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Overload:
    """What a server did at far more than its capacity, `rate` requests a second.

    goodput_rps: right answers within the SLO's time / length of the window, a second. recovery_s:
    from the end of the window until a slice began, at half of the capacity, in which the SLO held;
    None: there was none. spoiled: why it says little of the server.
    """

    rate: float
    goodput_rps: float
    outcomes: dict[Outcome, int]
    recovery_s: float | None
    spoiled: tuple[DoubtKind, ...]

    @property
    def failed_share(self) -> float:
        """Requests that failed / requests that were due."""
        total = sum(self.outcomes.values())
        return 1 - self.outcomes.get(Outcome.OK, 0) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class CapacityRow:
    """One server.

    capacity: requests a second; its interval is from the highest rate that passed, less the blind
    spot, to the lowest that failed (None: there is none). gave_out: what did not hold there.
    left_out: of the slices, those that were spoiled, by doubts that `spoiled` counts. reason: why
    there is no capacity.
    """

    profile: str
    title: str
    ending: SearchEnd
    standing: BracketState
    capacity: Estimate | None
    gave_out: tuple[str, ...]
    points: tuple[RatePoint, ...]
    overload: Overload | None
    slices: int
    left_out: int
    spoiled: dict[DoubtKind, int]
    reason: NoCapacity | None


@dataclass(frozen=True, slots=True)
class CapacitySummary:
    """The whole report; rows by capacity, the highest first.

    notes: what is to be kept in mind. failures: all that went wrong. counted: instructions a
    request, where they were counted.
    """

    manifest: Manifest
    aim: CapacityGoal
    workload: str
    rows: tuple[CapacityRow, ...]
    notes: tuple[CapacityNote, ...]
    failures: tuple[CapacityFailure, ...]
    counted: tuple[CountedWorkload, ...] = ()

    @property
    def sent(self) -> Sent:
        """What the workload sends."""
        return self.manifest.settings.sent_by(self.workload)
