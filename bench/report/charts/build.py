"""Which charts a summary has, and what each of them shows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from matplotlib.figure import Figure

from bench.analysis.instructions.servers import CountedWorkload
from bench.analysis.model import Attribution, CellRow, Section, ServerRow, Summary
from bench.facts.load import Mode
from bench.formatting import listing, load_in_words, vague
from bench.report import table_columns
from bench.report.absences import reason
from bench.report.charts.bars import Bar, Bars, Piece, draw_bars
from bench.report.charts.chart import INSTRUCTIONS_CHART, Chart
from bench.report.charts.dots import AVERAGE, P90, P95, Dots, DotsRow, Series, draw_dots
from bench.report.charts.exchange import CostChart, Path, draw_exchange
from bench.report.charts.percentiles import Curve, Percentiles, draw_percentiles
from bench.report.charts.slice_series import SliceSeriesChart, Track, draw_course
from bench.report.charts.stalls import Standstill, Standstills, draw_stalls
from bench.report.charts.style import COLOURS, EDGE, finished, styled
from bench.report.stalls import has_stalls
from bench.stats.estimate import CONFIDENCE, Estimate
from bench.stats.ranks import Rank

_INTERVALS = f"lines: {CONFIDENCE:.0%} intervals; '=' marks servers that share a rank"
_RESPONSE = (
    Piece("waiting for a connection", COLOURS[5]),
    Piece("server and network", COLOURS[0]),
)
_BLIND = (_RESPONSE[0], Piece("server, network, and client delay", COLOURS[0]))
_LAG = Piece("not included: send lag", COLOURS[3])
_DELAY = Piece("client delay", EDGE)
_NAME_BYTES = 100  # of a workload in a file's name, which may have 255 with all its parts
_MARKS = (("o", "●"), ("D", "◆"), ("s", "■"), ("^", "▲"))


def charts(summary: Summary) -> tuple[Chart, ...]:
    """Draw everything; where there is not a single figure there is no chart."""
    names = _file_names(section.workload for section in summary.sections)
    with styled():
        return (
            *(
                finished(name, title, figure, section)
                for section in summary.sections
                if _has_figures(section)
                for name, title, figure in _of_section(section, summary, names[section.workload])
            ),
            *(
                finished(name, title, figure)
                for name, title, figure in (
                    *_of_counted(summary.counted),
                    *_of_processes(summary.servers),
                )
            ),
        )


def _has_figures(section: Section) -> bool:
    return any(row.reason is None for row in section.rows)


def _of_section(
    section: Section, summary: Summary, workload: str
) -> Iterator[tuple[str, str, Figure]]:
    """Name, title and figure of each chart that stands in this section.

    `workload`: what it is called in file names.
    """
    siblings = [s for s in summary.sections if s.workload == section.workload and _has_figures(s)]
    only_closed = all(one.load.mode is Mode.CLOSED for one in siblings)
    name = _name(section, siblings, workload)
    if section.load.mode is Mode.CLOSED:
        throughput = _throughput(section)
        yield f"throughput-{name}", throughput.title, draw_dots(throughput)
    if section.load.mode is Mode.OPEN or only_closed:
        times = _times(section)
        yield f"latency-{name}", times.title, draw_dots(times)
        parts = _parts(section)
        if parts.bars and section.load.mode is Mode.OPEN:
            yield f"parts-{name}", parts.title, draw_bars(parts)
        curves = _distribution(section)
        if curves.curves:
            yield f"distribution-{name}", curves.title, draw_percentiles(curves)
    if has_stalls(section):
        stood_still = _stalls(section)
        yield f"stalls-{section.load.mode}-{name}", stood_still.title, draw_stalls(stood_still)
    course = _course(section)
    if any(len(track.moments) > 1 for track in course.tracks):  # else there is no course to see
        yield f"course-{section.load.mode}-{name}", course.title, draw_course(course)
    if section is siblings[-1] and not only_closed:
        exchange = _exchange(siblings)
        yield f"exchange-{workload}", exchange.title, draw_exchange(exchange)
    if section is siblings[-1] and any(row.figures.cpu_us_per_request for row in section.rows):
        cpu = _cpu(siblings)
        yield f"cpu-{workload}", cpu.title, draw_dots(cpu)


def _name(section: Section, siblings: list[Section], workload: str) -> str:
    """Name the workload, and the load where a workload has several in one mode."""
    alike = [one for one in siblings if one.load.mode is section.load.mode]
    load = section.load.offered_rate or section.load.connections
    return workload + (f"-{load:g}" if len(alike) > 1 else "")


def _file_names(workloads: Iterable[str]) -> dict[str, str]:
    """What each workload is called in file names, which must not be alike on any system."""
    names: dict[str, str] = {}
    for workload in dict.fromkeys(workloads):
        plain = re.sub(r"[^\w.-]+", "_", workload).encode()[:_NAME_BYTES].decode(errors="ignore")
        taken = {name.casefold() for name in names.values()}
        numbered = (plain, *(f"{plain}-{number}" for number in range(2, len(taken) + 3)))
        names[workload] = next(name for name in numbered if name.casefold() not in taken)
    return names


def _what(section: Section) -> str:
    return "Response time" if section.load.mode is Mode.OPEN else "Service time"


def _times(section: Section) -> Dots:
    return Dots(
        f"{_what(section)}: {table_columns.title(section)}",
        f"milliseconds, less is better; {_INTERVALS}",
        f"{_what(section).lower()}, ms",
        (AVERAGE, P90, P95),
        [
            DotsRow(
                table_columns.rank(row.rank),
                row.profile,
                {
                    AVERAGE.name: row.figures.avg_ms,
                    P90.name: row.figures.p90_ms,
                    P95.name: row.figures.p95_ms,
                },
                reason(row) or None,
            )
            for row in section.rows
        ],
    )


def _parts(section: Section) -> Bars:
    """What adds up to the average response time, and what is the generator's own beside it."""
    stamped = table_columns.stamped(section)
    bars = [
        Bar(row.profile, lengths, is_vague=_is_vague(row.figures.avg_ms))
        for row in section.rows
        if row.attribution and (lengths := _lengths(row.attribution, stamped=stamped))
    ]
    shown = {bar.name for bar in bars}
    missing = [row.profile for row in section.rows if row.profile not in shown]
    own = "the last two are" if stamped else "the kernel did not timestamp responses; the last is"
    return Bars(
        f"Where the time went: {table_columns.title(section)}",
        f"average of all correct responses, milliseconds; {own} the generator's own, and not "
        "in the response time to the right",
        "milliseconds",
        (*_RESPONSE, _LAG, _DELAY) if stamped else (*_BLIND, _LAG),
        bars,
        f"No figure: {listing(missing)}" if missing else "",
        counted=len(_RESPONSE),
    )


