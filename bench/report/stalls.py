"""How servers stood still, as a table, and what that means in words."""

from typing import Final

from bench.analysis.model import Section
from bench.facts.slice import Stalls
from bench.formatting import VAGUE, number, vague, worded
from bench.report.cells import NONE, counted, estimated
from bench.report.document import Cell, Column, Value
from bench.stats.estimate import Estimate

TITLE: Final = "Stalls"
_CAPTION: Final = (
    "stalled: share of the time under load in which no response came although requests were "
    "waiting, for at least 10 ms and five times the average gap, until a response to a "
    "request that had waited at least twice as long as the fastest tenth of its kind; "
    "longest: full length, including outside the measured window"
)


def caption(section: Section) -> str:
    """Say what the table has."""
    return worded(_CAPTION, section.load.sent)


def has_stalls(section: Section) -> bool:
    """Whether any server of a section ever stood still."""
    return any(row.stalls is not None and row.stalls.count for row in section.rows)


def columns(section: Section) -> tuple[Column, ...]:
    """Shape the table; no columns where no server stood still."""
    if not has_stalls(section):
        return ()
    known = [(row, row.stalls) for row in section.rows if row.stalls is not None]
    shares = tuple(stalled(row.figures.stalled_share) for row, _ in known)
    return (
        Column("server", "", tuple(row.profile for row, _ in known), 120, numeric=False),
        Column("stalled", "% of the time", shares, 110),
        Column("longest", "ms", tuple(longest(each) for _, each in known), 100),
        Column("stalls", "", tuple(counted(each.count) for _, each in known), 90),
    )


def stalled(found: Estimate | None) -> Cell:
    """Write a share of the time in percent; it was seen, however wide its interval."""
    if found is None:
        return NONE
    if not found.value:
        return Value("0", sort=0.0)
    percent = found.scaled(100.0)
    if vague(percent):
        return Value(number(percent.value), VAGUE, percent.value)
    return estimated(percent)


def longest(found: Stalls) -> Cell:
    """Write the longest stall, ms."""
    if not found.count:
        return NONE
    longest_ms = found.longest_ns / 1e6
    return Value(number(longest_ms), sort=longest_ms)
