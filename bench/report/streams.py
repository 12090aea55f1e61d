"""What streams of events have shown, as a table."""

from collections.abc import Mapping
from typing import Final

from bench.analysis.model import CellRow, Section, StreamComparison, StreamFigures
from bench.facts.streams import EventFault
from bench.figures import OF_STREAMS, Figure
from bench.formatting import worded
from bench.report.cells import NONE, counted, estimated
from bench.report.document import Cell, Column
from bench.report.table_columns import rank, ratio
from bench.stats.family import Pair
from bench.stats.ranks import Rank

TITLE: Final = "Streams"
_CAPTION: Final = (
    "first byte: from when the stream was due (closed loop: sent) until the first byte of the "
    "response; gap: from one event to the next of its stream; events: correct ones a second; "
    "streams at once: open, on average; other requests: responses to the same workload that are no "
    "streams, measured beside them; ratios and ranks: from exposures, each figure by itself"
)
_TITLES: Final = {figure.name: figure.title for figure in OF_STREAMS}
_WORDS: Final[Mapping[EventFault, str]] = {
    EventFault.MISSING: "missing",
    EventFault.DOUBLED: "doubled",
    EventFault.MISPLACED: "out of order",
    EventFault.WRONG: "wrong",
    EventFault.SURPLUS: "after the last",
}
_WEIGHTS: Final = {
    "gap_p95_ms": 112,
    "first_byte_p50_ms": 110,
    "event_rate": 108,
    "plain_p95_ms": 106,
    "streams_held": 104,
    "gap_p50_ms": 100,
    "first_byte_p95_ms": 98,
    "plain_p50_ms": 96,
    "gap_p99_ms": 94,
    "stream_p50_ms": 90,
}
"""The lightest goes first where a table has too little room."""


def caption(section: Section) -> str:
    """Say what the table has."""
    return worded(_CAPTION, section.load.sent)


def columns(section: Section) -> tuple[Column, ...]:
    """Shape the table; no columns where no response was a stream."""
    known = [(row, row.streams) for row in section.rows if row.streams is not None]
    if not known:
        return ()
    found = [streams for _, streams in known]
    return (
        Column("server", "", tuple(row.profile for row, _ in known), 120, numeric=False),
        Column("streams", "", tuple(counted(each.streams) for each in found), 80),
        *(_column(figure, found) for figure in OF_STREAMS if _any(figure, found)),
        *(_compared(each, [row.profile for row, _ in known]) for each in section.of_streams),
        *_faulty(known),
    )


def _any(figure: Figure, found: list[StreamFigures]) -> bool:
    return any(each.get(figure.name) is not None for each in found)


def _column(figure: Figure, found: list[StreamFigures]) -> Column:
    cells = tuple(estimated(each.get(figure.name)) for each in found)
    unit = "" if figure.unit == "streams" else figure.unit
    return Column(figure.title, unit, cells, _WEIGHTS[figure.name])


def _compared(found: StreamComparison, profiles: list[str]) -> Column:
    """The rank of each server, and its ratio to the baseline."""
    against, title = found.against_baseline(), _TITLES[found.figure]
    cells = tuple(
        _ratio(found.ranks.get(name), against.get(name), is_baseline=name == found.baseline)
        for name in profiles
    )
    return Column(f"{title} / {found.baseline}'s", "rank, ratio", cells, 70, numeric=False)


def _ratio(place: Rank | None, pair: Pair | None, *, is_baseline: bool) -> Cell:
    if is_baseline:
        return f"{rank(place)} baseline"
    return NONE if pair is None else f"{rank(place)} {ratio(pair)}"


def _faulty(known: list[tuple[CellRow, StreamFigures]]) -> tuple[Column, ...]:
    """Events that were not as they should be, where there were any."""
    if not any(streams.faults for _, streams in known):
        return ()
    cells = tuple(_faults(streams) for _, streams in known)
    return (Column("bad events", "", cells, 115, numeric=False),)


def _faults(found: StreamFigures) -> Cell:
    words = [f"{count:,} {_WORDS[kind]}" for kind, count in found.faults.items()]
    return ", ".join(words) or NONE
