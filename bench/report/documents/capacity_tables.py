"""Tables of a search for capacity, and what its figures are in words."""

from math import inf
from typing import Final

from bench.analysis.capacity.goal import OVERLOAD, RECOVERY
from bench.analysis.capacity.model import CapacityRow, CapacitySummary, Overload, RatePoint
from bench.analysis.capacity.search import SearchEnd
from bench.analysis.capacity.slo import FailureShare
from bench.analysis.capacity.verification import BracketState
from bench.facts.slice import Outcome
from bench.formatting import DASH, listing, number
from bench.report.cells import NONE, counted
from bench.report.document import Cell, Column, Value
from bench.stats.estimate import Estimate

VERIFIED: Final = {
    BracketState.CONFIRMED: "yes",
    BracketState.MOVED: "yes, widened",
    BracketState.REFUTED: "refuted",
    BracketState.OPEN: "not finished",
}


def columns(summary: CapacitySummary) -> tuple[Column, ...]:
    """Shape the table of servers."""
    rows, sent = summary.rows, summary.sent
    overloads = [row.overload for row in rows]
    text = {
        ("server", ""): (tuple(row.profile for row in rows), 200),
        ("capacity", f"{sent}s/s"): (tuple(capacity(row) for row in rows), 190),
        ("verified", ""): (tuple(_verified(row) for row in rows), 90),
        ("first failed", ""): (tuple(_gave_out(row) for row in rows), 100),
        ("goodput", f"at {OVERLOAD:g} x, 1/s"): (tuple(map(_goodput, overloads)), 80),
        ("failed", f"at {OVERLOAD:g} x"): (tuple(map(_failed, overloads)), 70),
        ("recovery", f"at {RECOVERY:g} x, s"): (tuple(map(_recovery, overloads)), 75),
    }
    left = {"server", "verified", "first failed"}
    return tuple(
        Column(title, unit, cells, weight, numeric=title not in left)
        for (title, unit), (cells, weight) in text.items()
    )


def capacity(row: CapacityRow) -> Cell:
    """Write a capacity: "4,820 (4,690-4,900)", "at least 44,000", or that there is none."""
    found = row.capacity
    if found is None:
        return "none" if row.ending is SearchEnd.NEVER else NONE
    if found.lo is None or found.hi is None:
        return Value(f"at least {rate(found.lo or found.value)}", sort=found.lo or found.value)
    return Value(rate(found.value), f"{rate(found.lo)}{DASH}{rate(found.hi)}", found.value)


def rate(value: float) -> str:
    """Write a rate; a digit more than other figures have, for intervals are narrow."""
    return f"{value:,.0f}" if value >= 100 else number(value)  # noqa: PLR2004


def spoken(found: Estimate) -> str:
    """Write a capacity for a sentence."""
    if found.lo is None or found.hi is None:
        return f"at least {rate(found.lo or found.value)}"
    return f"{rate(found.value)} ({rate(found.lo)} to {rate(found.hi)})"


def _verified(row: CapacityRow) -> str:
    return NONE if row.capacity is None else VERIFIED[row.standing]


def _gave_out(row: CapacityRow) -> str:
    return listing(row.gave_out) or NONE


def _goodput(overload: Overload | None) -> Cell:
    return NONE if overload is None else _rated(overload.goodput_rps)


def _failed(overload: Overload | None) -> Cell:
    if overload is None:
        return NONE
    return Value(f"{overload.failed_share:.1%}", sort=overload.failed_share)


def _recovery(overload: Overload | None) -> Cell:
    if overload is None:
        return NONE
    if overload.recovery_s is None:
        return Value("never", sort=inf)
    return Value(f"{overload.recovery_s:.1f}", sort=overload.recovery_s)


def _rated(value: float) -> Value:
    return Value(rate(value), sort=value)


def overloads(summary: CapacitySummary) -> list[str]:
    """What became of what was sent in each overload, a line a server."""
    return [
        f"{row.profile} at {rate(row.overload.rate)} {summary.sent}s/s: {_mix(row.overload)}"
        for row in summary.rows
        if row.overload is not None
    ]


def _mix(overload: Overload) -> str:
    total = sum(overload.outcomes.values())
    kinds = [
        f"{count / total:.1%} "
        f"{'correct responses' if kind is Outcome.OK else kind.replace('_', ' ')}"
        for kind, count in sorted(overload.outcomes.items(), key=lambda item: -item[1])
    ]
    spoiled = ", ".join(kind.replace("_", " ") for kind in overload.spoiled)
    return listing(kinds) + (f" (not only the server's: {spoiled})" if spoiled else "")


def rates(summary: CapacitySummary, row: CapacityRow) -> tuple[Column, ...]:
    """Shape the table of all rates that were offered to one server."""
    points = row.points
    return (
        Column(f"{summary.sent}s/s", "", tuple(_rated(point.rate) for point in points), 100),
        Column(
            "process", "", tuple(point.phase.name.lower() for point in points), 50, numeric=False
        ),
        Column("slices", "", tuple(counted(point.slices) for point in points), 50),
        Column(f"{summary.sent}s", "", tuple(counted(point.requests) for point in points), 50),
        *(
            Column(
                clause.name,
                "" if isinstance(clause, FailureShare) else "ms",
                tuple(
                    _figure(point, clause.name, share=isinstance(clause, FailureShare))
                    for point in points
                ),
                90,
            )
            for clause in summary.aim.slo.clauses
        ),
        Column("decision", "", tuple(str(point.decision) for point in points), 100, numeric=False),
    )


def _figure(point: RatePoint, name: str, *, share: bool) -> Value:
    found = point.figures[name]
    if found is None:
        return Value("∞", sort=inf)
    return Value(f"{found:.3%}" if share else number(found), sort=found)
