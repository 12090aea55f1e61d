"""What one slice has shown: outcomes, times, CPU, stalls; its doubts and its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bench.facts.combining import (
    combined,
    every,
    examples,
    few,
    first,
    greatest,
    histogram,
    last,
    least,
    middle_of_known,
    nothing,
    occurrences,
    over_windows,
    total,
)
from bench.facts.load import Cell, Mode
from bench.facts.new_connections import NewConnections, connections_together
from bench.facts.streams import EventStreams, streams_in_parallel, streams_in_sequence
from bench.stats.histogram import Histogram


class Outcome(StrEnum):
    """What became of one request; exactly one of these."""

    OK = "ok"
    WRONG_STATUS = "wrong_status"
    WRONG_BODY = "wrong_body"
    TIMEOUT = "timeout"
    CONNECT_FAILED = "connect_failed"
    RESET = "reset"
    UNSENT = "unsent"


class Verdict(StrEnum):
    """Whether a figure may be believed: as it stands, with its doubts in mind, or not at all."""

    VALID = "valid"
    SUSPECT = "suspect"
    INVALID = "invalid"


WORKS_ON_SHARE: Final = 0.25
"""Of an exposure at saturation, for which a server works on afterwards. What is in flight when the
load ends takes a few hundredths of it; from a quarter on, the server answers sooner than it is
done, and takes in more than it could in the long run."""


class Role(StrEnum):
    """What a slice is there for.

    WARM_UP: nothing is read from it. EXPOSURE: load that goes on without a break, for seconds: what
    average, percentiles, throughput and outcomes are read from. COMPARISON: cut into pieces that
    are taken in turns with the other servers'; what they are compared by, and no more.
    """

    WARM_UP = "warm-up"
    EXPOSURE = "exposure"
    COMPARISON = "comparison"


class DoubtKind(StrEnum):
    """A typed reason to distrust a slice; `bench.doubts` has the thresholds and the advice."""

    UNSENT = "unsent"
    SEND_LAG = "send_lag"
    CONNECTION_WAIT = "connection_wait"
    CLIENT_DELAY = "client_delay"
    GENERATOR_SATURATED = "generator_saturated"
    GENERATOR_CEILING = "generator_ceiling"
    GENERATOR_MAKES = "generator_makes"
    GENERATOR_STARVED = "generator_starved"
    BEGUN_LATE = "begun_late"
    ENDED_EARLY = "ended_early"
    LITTLES_LAW = "littles_law"
    OFFERED_RATE_NOT_REACHED = "offered_rate_not_reached"
    OVERLOADED = "overloaded"
    WRONG_RESPONSES = "wrong_responses"
    WORK_PILES_UP = "work_piles_up"
    STILL_WORKING = "still_working"
    NEIGHBOUR_WORKING = "neighbour_working"
    PROCESSES_CHANGED = "processes_changed"
    CONNECTIONS_LOST = "connections_lost"
    COLLECTOR_RAN = "collector_ran"
    STOLEN_CPU = "stolen_cpu"
    NETWORK_DELAY = "network_delay"
    ONE_CORE = "one_core"
    NOT_PINNED = "not_pinned"
    COARSE_TIMER = "coarse_timer"
    CLIENT_DELAY_UNKNOWN = "client_delay_unknown"
    REFERENCE_CLIENT = "reference_client"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason to distrust one slice.

    `value` is the measured figure that raised it (its unit is the kind's, see `bench.doubts`);
    `fatal` says that the slice is invalid rather than suspect.
    """

    kind: DoubtKind
    value: float
    fatal: bool = False


