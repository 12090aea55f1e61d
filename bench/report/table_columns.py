"""What the tables of every format show: columns, their order and their text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench import figures
from bench.analysis.model import (
    Attribution,
    CellRow,
    Judgement,
    Section,
    ServerRow,
    Spread,
    Summary,
)
from bench.facts.load import Mode, Sent
from bench.facts.server import HTTP_1_1, TCP
from bench.facts.slice import DoubtKind, Role
from bench.figures import FIGURES, Figure
from bench.formatting import (
    common,
    decimals,
    figure,
    listing,
    load_in_words,
    loop_in_words,
    number,
    plural,
    share,
    shares,
    worded,
)
from bench.messages import failure_counts
from bench.report import exactness
from bench.report.absences import reason
from bench.report.cells import NONE, compared, estimated
from bench.report.claims import CLAIMS, VERDICTS
from bench.report.claims import measured as comparisons
from bench.report.document import Column
from bench.report.exactness import Limits
from bench.report.footnotes import Footnote, marks
from bench.stats.family import Pair
from bench.stats.ranks import Rank

DIFFERENCES = (0.03, 0.05, 0.10)  # true ones, whose chance to be shown a report tells
RATIOS = {each.name: each.title for each in (figures.P50, figures.THROUGHPUT)}
NO_FIGURE = "no figure"
_FINEST = 4  # places of a part's milliseconds: nothing here is known to better than 0.1 us


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """A figure as a column; the lightest goes first where there is too little room."""

    figure: Figure
    weight: int

    sent: Sent = Sent.REQUEST

    @property
    def name(self) -> str:
        """Its name in `bench.analysis.Figures`."""
        return self.figure.name

    @property
    def title(self) -> str:
        """What stands above it."""
        return worded(self.figure.title, self.sent)

    @property
    def unit(self) -> str:
        """The unit of its cells."""
        return worded(self.figure.unit, self.sent)

    def of(self, sent: Sent) -> "FigureColumn":
        """The same, of what was sent: figures are described for requests."""
        return replace(self, sent=sent)


AVERAGE = FigureColumn(figures.AVERAGE, 100)
P50 = FigureColumn(figures.P50, 40)
P90 = FigureColumn(figures.P90, 80)
P95 = FigureColumn(figures.P95, 90)
P99 = FigureColumn(figures.P99, 45)
THROUGHPUT = FigureColumn(figures.THROUGHPUT, 30)
CPU = FigureColumn(figures.CPU, 60)
STARTUP = FigureColumn(figures.STARTUP, 50)
PSS_IDLE = FigureColumn(figures.PSS_IDLE, 50)
PSS = FigureColumn(figures.PSS, 50)
IDLE_CONNECTION = FigureColumn(figures.IDLE_CONNECTION, 50)
OF_PROCESS = (STARTUP, PSS_IDLE, PSS, IDLE_CONNECTION)

_OPEN = (AVERAGE, P50, P90, P95, P99, CPU, THROUGHPUT)
_CLOSED = (
    FigureColumn(figures.THROUGHPUT, 100),
    CPU,
    AVERAGE,
    P50,
    P95,
    P99,
)


def columns(
    section: Section,
    baseline: str,
    notes: dict[DoubtKind, Footnote],
    limits: Limits = exactness.UNLIMITED,
) -> tuple[Column, ...]:
    """Shape the table of one workload at one load."""
    rows = section.rows
    figures = _OPEN if section.load.mode is Mode.OPEN else _CLOSED
    first = _figure_column(figures[0], rows, NO_FIGURE, limits)
    return (
        Column("rank", "group", tuple(map(_place, rows)), 119, numeric=False),
        Column("server", "", tuple(row.profile for row in rows), 120, numeric=False),
        *_setups(rows),
        first,
        *_ratio_column(section, baseline, limits),
        *(_figure_column(shown, rows, NONE, limits) for shown in figures[1:]),
        *_failures_column(rows),
        Column("verdict", "", tuple(verdict(row, notes) for row in rows), 95, numeric=False),
    )


def _setups(rows: Sequence[CellRow]) -> tuple[Column, ...]:
    """Shape what sets servers apart beside themselves; nothing where it is the same for all."""
    workers = tuple(NONE if row.workers is None else str(row.workers) for row in rows)
    reached = tuple(row.connection.partition(",")[0] for row in rows)
    protocols = tuple(row.protocol for row in rows)
    found = (
        Column("workers", "", workers, 107),
        *(
            []
            if _tell_the_same(protocols, reached)
            else [Column("reached by", "", reached, 106, numeric=False)]
        ),
    )
    return (
        *(
            []
            if {*protocols} == {HTTP_1_1}
            else [Column("protocol", "", protocols, 108, numeric=False)]
        ),
        *(column for column in found if len({*column.cells} - {NONE}) > 1),
    )


def _tell_the_same(protocols: Sequence[str], reached: Sequence[str]) -> bool:
    """Whether it follows from the protocols how servers were reached."""
    usual = {"https/1.1": "TLS", "h2": "TLS", "h3": "TLS"}
    return all(
        how == usual.get(protocol, TCP) for protocol, how in zip(protocols, reached, strict=True)
    )


def attribution_columns(section: Section) -> tuple[Column, ...]:
    """Shape the table of where the time of one section went; no columns where nothing is known."""
    rows = [row for row in section.rows if row.attribution is not None]
    if not rows:
        return ()
    is_open = section.load.mode is Mode.OPEN
    found = [row.attribution for row in rows if row.attribution is not None]
    columns = (
        Column("server", "", tuple(row.profile for row in rows), 120, numeric=False),
        *(
            part.column([getattr(each, part.name) for each in found])
            for part in _parts(is_open=is_open, stamped=stamped(section))
        ),
    )
    if is_open or not stamped(section):
        return columns
    return (
        *columns,
        *(_corrected_column(point, rows) for point in ("average", "p95", "p99")),
        Column("responses timestamped", "", tuple(_stamps(each) for each in found), 20),
    )


def _parts(*, is_open: bool, stamped: bool) -> tuple["Part", ...]:
    """In open loop, the two that make up the response time, then what stands beside it."""
    if not is_open:
        return (_SERVICE, *((_DELAY,) if stamped else ()))
    return (_WAIT, _SERVICE, _LAG, *((_DELAY, _RAW) if stamped else ()))


def stamped(section: Section) -> bool:
    """Whether the kernel stamped any answer of a section."""
    return any(row.attribution and row.attribution.client_delay for row in section.rows)


def _corrected_column(point: str, rows: Sequence[CellRow]) -> Column:
    """The stamped answers alone: as they were, and without the client's delay."""
    name = "avg_ms" if point == "average" else f"{point}_ms"
    cells = tuple(_corrected(row, name) for row in rows)
    return Column(f"{point} → corrected", "ms", cells, 55)


