"""What a report shows, as data: every figure an estimate, every absence with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

from bench.analysis.absence import Absence, ServerFault
from bench.analysis.failures import Failure, failures
from bench.analysis.instructions.servers import CountedWorkload
from bench.analysis.note import Note
from bench.facts.load import Cell, Load, Mode
from bench.facts.run import Manifest
from bench.facts.selftest import Claim
from bench.facts.server import HTTP_1_1, TCP, Gate
from bench.facts.slice import Cut, DoubtKind, Outcome, Role, Stalls, Verdict
from bench.facts.streams import EventFault, LeftStreams
from bench.stats.compare import Comparison
from bench.stats.estimate import Estimate, Replicates
from bench.stats.family import Pair
from bench.stats.histogram import Histogram
from bench.stats.ranks import Rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The estimates of one cell; None where there is none.

    Times are response times in open loop (from intended until the kernel had the answer, without
    the generator's delay in sending) and service times in closed loop (done - sent), of right
    answers, of all usable exposures pooled. In closed loop, corrected times end when the kernel
    received the answer, not when the generator read it; they are of a sample. A percentile is
    withheld where too few requests stand behind it (see `bench.analysis.withheld_percentiles`).
    The last four belong to the profile, whatever it was loaded with.
    """

    throughput_rps: Estimate | None = None  # right answers in the windows / length of the windows
    avg_ms: Estimate | None = None
    p50_ms: Estimate | None = None
    p90_ms: Estimate | None = None
    p95_ms: Estimate | None = None
    p99_ms: Estimate | None = None
    corrected_avg_ms: Estimate | None = None
    corrected_p50_ms: Estimate | None = None
    corrected_p90_ms: Estimate | None = None
    corrected_p95_ms: Estimate | None = None
    corrected_p99_ms: Estimate | None = None
    cpu_us_per_request: Estimate | None = None  # CPU time of the process tree / requests answered
    stalled_share: Estimate | None = None  # of the windows: nothing answered though requests waited
    pss_mib: Estimate | None = None  # proportional set size of the tree, after its load
    startup_ms: Estimate | None = None  # launch to first right answer
    pss_idle_mib: Estimate | None = None  # proportional set size of the tree, before any load
    idle_connection_kib: Estimate | None = None  # of it, for each idle WebSocket

    def get(self, name: str) -> Estimate | None:
        """Look a figure up by its name."""
        figure: Estimate | None = getattr(self, name)
        return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFigures:
    """What the streams of events of one cell have shown, over its usable slices pooled.

    `bench.figures.OF_STREAMS` describes the estimates; None: there is none, or a percentile is
    withheld. streams: right ones that are counted; events: of all of them. faults: events that were
    not as they should be.
    """

    streams: int
    events: int
    faults: dict[EventFault, int]
    first_byte_p50_ms: Estimate | None = None
    first_byte_p95_ms: Estimate | None = None
    gap_p50_ms: Estimate | None = None
    gap_p95_ms: Estimate | None = None
    gap_p99_ms: Estimate | None = None
    event_rate: Estimate | None = None
    streams_held: Estimate | None = None
    stream_p50_ms: Estimate | None = None
    plain_p50_ms: Estimate | None = None
    plain_p95_ms: Estimate | None = None

    def get(self, name: str) -> Estimate | None:
        """Look a figure up by its name."""
        figure: Estimate | None = getattr(self, name)
        return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFigures:
    """What new connections of one cell have shown, over its usable slices pooled.

    `bench.figures.OF_CONNECTIONS` describes the estimates; None: there is none, or a percentile is
    withheld. connections: those that are counted.
    """

    connections: int
    connection_rate: Estimate | None = None
    first_answer_p50_ms: Estimate | None = None
    first_answer_p95_ms: Estimate | None = None
    first_answer_p99_ms: Estimate | None = None
    connect_p50_ms: Estimate | None = None
    connect_p99_ms: Estimate | None = None
    handshake_p50_ms: Estimate | None = None
    handshake_p95_ms: Estimate | None = None
    resumed_share: Estimate | None = None

    def get(self, name: str) -> Estimate | None:
        """Look a figure up by its name."""
        figure: Estimate | None = getattr(self, name)
        return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a part of the time of each request was distributed, ms, over `count` requests.

    Percentiles are None where these are too few.
    """

    count: int
    avg_ms: float
    p50_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Where the time of one cell went, over its usable slices pooled; None where it is not known.

    In open loop connection_wait + service make up the response time, send_lag came before the
    sending, and client_delay after the service time: from the kernel's receipt of an answer to the
    generator's (in closed loop it is the end of the service time). raw are the times of those that
    were stamped, as a client without stamps would have seen them. Shares are the worst of a slice,
    the network's round trip is the median over the slices, preemptions and collections are sums.
    """

    connection_wait: Spread | None
    send_lag: Spread | None
    service: Spread | None
    client_delay: Spread | None
    raw: Spread | None
    network_ms: float | None
    generator_cpu_us_per_request: float | None
    generator_cpu_share: float
    starved_share: float | None
    preemptions: int
    collections: int


