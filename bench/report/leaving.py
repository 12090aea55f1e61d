"""How soon the app learns that a client has left its stream, as a table."""

from typing import Final

from bench.analysis.model import Summary
from bench.facts.streams import LeftStreams
from bench.formatting import number
from bench.report.cells import NONE
from bench.report.document import Cell, Column, Value

TITLE: Final = "Clients that leave a stream"
CAPTION: Final = (
    "after the rounds, clients of the items app's events left one after the other, between two "
    "events; noticed: from closing the connection until the app had ended the stream, by the app's "
    "own clock, in a start of each server with the app's metrics on; one start, so there is no "
    "interval"
)


def columns(summary: Summary) -> tuple[Column, ...]:
    """Shape the table; no columns where no client left a stream."""
    known = [(row.profile, row.left) for row in summary.servers if row.left is not None]
    if not known:
        return ()
    found = [left for _, left in known]
    return (
        Column("server", "", tuple(name for name, _ in known), 120, numeric=False),
        Column("noticed", "clients", tuple(map(_noticed, found)), 110, numeric=False),
        Column("median", "ms", tuple(_ms(each.median_ms, each) for each in found), 100),
        Column("longest", "ms", tuple(_ms(each.longest_ms, each) for each in found), 90),
    )


def _noticed(found: LeftStreams) -> Cell:
    return f"{len(found.noticed_ns)} of {found.left}"


def _ms(ms: float | None, found: LeftStreams) -> Cell:
    if ms is not None:
        return Value(number(ms), sort=ms)
    return f"not within {found.patience_ns / 1e9:g} s" if found.unnoticed else NONE