def _corrected(row: CellRow, name: str) -> str:
    raw = getattr(row.attribution.raw, name) if row.attribution and row.attribution.raw else None
    after = row.figures.get(f"corrected_{name}")
    return NONE if raw is None or after is None else f"{number(raw)} → {figure(after)}"


def _stamps(found: Attribution) -> str:
    return NONE if found.client_delay is None else f"{found.client_delay.count:,}"


@dataclass(frozen=True, slots=True)
class Part:
    """Some points of one part of the time as a column, ms."""

    name: str
    title: str
    points: tuple[str, ...]

    def column(self, spreads: Sequence[Spread | None]) -> Column:
        """A line a server."""
        heading = " / ".join(point.removesuffix("_ms") for point in self.points)
        return Column(f"{self.title}, {heading}", "ms", tuple(map(self._cell, spreads)), 50)

    def _cell(self, spread: Spread | None) -> str:
        if spread is None:
            return NONE
        return " / ".join(_short(getattr(spread, point)) for point in self.points)


def _short(ms: float | None) -> str:
    return NONE if ms is None else number(ms, min(decimals(ms), _FINEST))


_POINTS = ("avg_ms", "p99_ms")
_WAIT = Part("connection_wait", "waiting for a connection", _POINTS)
_SERVICE = Part("service", "service time", _POINTS)
_LAG = Part("send_lag", "not included: send lag", _POINTS)
_DELAY = Part("client_delay", "client delay", _POINTS)
_RAW = Part("raw", "total, due until read", _POINTS)


def process_columns(summary: Summary) -> tuple[Column, ...]:
    """Shape the table of what each server takes to start and to keep."""
    servers = summary.servers
    return (
        Column("server", "", tuple(server.profile for server in servers), 120, numeric=False),
        *(
            Column(
                shown.title,
                shown.unit,
                tuple(estimated(server.figures.get(shown.name)) for server in servers),
                shown.weight,
            )
            for shown in OF_PROCESS
            if shown is not IDLE_CONNECTION or any(map(has_idle, servers))
        ),
    )


def has_idle(server: ServerRow) -> bool:
    """Whether it is known what an idle WebSocket takes of this server's memory."""
    return server.figures.idle_connection_kib is not None


COSTS_TITLE = "Cost of the settings"
COSTS_CAPTION = (
    "with / without, the same server in the same run; below 1 means less of the named figure"
)