def _is_vague(figure: Estimate | None) -> bool:
    return figure is not None and vague(figure)


def _lengths(found: Attribution, *, stamped: bool) -> tuple[float, ...]:
    """Averages in ms, in the order of the pieces; none where the parts are not known."""
    wait, lag, service = found.connection_wait, found.send_lag, found.service
    if wait is None or lag is None or service is None:
        return ()
    parts = (wait.avg_ms, service.avg_ms, lag.avg_ms)
    if not stamped:
        return parts
    return (*parts, found.client_delay.avg_ms if found.client_delay else 0.0)


def _stalls(section: Section) -> Standstills:
    return Standstills(
        f"Stalls: {table_columns.title(section)}",
        f"no response although {section.load.sent}s were waiting; bars: share of the time under "
        "load, dots: the longest",
        [
            Standstill(row.profile, row.figures.stalled_share, row.stalls, reason(row) or None)
            for row in section.rows
        ],
    )


def _throughput(section: Section) -> Dots:
    answered = Series(f"{section.load.sent}s/s", COLOURS[2], "o", "●")
    return Dots(
        f"Throughput: {table_columns.title(section)}",
        f"correct responses per second, more is better; {_INTERVALS}",
        "correct responses a second",
        (answered,),
        [
            DotsRow(
                table_columns.rank(row.rank),
                row.profile,
                {answered.name: row.figures.throughput_rps},
                reason(row) or None,
            )
            for row in section.rows
        ],
    )


def _of_counted(counted: Sequence[CountedWorkload]) -> Iterator[tuple[str, str, Figure]]:
    """Instructions a request under each workload."""
    names = _file_names(found.workload for found in counted)
    for found in counted:
        chart = _instructions(found)
        yield f"{INSTRUCTIONS_CHART}{names[found.workload]}", chart.title, draw_dots(chart)


def _instructions(found: CountedWorkload) -> Dots:
    executed = Series("thousands", COLOURS[0], "o", "●")
    return Dots(
        f"Instructions per request: {found.workload}",
        f"in user mode, less is better; {_INTERVALS}",
        "thousands of instructions a request",
        (executed,),
        [
            DotsRow(
                table_columns.rank(row.rank),
                row.profile,
                {executed.name: row.per_request and row.per_request.scaled(1e-3)},
                row.failure,
            )
            for row in found.rows
        ],
    )