class Effect(Enum):
    """What a kind of doubt does to the figures of a cell.

    NOTED: nothing; it is a fact to be known. MOVED: without the exposures in which it was raised, a
    figure leaves its interval. NOT_COMPARABLE: too few exposures are without it to compare with.
    LASTING: it concerns every exposure by its nature. LEFT_OUT: exposures that it spoiled are in no
    figure.
    """

    NOTED = auto()
    MOVED = auto()
    NOT_COMPARABLE = auto()
    LASTING = auto()
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True)
class CellDoubt:
    """One kind of doubt over all exposures of a cell.

    worst: the value farthest from innocence, in the kind's unit (see `bench.doubts`); slices: how
    many raised it; of: how many were counted; fatal: whether it made any of them invalid; effect:
    whether a figure depends on it.
    """

    kind: DoubtKind
    worst: float
    slices: int
    of: int
    fatal: bool
    effect: Effect = Effect.NOTED


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure that depends on doubted exposures.

    with_: of all usable exposures. without: of those without these doubts alone, which is outside
    of the interval of the other. kinds: the doubts. exposures: how many raised any of them; of: how
    many are usable.
    """

    figure: str
    with_: Estimate
    without: Estimate
    kinds: tuple[DoubtKind, ...]
    exposures: int
    of: int


@dataclass(frozen=True, slots=True)
class CellRow:
    """One profile under one workload at one load.

    slices: exposures that the figures are made of; slices_counted: all of them, invalid ones
    included. outcomes: of all counted slices; statuses: of the wrong ones among them, how often
    each came. errors: some of the failures in words; examples: one of each kind, by status or
    outcome. reason: why there is no figure. timings: the pooled times, ns. attribution: None where
    there is no figure. group: a letter for each group of rows that it cannot be told apart from.
    course: when each usable slice ended, seconds of the experiment's time, and the figure that
    ranks, of it alone. stalls: of all exposures that the figures are made of; None where there is
    no figure. moved: figures that depend on doubted exposures. processes_changed: that ended or
    came, in all exposures; settling_ns: how long it worked on after its last answer, in the
    longest; None: unknown. workers: processes that took requests; None: unknown.
    connection: how it was reached, in words. protocol: what it was asked by. streams: None where
    no answer was one. new_connections: None where connections were kept.
    """

    cell: Cell
    title: str
    verdict: Verdict
    slices: int = 0
    slices_counted: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    figures: Figures = field(default_factory=Figures)
    timings: Histogram | None = None
    attribution: Attribution | None = None
    doubts: tuple[CellDoubt, ...] = ()
    reason: Absence | None = None
    rank: Rank | None = None
    cpu_rank: Rank | None = None
    group: str = ""
    course: tuple[tuple[float, float], ...] = ()
    stalls: Stalls | None = None
    moved: tuple[Moved, ...] = ()
    processes_changed: int = 0
    settling_ns: int | None = None
    workers: int | None = None
    connection: str = TCP
    protocol: str = HTTP_1_1
    streams: StreamFigures | None = None
    new_connections: ConnectionFigures | None = None

    @property
    def profile(self) -> str:
        """Name of the profile."""
        return self.cell.profile

    @property
    def requests(self) -> int:
        """Requests counted, whatever became of them."""
        return sum(self.outcomes.values())

    @property
    def failed(self) -> tuple[Failure, ...]:
        """The ways in which requests failed."""
        return failures(self.outcomes, self.statuses, self.examples)

    @property
    def failures(self) -> int:
        """Requests counted that were not answered correctly; the unsent are among them."""
        return self.requests - self.outcomes.get(Outcome.OK, 0)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two profiles of which pieces and exposures do not show the same, by the figure that ranks."""

    pieces: Pair
    exposures: Pair