def settings_columns(summary: Summary) -> tuple[Column, ...]:
    """Shape the table of what settings of the app cost; no columns where none was set."""
    costs = summary.settings_costs
    if not costs:
        return ()
    cells = {
        "without": tuple(cost.server for cost in costs),
        "with": tuple(cost.setting for cost in costs),
        "load": tuple(f"{cost.workload}, {load_in_words(cost.load)}" for cost in costs),
        "figure": tuple(worded(FIGURES[cost.figure].sentence, cost.load.sent) for cost in costs),
    }
    weights = {"without": 120, "with": 60, "load": 50, "figure": 110}
    return (
        *(Column(name, "", cells[name], weights[name], numeric=False) for name in cells),
        Column("with / without", "", tuple(compared(cost.pair) for cost in costs), 115),
    )


PROTOCOLS_TITLE = "Cost of the protocols"
PROTOCOLS_CAPTION = (
    "the same server over two protocols in the same run, with as many requests in flight; below 1 "
    "means less of the named figure"
)


def protocol_columns(summary: Summary) -> tuple[Column, ...]:
    """Shape the table of what protocols cost; no columns where no server spoke several."""
    costs = summary.protocol_costs
    if not costs:
        return ()
    cells = {
        "server": tuple(cost.server for cost in costs),
        "protocols": tuple(f"{cost.protocol} / {cost.reference}" for cost in costs),
        "load": tuple(f"{cost.workload}, {load_in_words(cost.load)}" for cost in costs),
        "figure": tuple(worded(FIGURES[cost.figure].sentence, cost.load.sent) for cost in costs),
    }
    weights = {"server": 120, "protocols": 118, "load": 50, "figure": 110}
    return (
        *(Column(name, "", cells[name], weights[name], numeric=False) for name in cells),
        Column("ratio", "", tuple(compared(cost.pair) for cost in costs), 115),
    )


CLAIMS_TITLE = "Claims of the tutorial, tested by this run"
CLAIMS_CAPTION = "Claims of the tutorial that this project started from, each judged by a rule."


def claims_columns(summary: Summary) -> tuple[Column, ...]:
    """Shape the table of the tutorial's claims; no columns where none of them was tested."""
    tried = summary.claims
    if all(one.judgement is Judgement.NOT_TESTED for one in tried):
        return ()
    cells = {
        "claim": tuple(CLAIMS[one.claim] for one in tried),
        "verdict": tuple(VERDICTS[one.judgement] for one in tried),
        "measured": tuple("; ".join(comparisons(one)) or NONE for one in tried),
    }
    return tuple(Column(name, "", each, 100, numeric=False) for name, each in cells.items())


EXACTNESS_TITLE = "A/A check and smallest differences"
_CHANCE = f"chance of {' / '.join(f'{size:.0%}' for size in DIFFERENCES)}"


def exactness_columns(summary: Summary) -> tuple[Column, ...]:
    """Shape the table of what the run could tell apart; no columns where nothing was compared."""
    baseline = summary.manifest.baseline
    itself = {(one.workload, one.load, one.figure): one.pair for one in summary.itself}
    rows = [
        (section, name, list(section.against(baseline, name).values()))
        for section in summary.sections
        for name in section.comparisons
    ]
    if not itself and not any(pairs for _, _, pairs in rows):
        return ()
    found = [itself.get((section.workload, section.load, name)) for section, name, _ in rows]
    loads = tuple(f"{one.workload}, {load_in_words(one.load)}" for one, _, _ in rows)
    return (
        Column("load", "", loads, 60, numeric=False),
        Column(
            "figure",
            "",
            tuple(
                f"{worded(FIGURES[name].sentence, one.load.sent)} {compared_by(one)}"
                for one, name, _ in rows
            ),
            110,
            numeric=False,
        ),
        *([Column("A/A", "", tuple(map(ratio, found)), 105)] if itself else []),
        Column("smallest difference", "", tuple(_smallest(pairs) for *_, pairs in rows), 100),
        Column(_CHANCE, "", tuple(_chances(pairs) for *_, pairs in rows), 50),
    )


def _smallest(pairs: Sequence[Pair]) -> str:
    found = [pair.smallest for pair in pairs if pair.smallest is not None]
    return shares(min(found), max(found)) if found else NONE


def _chances(pairs: Sequence[Pair]) -> str:
    """How probably true differences would have been shown, of the server that is known worst."""
    found = [
        [chance for pair in pairs if (chance := pair.power(size)) is not None]
        for size in DIFFERENCES
    ]
    return " / ".join(f"{min(each):.0%}" for each in found) if all(found) else NONE


def has_process(server: ServerRow) -> bool:
    """Whether anything is known of what this server takes to start and to keep."""
    return any(server.figures.get(shown.name) for shown in OF_PROCESS)


def rank(place: Rank | None) -> str:
    """Write a place: "2", or "1=" where it is shared."""
    if place is None:
        return NONE
    return f"{place.place}{'=' if place.tied else ''}"


