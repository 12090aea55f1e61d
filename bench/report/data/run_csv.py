"""summary.csv: a line a cell; what is absent is empty."""

from bench import figures
from bench.analysis.model import (
    Attribution,
    CellRow,
    ConnectionFigures,
    Spread,
    StreamFigures,
    Summary,
)
from bench.facts.slice import Outcome, Stalls
from bench.facts.streams import EventFault, LeftStreams
from bench.formatting import rounded
from bench.report.absences import reason
from bench.report.data.csv_file import as_csv
from bench.report.data.values import bounded
from bench.report.table_columns import rank

_LATER = figures.PSS_IDLE.name  # it came to the file when the others had their places
_LAST = figures.IDLE_CONNECTION.name  # and so did this
ESTIMATES = tuple(name for name in figures.FIGURES if name not in {_LATER, _LAST})
CORRECTED = tuple(f"corrected_{each.name}" for each in figures.TIMES)
_COUNTED = figures.INSTRUCTIONS.name
_PARTS = ("connection_wait", "send_lag", "service", "client_delay", "raw")
_POINTS = ("avg_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms")
_OF_THE_CLIENT = (
    "network_ms",
    "generator_cpu_us_per_request",
    "generator_cpu_share",
    "starved_share",
)
_COUNTS = ("preemptions", "collections")
_FAILURES = tuple(outcome for outcome in Outcome if outcome is not Outcome.OK)


def lines(summary: Summary) -> list[dict[str, object]]:
    """What stands in each line, by column; what is absent is None, or not there."""
    counted = {
        (row.profile, each.workload): row.per_request
        for each in summary.counted
        for row in each.rows
    }
    left = {server.profile: server.left for server in summary.servers}
    return [
        _line(row)
        | _left(left.get(row.profile))
        | bounded(_COUNTED, counted.get((row.profile, row.cell.workload)))
        for section in summary.sections
        for row in section.rows
    ]


def csv(summary: Summary) -> bytes:
    """Write the columns of the contract, then what is good to know beside them."""
    return as_csv(lines(summary), columns())


def columns() -> list[str]:
    """Names of the columns, in order."""
    return [
        *("profile", "workload", "mode", "offered_rate", "connections"),
        *("slices", "requests", "failures"),
        *(name + end for name in ESTIMATES for end in ("", "_lo", "_hi")),
        *("verdict", "doubts"),
        *("title", "rank", "cpu_rank", "group", "reason", "slices_counted"),
        *(_LATER + end for end in ("", "_lo", "_hi")),
        *_FAILURES,
        *(name + end for name in CORRECTED for end in ("", "_lo", "_hi")),
        *(f"{part}_{point}" for part in _PARTS for point in _POINTS),
        "client_delay_answers",
        *_OF_THE_CLIENT,
        *_COUNTS,
        *("stalled_share", "stalled_share_lo", "stalled_share_hi", "longest_stall_ms", "stalls"),
        "processes_changed",
        "protocol",
        *("streams", "stream_events"),
        *(figure.name + end for figure in figures.OF_STREAMS for end in ("", "_lo", "_hi")),
        *(f"events_{kind}" for kind in EventFault),
        *(_LAST + end for end in ("", "_lo", "_hi")),
        "new_connections",
        *(figure.name + end for figure in figures.OF_CONNECTIONS for end in ("", "_lo", "_hi")),
        *(_COUNTED + end for end in ("", "_lo", "_hi")),
        *("left_streams", "left_noticed", "left_median_ms", "left_longest_ms"),
    ]


def _line(row: CellRow) -> dict[str, object]:
    load = row.cell.load
    measured = row.slices_counted > 0
    line: dict[str, object] = {
        "profile": row.profile,
        "protocol": row.protocol,
        "workload": row.cell.workload,
        "mode": str(load.mode),
        "offered_rate": load.offered_rate,
        "connections": load.connections,
        "slices": row.slices,
        "requests": row.requests if measured else None,
        "failures": row.failures if measured else None,
        "verdict": str(row.verdict),
        "doubts": "; ".join(f"{d.kind} {d.slices}/{d.of}" for d in row.doubts),
        "title": row.title,
        "rank": row.rank and rank(row.rank),
        "cpu_rank": row.cpu_rank and rank(row.cpu_rank),
        "group": row.group or None,
        "reason": reason(row) or None,
        "slices_counted": row.slices_counted,
        "processes_changed": row.processes_changed if measured else None,
    }
    for outcome in _FAILURES:
        line[outcome] = row.outcomes.get(outcome, 0) if measured else None
    for name in (*ESTIMATES, _LATER, *CORRECTED, "stalled_share", _LAST):
        line |= bounded(name, row.figures.get(name))
    line |= _stood_still(row.stalls) if row.stalls else {}
    line |= _streamed(row.streams) if row.streams else {}
    line |= _renewed(row.new_connections) if row.new_connections else {}
    return line | (_attributed(row.attribution) if row.attribution else {})


def _stood_still(found: Stalls) -> dict[str, object]:
    """Where a server never did, there is no longest."""
    longest_ms = found.longest_ns / 1e6 if found.count else None
    return {"longest_stall_ms": rounded(longest_ms), "stalls": found.count}


def _streamed(found: StreamFigures) -> dict[str, object]:
    """Counts, figures, and events that were not as they should be, by kind."""
    line: dict[str, object] = {"streams": found.streams, "stream_events": found.events}
    for figure in figures.OF_STREAMS:
        line |= bounded(figure.name, found.get(figure.name))
    return line | {f"events_{kind}": found.faults.get(kind, 0) for kind in EventFault}


def _renewed(found: ConnectionFigures) -> dict[str, object]:
    """How many connections were opened, and their figures."""
    line: dict[str, object] = {"new_connections": found.connections}
    for figure in figures.OF_CONNECTIONS:
        line |= bounded(figure.name, found.get(figure.name))
    return line


def _left(found: LeftStreams | None) -> dict[str, object]:
    """How clients that left streams of this server were noticed."""
    if found is None:
        return {}
    return {
        "left_streams": found.left,
        "left_noticed": len(found.noticed_ns),
        "left_median_ms": rounded(found.median_ms),
        "left_longest_ms": rounded(found.longest_ms),
    }


def _attributed(found: Attribution) -> dict[str, object]:
    line: dict[str, object] = {name: rounded(getattr(found, name)) for name in _OF_THE_CLIENT}
    line |= {name: getattr(found, name) for name in _COUNTS}
    for part in _PARTS:
        spread: Spread | None = getattr(found, part)
        if spread is not None:
            line |= {f"{part}_{point}": rounded(getattr(spread, point)) for point in _POINTS}
    line["client_delay_answers"] = found.client_delay and found.client_delay.count
    return line