class Whole(StrEnum):
    """Why no slice of a workload is cut into pieces.

    AWAITING: most servers spend most of a request's time waiting, not working. LONG: requests take
    too long for two to follow each other in a slice. UNKNOWN: the pilot showed nothing of any.
    """

    AWAITING = "awaiting"
    LONG = "long"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cut:
    """How long slices of a workload last, seconds, and into how many pieces they are cut.

    window_s: of slices that are compared, all alike; pieces: of each of these, by mode and profile.
    exposure_s: window of an exposure. lead_in_s: before it, longer than a request takes. drain_s:
    how long an answer is waited for. whole: why nothing is cut; None: something is, or the run was
    recorded by a version that did not say. replayed_s: window of an exposure to an access log's
    arrivals, in place of an open loop at a rate; None: there is none.
    """

    window_s: float
    pieces: dict[Mode, dict[str, int]]
    exposure_s: float
    lead_in_s: float
    drain_s: float
    whole: Whole | None = None
    replayed_s: float | None = None

    @property
    def exposures_s(self) -> float:
        """Windows of an exposure to each of the two loads, together."""
        return self.exposure_s + (self.replayed_s or self.exposure_s)

    @property
    def compared_s(self) -> float:
        """Windows of a slice in pieces of each load that has such, together."""
        return self.window_s * sum(self.in_pieces(mode) for mode in self.pieces)

    def pieces_of(self, cell: Cell) -> int:
        """Into how many pieces a slice of a cell is cut."""
        return self.pieces[cell.load.mode][cell.profile]

    def in_pieces(self, mode: Mode) -> bool:
        """Whether slices of a mode are cut at all: where requests take long, they cannot be."""
        return any(number > 1 for number in self.pieces[mode].values())


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a slice that was cut into pieces showed in each of them, in their order.

    As in `Observation`; times are response times in open loop and service times in closed loop,
    None where a piece had no right answer.
    """

    window_ns: int  # of each
    answered_in_window: tuple[int, ...]
    mean_ns: tuple[float | None, ...]
    p50_ns: tuple[float | None, ...]
    cpu_ns: tuple[int | None, ...]
    cpu_requests: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stalls:
    """How often, and for how long, a server answered nothing although requests waited.

    total_ns: of the window. longest_ns: the whole of the longest that touched the window.
    """

    count: int
    total_ns: int
    longest_ns: int


def _outcomes(values: Sequence[dict[Outcome, int]], _windows: Sequence[int]) -> dict[Outcome, int]:
    """How many requests had each; without those that none had."""
    sums = occurrences(values)
    return {outcome: sums[outcome] for outcome in Outcome if outcome in sums}


def _stalls(values: Sequence[Stalls], _windows: Sequence[int]) -> Stalls:
    """Each stall lies within one piece."""
    return Stalls(
        count=sum(value.count for value in values),
        total_ns=sum(value.total_ns for value in values),
        longest_ns=max(value.longest_ns for value in values),
    )


def _stalls_of_all(values: Sequence[Stalls], _windows: Sequence[int]) -> Stalls:
    """A server stood still where no generator got an answer: at most the least that one saw."""
    return min(values, key=lambda stalls: stalls.total_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the generator has seen of one slice.

    Each field says how it is put together: of pieces one after the other, and of generators at
    once (see `bench.facts.combining`).

    Requests *counted* are those due (open) or sent (closed) after the lead-in and before the end
    of the window, and those of the lead-in that failed after it. Histograms hold nanoseconds of the
    right answers among them, but for send_lag and connection_wait, which are of all that were sent.
    An answer has come when the kernel received its last bytes (`received`), as far as it stamps
    answers: in open loop all of them, in closed loop a sample; else when it was read (`done`).

    In open loop only:

    - connection_wait: from intended until a connection was free for it, mostly 0;
    - send_lag: from then, or from intended if one was free, until it was sent: the generator's own;
    - response: connection_wait + service: from intended, without the generator's own delays;

    In both loops:

    - service: from sent until it had come (open), or until it was read (closed);
    - client_delay: done - received, of those that were stamped;
    - raw: done - intended (open) or done - sent (closed) of the same, as a client without stamps
      would have seen it;
    - corrected: in closed loop received - sent, of the same; None in open loop, where all are.
    """

    started_at: str = field(metadata=combined(first, least))  # wall clock, ISO 8601 with zone
    window_ns: int = field(metadata=combined(total, first))  # counted part, without the lead-in

    # counts
    outcomes: dict[Outcome, int] = field(metadata=combined(_outcomes))
    answered_in_window: int = field(metadata=combined(total))
    """Right answers whose last byte came inside the window."""
    waiting_at_start: int = field(metadata=combined(total))
    """Requests due (open) or sent (closed) and not answered yet, of the window."""
    waiting_at_end: int = field(metadata=combined(total))
    """The same; where it ended in the midst of a stall, when that had begun."""
    made: int = field(default=0, metadata=combined(total))
    """Requests that were made in the slice, for they could not be made before it."""
    errors: tuple[str, ...] = field(default=(), metadata=combined(few))  # a few failures in words
    statuses: dict[int, int] = field(default_factory=dict, metadata=combined(occurrences))
    """Of the wrong ones: how often each came."""
    examples: dict[str, str] = field(default_factory=dict, metadata=combined(examples))
    """By such a status, or by outcome."""

    # times, and means over the window
    in_flight_mean: float = field(metadata=combined(over_windows, total))
    """Of requests that were answered correctly."""
    thinking_mean: float = field(default=0.0, metadata=combined(over_windows, total))
    """Connections that waited as the workload wants."""
    response: Histogram | None = field(metadata=combined(histogram))
    connection_wait: Histogram | None = field(metadata=combined(histogram))
    send_lag: Histogram | None = field(metadata=combined(histogram))
    service: Histogram = field(metadata=combined(histogram))
    client_delay: Histogram | None = field(metadata=combined(histogram))  # None: no kernel stamps
    raw: Histogram | None = field(metadata=combined(histogram))
    corrected: Histogram | None = field(metadata=combined(histogram))
    stalls: Stalls = field(metadata=combined(_stalls, _stalls_of_all))
    pieces: Pieces | None = field(default=None, metadata=combined(nothing))  # None: it was not cut
    streams: EventStreams | None = field(
        default=None, metadata=combined(streams_in_sequence, streams_in_parallel)
    )
    """Of events; None: there were none."""
    new_connections: NewConnections | None = field(
        default=None, metadata=combined(connections_together)
    )
    """Opened for one request each; None: connections were kept."""

    # the server's CPU: that of its whole tree, which every generator reads
    cpu_ns: int | None = field(metadata=combined(total, greatest))
    """Until it was idle again; None: unreadable."""
    cpu_requests: int = field(metadata=combined(total))
    """Requests answered in that same time, counted or not."""
    settling_ns: int | None = field(metadata=combined(greatest))
    """From the last answer until the tree was idle; None: unknown."""
    settled: bool = field(metadata=combined(every))
    """False: it was not idle when the time for that was over."""
    worked_ns: int | None = field(default=None, metadata=combined(total, greatest))
    """From the first request until the tree was idle; None: unknown."""
    processes_changed: int = field(metadata=combined(total, greatest))
    """Processes of the server that ended or came, as far as it was seen."""

    # connections: a pool counts on from piece to piece
    connections_opened: int = field(metadata=combined(last, total))
    """In the middle of the slice, because one was lost."""
    connections_lost: int = field(metadata=combined(last, total))  # closed by the server
    network_ns: int | None = field(metadata=combined(middle_of_known, greatest))
    """Shortest round trip to the server that the kernel has seen, median."""

    # the generator's own: in parallel, shares are those of its busiest, or most hindered, core
    generator_cpu_ns: int = field(metadata=combined(total))
    """Of all its cores, lead-in and drain included."""
    generator_cpu_share: float = field(metadata=combined(over_windows, greatest))
    """CPU time / wall time of its busiest core in the slice, 0 to 1."""
    starved_share: float | None = field(metadata=combined(over_windows, greatest))
    """Of that time, ready to run while another had the core."""
    preemptions: int = field(metadata=combined(total))  # involuntary context switches
    collections: int = field(metadata=combined(total))
    """Runs of its garbage collector in the window."""
    late_ns: int = field(default=0, metadata=combined(total, greatest))
    """After the start of the plan, that the load began."""
    unloaded_ns: int = field(default=0, metadata=combined(total, greatest))
    """Of the window, after a closed loop had no room left to write requests down."""

    @property
    def requests(self) -> int:
        """Requests counted, whatever became of them."""
        return sum(self.outcomes.values())

    @property
    def failures(self) -> int:
        """Requests counted that were not answered correctly; the unsent are among them."""
        return self.requests - self.outcomes.get(Outcome.OK, 0)

    @property
    def throughput_rps(self) -> float:
        """Right answers in the window / length of the window, a second."""
        return self.answered_in_window / (self.window_ns / 1e9)

    @property
    def works_on_share(self) -> float:
        """Time for which the server worked on after its last answer / length of the window."""
        return (self.settling_ns or 0) / self.window_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Observation):
    """One cell under load for a fraction of a second: the smallest thing measured and judged."""

    cell: Cell
    round: int
    rotation: int
    position: int
    role: Role
    ended_s: float  # of the experiment's time, launches included, that was spent when it ended
    stolen_share: float | None  # of all cores' time, taken by the hypervisor; None: unknown
    doubts: tuple[Doubt, ...] = ()
    verdict: Verdict = Verdict.VALID

    @property
    def warm_up(self) -> bool:
        """Whether nothing is read from it."""
        return self.role is Role.WARM_UP

    @property
    def work_piled_up(self) -> bool:
        """Whether the server took in more at saturation than it could get done meanwhile."""
        closed = self.cell.load.mode is Mode.CLOSED and self.pieces is None
        return closed and (not self.settled or self.works_on_share > WORKS_ON_SHARE)

    @property
    def throughput_parts(self) -> tuple[float, float]:
        """Right answers, and the seconds that they took: the ratio of both is the throughput.

        Those of the window. Where work piled up: of the whole load, until the server was idle.
        """
        if not self.work_piled_up or self.worked_ns is None:
            return float(self.answered_in_window), self.window_ns / 1e9
        right = 1 - self.failures / self.requests if self.requests else 0.0
        return right * self.cpu_requests, self.worked_ns / 1e9