def _place(row: CellRow) -> str:
    return f"{rank(row.rank)} {row.group}".rstrip()


def verdict(row: CellRow, notes: dict[DoubtKind, Footnote]) -> str:
    """Write a verdict with the numbers of its footnotes."""
    if not row.slices_counted:
        return "not measured"
    return f"{row.verdict} {marks(row, notes)}".rstrip()


def _figure_column(
    shown: FigureColumn, rows: Sequence[CellRow], absent: str, limits: Limits
) -> Column:
    """Shape a column of a section's table."""
    found = [row.figures.get(shown.name) for row in rows]
    cells = tuple(
        (one and exactness.less_than(one, shown.name, limits)) or figure(one, absent=absent)
        for one in found
    )
    shown = shown.of(common(row.cell.load.sent for row in rows))
    return Column(shown.title, shown.unit, cells, shown.weight)


def _ratio_column(section: Section, baseline: str, limits: Limits) -> tuple[Column, ...]:
    """Shape the comparison with the baseline; there is none without its figures."""
    pairs = section.against(baseline)
    if not pairs:
        return ()
    small = {
        name for name, pair in pairs.items() if exactness.too_small(section, pair, baseline, limits)
    }
    cells = tuple(
        "baseline"
        if row.profile == baseline
        else ratio(pairs.get(row.profile)) + (f" {exactness.MARK}" if row.profile in small else "")
        for row in section.rows
    )
    title = f"{RATIOS[section.ranked_by]} / {baseline}'s"
    return (Column(title, compared_by(section), cells, 75),)


def compared_by(section: Section) -> str:
    """Say where ratios and ranks come from."""
    return "in pieces" if section.compared_by is Role.COMPARISON else "in exposures"


def ratio(pair: Pair | None) -> str:
    """Write a comparison; "tie" where no difference is shown, unless none was tested."""
    if pair is None:
        return NONE
    text = figure(pair.ratio)
    if pair.p_adjusted is None:
        return f"not tested, {text}"
    return text if pair.shown else f"tie, {text}"


def _failures_column(rows: Sequence[CellRow]) -> tuple[Column, ...]:
    if not any(row.failures for row in rows):
        return ()
    cells = tuple(f"{row.failures:,}" if row.slices_counted else NONE for row in rows)
    return (Column("failures", "", cells, 85),)


def absences(section: Section) -> list[tuple[str, str]]:
    """Profiles without figures, each with the reason."""
    return [(row.profile, reason(row)) for row in section.rows if row.reason]


def failures(section: Section) -> list[str]:
    """What became of the requests that were not answered correctly, a line a server."""
    return [f"{row.profile}: {failed(row)}" for row in section.rows if row.failures]


def failed(row: CellRow) -> str:
    """How many requests of one server failed, in which ways, and one of each."""
    shown = tuple(row.examples.values()) or row.errors
    examples = f"; for example: {'; '.join(shown)}" if shown else ""
    sent = plural(row.requests, row.cell.load.sent)
    return f"of {sent} {listing(failure_counts(row.failed))}{examples}"


def title(section: Section) -> str:
    """Name a section: "get_item at 2,400 requests/s"."""
    joint = "at" if section.load.mode is Mode.OPEN else "over"
    return f"{section.workload} {joint} {load_in_words(section.load, section.think_s)}"


def measured(section: Section) -> str:
    """Say what times in a section are, and in which loop they were taken."""
    return (
        f"{loop_in_words(section.load, section.think_s, renewed=section.renews)}; {_times(section)}"
    )


def _times(section: Section) -> str:
    if section.load.mode is Mode.CLOSED:
        begun = "the call of connect()" if section.renews else "sending"
        return f"service times: from {begun} until the response was read"
    if stamped(section):
        return (
            f"response times: from when a {section.load.sent} was due until the kernel had the "
            "response, without the generator's own delay"
        )
    return (
        f"response times: from when a {section.load.sent} was due until the response was read, "
        "without the generator's delay in sending"
    )


def resolution(section: Section, baseline: str, limits: Limits = exactness.UNLIMITED) -> str:
    """Say which differences from the baseline would have been shown; empty without comparisons."""
    smallest = [
        pair.smallest for pair in section.against(baseline).values() if pair.smallest is not None
    ]
    if not smallest:
        return ""
    between = shares(min(smallest), max(smallest), " to ")
    depending = ", depending on the server" if len(set(map(share, smallest))) > 1 else ""
    marked = exactness.explained(section, baseline, limits)
    return (
        f"Smallest difference from {baseline} that this run could have shown, by "
        f"{worded(FIGURES[section.ranked_by].sentence, section.load.sent)} "
        f"{compared_by(section)}: "
        f"{between}{depending}.{f' {marked}' if marked else ''}"
    )
