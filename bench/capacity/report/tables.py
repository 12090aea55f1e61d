"""The tables of the report as columns of text, the same for terminal and Markdown."""

from typing import Final

from bench.capacity.aim import OVERLOAD, RECOVERY
from bench.capacity.decision import ERROR
from bench.capacity.model import Overload, Point, Row, Summary
from bench.capacity.search import Ending
from bench.capacity.slo import Failures
from bench.capacity.verification import Standing
from bench.domain import Outcome
from bench.report.tables import NONE, Column
from bench.stats.estimate import Estimate
from bench.summary.words import DASH, listing, number

TITLE: Final = "Capacity"
RATES_TITLE: Final = "Every rate that was offered"

VERIFIED: Final = {
    Standing.CONFIRMED: "yes",
    Standing.MOVED: "yes, widened",
    Standing.REFUTED: "refuted",
    Standing.OPEN: "not finished",
}

READING: Final = (
    "Capacity is the highest offered rate at which the SLO still holds, on this machine with its "
    "noise. The interval in brackets is from the highest rate that passed, less the overload that "
    "a slice is too short to see, to the lowest rate that failed; at the very limit, either is "
    f"decided wrongly with {ERROR / 2:.1%}, all looks together. The figure before it is where a "
    "regression through the rates near it crosses the limit. Requests that failed or could not be "
    "sent are slower than any time. Verified: a fresh process did not fail at the lower end, nor "
    "pass at the upper."
)


def caption(summary: Summary) -> str:
    """Say what was asked, and how."""
    aim = summary.aim
    connections = summary.manifest.settings.get("connections", "unknown")
    return (
        f"{summary.workload}: the highest rate at which the SLO holds; open loop, {connections} "
        f"connections; slices of {aim.window_s:g} s after a lead-in of {aim.lead_in_s:.3g} s"
    )


def slo(summary: Summary) -> str:
    """The SLO with what it implies."""
    return ", ".join(clause.text for clause in summary.aim.slo.clauses)


def columns(summary: Summary) -> tuple[Column, ...]:
    """Shape the table of servers."""
    rows = summary.rows
    overloads = [row.overload for row in rows]
    text = {
        ("server", ""): (tuple(row.profile for row in rows), 200),
        ("capacity", "requests/s"): (tuple(capacity(row) for row in rows), 190),
        ("verified", ""): (tuple(_verified(row) for row in rows), 90),
        ("gave out", ""): (tuple(_gave_out(row) for row in rows), 100),
        ("goodput", f"at {OVERLOAD:g} x, 1/s"): (tuple(map(_goodput, overloads)), 80),
        ("failed", f"at {OVERLOAD:g} x"): (tuple(map(_failed, overloads)), 70),
        ("recovery", f"at {RECOVERY:g} x, s"): (tuple(map(_recovery, overloads)), 75),
    }
    left = {"server", "verified", "gave out"}
    return tuple(
        Column(title, unit, cells, weight, numeric=title not in left)
        for (title, unit), (cells, weight) in text.items()
    )


def capacity(row: Row) -> str:
    """Write a capacity: "4,820 (4,690-4,900)", "at least 44,000", or that there is none."""
    found = row.capacity
    if found is None:
        return "none" if row.ending is Ending.NEVER else NONE
    if found.lo is None or found.hi is None:
        return f"at least {rate(found.lo or found.value)}"
    return f"{rate(found.value)} ({rate(found.lo)}{DASH}{rate(found.hi)})"


def rate(value: float) -> str:
    """Write a rate; a digit more than other figures have, for intervals are narrow."""
    return f"{value:,.0f}" if value >= 100 else number(value)  # noqa: PLR2004


def spoken(found: Estimate) -> str:
    """Write a capacity for a sentence."""
    if found.lo is None or found.hi is None:
        return f"at least {rate(found.lo or found.value)}"
    return f"{rate(found.value)} ({rate(found.lo)} to {rate(found.hi)})"


def _verified(row: Row) -> str:
    return NONE if row.capacity is None else VERIFIED[row.standing]


def _gave_out(row: Row) -> str:
    return listing(row.gave_out) or NONE


def _goodput(overload: Overload | None) -> str:
    return NONE if overload is None else rate(overload.goodput_rps)


def _failed(overload: Overload | None) -> str:
    return NONE if overload is None else f"{overload.failed_share:.1%}"


def _recovery(overload: Overload | None) -> str:
    if overload is None:
        return NONE
    return "never" if overload.recovery_s is None else f"{overload.recovery_s:.1f}"


def overloads(summary: Summary) -> list[str]:
    """What became of the requests of each overload, a line a server."""
    return [
        f"{row.profile} at {rate(row.overload.rate)} requests/s: {_mix(row.overload)}"
        for row in summary.rows
        if row.overload is not None
    ]


def _mix(overload: Overload) -> str:
    total = sum(overload.outcomes.values())
    kinds = [
        f"{count / total:.1%} {'right answers' if kind is Outcome.OK else kind.replace('_', ' ')}"
        for kind, count in sorted(overload.outcomes.items(), key=lambda item: -item[1])
    ]
    spoiled = ", ".join(kind.replace("_", " ") for kind in overload.spoiled)
    return listing(kinds) + (f" (not the server's alone: {spoiled})" if spoiled else "")


def rates(summary: Summary, row: Row) -> tuple[Column, ...]:
    """Shape the table of all rates that were offered to one server."""
    points = row.points
    return (
        Column("requests/s", "", tuple(rate(point.rate) for point in points), 100),
        Column(
            "process", "", tuple(point.phase.name.lower() for point in points), 50, numeric=False
        ),
        Column("slices", "", tuple(str(point.slices) for point in points), 50),
        Column("requests", "", tuple(f"{point.requests:,}" for point in points), 50),
        *(
            Column(
                clause.name,
                "" if isinstance(clause, Failures) else "ms",
                tuple(
                    _figure(point, clause.name, share=isinstance(clause, Failures))
                    for point in points
                ),
                90,
            )
            for clause in summary.aim.slo.clauses
        ),
        Column("decision", "", tuple(str(point.decision) for point in points), 100, numeric=False),
    )


def _figure(point: Point, name: str, *, share: bool) -> str:
    found = point.figures[name]
    if found is None:
        return "∞"
    return f"{found:.3%}" if share else number(found)
