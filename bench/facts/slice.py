"""What one slice has shown: outcomes, times, CPU, stalls; its doubts and its verdict."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bench.facts.load import Cell, Mode
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


@dataclass(frozen=True, slots=True)
class Cut:
    """How long slices of a workload last, seconds, and into how many pieces they are cut.

    window_s: of slices that are compared, all alike; pieces: of each of these, by mode and profile.
    exposure_s: window of an exposure. lead_in_s: before it, longer than a request takes. drain_s:
    how long an answer is waited for.
    """

    window_s: float
    pieces: dict[Mode, dict[str, int]]
    exposure_s: float
    lead_in_s: float
    drain_s: float

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the generator has seen of one slice.

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

    started_at: str  # wall clock, ISO 8601 with zone
    window_ns: int  # counted part, without the lead-in
    outcomes: dict[Outcome, int]
    answered_in_window: int  # right answers whose last byte came inside the window
    in_flight_mean: float  # of requests that were answered rightly, averaged over the window
    response: Histogram | None
    connection_wait: Histogram | None
    send_lag: Histogram | None
    service: Histogram
    client_delay: Histogram | None  # None: no kernel timestamps
    raw: Histogram | None
    corrected: Histogram | None
    stalls: Stalls
    waiting_at_start: (
        int  # requests due (open) or sent (closed) and not answered yet, of the window
    )
    waiting_at_end: int  # the same; where it ended in the midst of a stall, when that had begun
    cpu_ns: int | None  # of the server's whole tree, until it was idle again; None: unreadable
    cpu_requests: int  # requests answered in that same time, counted or not
    settling_ns: int | None  # from the last answer until the tree was idle; None: nobody can tell
    settled: bool  # False: it was not idle when the time for that was over
    worked_ns: int | None = None  # from the first request until the tree was idle; None: unknown
    processes_changed: int  # processes of the server that ended or came, as far as it was seen
    connections_opened: int  # in the middle of the slice, because one was lost
    connections_lost: int  # closed by the server
    network_ns: int | None  # shortest round trip to the server that the kernel has seen, median
    generator_cpu_ns: int  # of all the generator's cores, lead-in and drain included
    generator_cpu_share: float  # CPU time / wall time of its busiest core in the slice, 0 to 1
    starved_share: float | None  # of that time, ready to run while another had the core
    preemptions: int  # involuntary context switches of the generator
    collections: int  # runs of the generator's garbage collector in the window
    thinking_mean: float = 0.0  # connections that waited as the workload wants, over the window
    made: int = 0  # requests that were made in the slice, for they could not be made before it
    errors: tuple[str, ...] = ()  # a few failures in words, at most 5
    statuses: dict[int, int] = field(default_factory=dict)  # of the wrong ones: how often each came
    examples: dict[str, str] = field(default_factory=dict)  # by such a status, or by outcome
    pieces: Pieces | None = None  # None: it was not cut

    @property
    def requests(self) -> int:
        """Requests counted, whatever became of them."""
        return sum(self.outcomes.values())

    @property
    def failures(self) -> int:
        """Requests counted that were not answered rightly; the unsent are among them."""
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