@dataclass(frozen=True, slots=True)
class StreamComparison:
    """Every two profiles by one figure of streams, by exposures: a family of its own.

    pairs: every two. ranks: by what is shown of them.
    """

    figure: str
    baseline: str
    pairs: tuple[Pair, ...]
    ranks: Mapping[str, Rank]

    def against_baseline(self) -> dict[str, Pair]:
        """Each other profile / the baseline."""
        found = [pair for pair in self.pairs if self.baseline in {pair.subject, pair.reference}]
        others = [p.subject if p.reference == self.baseline else p.reference for p in found]
        return {other: pair.seen_from(other) for other, pair in zip(others, found, strict=True)}


@dataclass(frozen=True, slots=True)
class Section:
    """All profiles under one workload at one load, best first.

    comparisons: every two profiles, by the name of the figure they are compared by. groups: every
    largest set of profiles that cannot be told apart by `ranked_by`. itself: the baseline's twin
    against the baseline, by figure.
    compared_by: whether pieces or exposures were compared. contradicted: pairs of which exposures
    show something else than pieces; these alone are compared by exposures. think_s: for how long a
    connection waited after an answer as the workload wanted, on average; None: not at all.
    of_streams: comparisons by figures of streams, where there were any. pieceless: profiles that
    are compared by exposures alone, as they have too few pieces in common with any other.
    """

    workload: str
    load: Load
    rows: tuple[CellRow, ...]
    comparisons: Mapping[str, tuple[Pair, ...]]
    groups: tuple[tuple[str, ...], ...]
    itself: Mapping[str, Comparison]
    compared_by: Role = Role.COMPARISON
    contradicted: tuple[Contradiction, ...] = ()
    pieceless: tuple[str, ...] = ()
    think_s: float | None = None
    of_streams: tuple[StreamComparison, ...] = ()

    @property
    def renews(self) -> bool:
        """Whether every request had a connection of its own."""
        return any(row.new_connections is not None for row in self.rows)

    @property
    def ranked_by(self) -> str:
        """Name of the figure that ranks: the one that the load leaves free.

        At a common offered rate throughput is given, and the time taken is the answer; its median,
        since the mean of a slice is moved by any burst of the machine's. In closed loop service
        times follow from the throughput by Little's law.
        """
        return "p50_ms" if self.load.mode is Mode.OPEN else "throughput_rps"

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every two profiles by the figure that ranks."""
        return self.comparisons.get(self.ranked_by, ())

    def against(self, reference: str, figure: str | None = None) -> dict[str, Pair]:
        """Every other profile's comparison with this one, by `ranked_by` unless told otherwise."""
        pairs = self.comparisons.get(figure or self.ranked_by, ())
        found = [pair for pair in pairs if reference in {pair.subject, pair.reference}]
        others = [p.subject if p.reference == reference else p.reference for p in found]
        return {other: pair.seen_from(other) for other, pair in zip(others, found, strict=True)}


@dataclass(frozen=True, slots=True)
class AgainstItself:
    """One figure of the baseline's twin against the baseline: what is seen where nothing differs.

    pair: twin / baseline; all of a run are one family.
    """

    workload: str
    load: Load
    figure: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class SelfTestFailed:
    """The instrument could not prove these claims of itself on this machine."""

    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class FalseDifferences:
    """Differences that the run shows where there are none; at least one."""

    shown: tuple[AgainstItself, ...]


RunWarning: TypeAlias = SelfTestFailed | FalseDifferences
"""Why no figure of a run is to be trusted as it stands."""


@dataclass(frozen=True, slots=True)
class SettingsCost:
    """One figure of one server with settings of the app, against the same server without them.

    pair: with / without, by the figure of that name in `Figures`.
    """

    server: str  # without
    settings: dict[str, str]
    workload: str
    load: Load
    figure: str
    pair: Pair

    @property
    def setting(self) -> str:
        """The settings in one word: "cache=lru+metrics=metrics"."""
        return "+".join(f"{name}={value}" for name, value in self.settings.items())


@dataclass(frozen=True, slots=True)
class ProtocolCost:
    """One figure of one server over a protocol, against the same server over another.

    server: its name without the protocol. pair: over `protocol` / over `reference`, by the figure
    of that name in `Figures`.
    """

    server: str
    protocol: str
    reference: str
    workload: str
    load: Load
    figure: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class AgreedTls:
    """What was agreed upon in TLS handshakes, and with which servers; see `TlsFacts`."""

    servers: tuple[str, ...]
    version: str
    cipher: str
    resumed: bool