def _cpu(sections: list[Section]) -> Dots:
    """CPU at every load of a workload, in the order of the first."""
    marks = [
        Series(load_in_words(one.load), COLOURS[index % len(COLOURS)], *_MARKS[index % len(_MARKS)])
        for index, one in enumerate(sections)
    ]
    by_profile = [{row.profile: row for row in section.rows} for section in sections]
    first = sorted(
        sections[0].rows, key=lambda row: row.cpu_rank or Rank(len(by_profile[0]) + 1, tied=False)
    )
    taken = f"CPU time per {sections[0].load.sent}"
    return Dots(
        f"{taken}: {sections[0].workload}",
        f"microseconds of the whole process tree, less is better; {_INTERVALS}, "
        f"at {load_in_words(sections[0].load)}",
        f"{taken}, \N{MICRO SIGN}s",
        marks,
        [
            DotsRow(
                table_columns.rank(row.cpu_rank),
                row.profile,
                {
                    mark.name: rows[row.profile].figures.cpu_us_per_request
                    for mark, rows in zip(marks, by_profile, strict=True)
                    if row.profile in rows
                },
                _no_cpu(row, [rows[row.profile] for rows in by_profile if row.profile in rows]),
            )
            for row in first
        ],
    )


def _no_cpu(row: CellRow, everywhere: list[CellRow]) -> str | None:
    if any(one.figures.cpu_us_per_request for one in everywhere):
        return None
    return reason(row) or "CPU time could not be read"


def _course(section: Section) -> SliceSeriesChart:
    is_open = section.load.mode is Mode.OPEN
    what = "median response time" if is_open else "throughput"
    return SliceSeriesChart(
        f"{what.capitalize()}, slice by slice: {table_columns.title(section)}",
        "one line moving alone is that server; all lines moving together is the machine",
        f"{what}, ms" if is_open else "correct responses a second",
        [Track(row.profile, row.course) for row in section.rows if row.course],
    )


def _exchange(sections: list[Section]) -> CostChart:
    """Throughput and p95 at each load of a workload, servers in the order of the first."""
    by_profile = [{row.profile: row for row in section.rows} for section in sections]
    paths = []
    for row in sections[0].rows:
        points = [
            (answered, taken)
            for rows in by_profile
            if (found := rows.get(row.profile)) is not None
            and (answered := found.figures.throughput_rps) is not None
            and (taken := found.figures.p95_ms) is not None
        ]
        if points:
            paths.append(Path(row.profile, points))
    return CostChart(
        f"Throughput against p95: {sections[0].workload}",
        "lines lead from open loop to closed loop (saturation); further right and further down "
        "is better",
        ("correct responses a second", "p95, ms"),
        paths,
    )


def _of_processes(servers: Sequence[ServerRow]) -> Iterator[tuple[str, str, Figure]]:
    """Name, title and figure of what servers take to start and to keep."""
    startup = Series("start-up", COLOURS[0], "o", "●")
    marks = (Series("idle", COLOURS[4], "o", "●"), Series("after load", COLOURS[1], "D", "◆"))
    subtitle = f"less is better; lines: {CONFIDENCE:.0%} intervals"
    if any(server.figures.startup_ms for server in servers):
        found = {one.profile: (one.figures.startup_ms,) for one in servers}
        chart = Dots(
            "Start-up: from launch to the first correct response",
            f"milliseconds, {subtitle}",
            "start-up, ms",
            (startup,),
            _lines(found, (startup,)),
        )
        yield "startup", chart.title, draw_dots(chart)
    if any(server.figures.pss_idle_mib or server.figures.pss_mib for server in servers):
        both = {one.profile: (one.figures.pss_idle_mib, one.figures.pss_mib) for one in servers}
        chart = Dots(
            "Memory of the process tree",
            f"proportional set size, MiB, {subtitle}",
            "memory, MiB",
            marks,
            _lines(both, marks),
        )
        yield "memory", chart.title, draw_dots(chart)


def _lines(
    found: Mapping[str, Sequence[Estimate | None]], series: Sequence[Series]
) -> list[DotsRow]:
    """A line a server, the least first; those of which nothing is known last."""

    def least(name: str) -> float:
        return min((each.value for each in found[name] if each), default=inf)

    return [
        DotsRow(
            "",
            name,
            {one.name: each for one, each in zip(series, found[name], strict=True)},
            None if any(found[name]) else "not known",
        )
        for name in sorted(found, key=least)
    ]


def _distribution(section: Section) -> Percentiles:
    missing = [row.profile for row in section.rows if row.timings is None]
    return Percentiles(
        f"{_what(section)} by percentile: {table_columns.title(section)}",
        "milliseconds, all exposures pooled; the axis is stretched towards the tail",
        f"{_what(section).lower()}, ms",
        [Curve(row.profile, row.timings) for row in section.rows if row.timings is not None],
        f"No figure: {listing(missing)}" if missing else "",
    )