class TutorialClaim(Enum):
    """What the tutorial says of servers; `bench.report.claims` has the words and the rules."""

    UVICORN_IS_LIGHT = auto()
    GUNICORN_NEEDS_MEMORY = auto()
    DAPHNE_IS_SLOWER = auto()
    HYPERCORN_IS_SLOWER = auto()
    HYPERCORN_SPEAKS = auto()
    UWSGI_STARTS_SLOWLY = auto()
    CACHING_HELPS = auto()


class Judgement(Enum):
    """What a run has to say of a claim."""

    SUPPORTED = auto()
    EXCEEDED = auto()  # what the claim says, but to a higher degree than it says
    CONTRADICTED = auto()
    NOT_SHOWN = auto()
    NOT_TESTED = auto()


@dataclass(frozen=True, slots=True)
class ClaimTest:
    """One comparison that bears on a claim.

    figure: its name in `Figures`. higher: whether the claim says that subject has more of it than
    reference. workload, load: None where processes are compared. cost: None unless it is of a
    server with settings against the same server without. most: the ratio up to which the claim's
    degree ("slightly") holds; None: it names no degree.
    """

    figure: str
    pair: Pair
    higher: bool
    workload: str | None = None
    load: Load | None = None
    cost: SettingsCost | None = None
    most: float | None = None

    @property
    def agrees(self) -> bool:
        """Whether it shows what the claim says, and no more than that."""
        highest = self.pair.ratio.hi
        within = self.most is None or (highest is not None and highest <= self.most)
        return self._same_direction and within

    @property
    def exceeds(self) -> bool:
        """Whether it shows more than the claim's degree."""
        lowest = self.pair.ratio.lo
        return self.most is not None and lowest is not None and lowest > self.most

    @property
    def opposes(self) -> bool:
        """Whether it shows the opposite."""
        return self.pair.shown and not self._same_direction

    @property
    def _same_direction(self) -> bool:
        return self.pair.shown and (self.pair.comparison.center > 0) is self.higher


@dataclass(frozen=True, slots=True)
class AnsweredOver:
    """How many requests a server answered over one protocol, and how many of them correctly."""

    server: str
    protocol: str
    requests: int
    correct: int


@dataclass(frozen=True, slots=True)
class TriedClaim:
    """A claim of the tutorial, what bears on it (comparisons, or protocols), and what follows."""

    claim: TutorialClaim
    tests: tuple[ClaimTest, ...]
    judgement: Judgement
    spoken: tuple[AnsweredOver, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerRow:
    """One profile as a process: what it takes to start and to keep.

    faults: what went wrong with it; without any it ran as it should. workers, connection, protocol:
    as of its cells. left: how clients that left streams were noticed; None: that was not measured.
    """

    profile: str
    title: str
    figures: Figures
    gate: Gate | None
    faults: tuple[ServerFault, ...] = ()
    workers: int | None = None
    connection: str = TCP
    protocol: str = HTTP_1_1
    left: LeftStreams | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that the reports of a run say.

    rounds: fresh starts that slices were counted in. replicates: what the intervals cover.
    warnings: why the figures are not to be trusted; they come first. itself: the baseline against
    itself. notes: what is to be kept in mind with every figure.
    under_load: share of the time from the start of the run to its last slice that was spent in
    measured windows, 0 to 1. claims: what the tutorial says of servers, judged by this run. cuts:
    how long slices of each workload lasted, as far as it was written down. counted: instructions a
    request, where they were counted.
    """

    manifest: Manifest
    sections: tuple[Section, ...]
    servers: tuple[ServerRow, ...]
    rounds: int
    replicates: Replicates
    warnings: tuple[RunWarning, ...]
    itself: tuple[AgainstItself, ...]
    notes: tuple[Note, ...]
    under_load: float | None
    settings_costs: tuple[SettingsCost, ...] = ()
    protocol_costs: tuple[ProtocolCost, ...] = ()
    tls: tuple[AgreedTls, ...] = ()
    claims: tuple[TriedClaim, ...] = ()
    cuts: Mapping[str, Cut] = field(default_factory=dict)
    counted: tuple[CountedWorkload, ...] = ()
