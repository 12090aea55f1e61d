"""The live table: a line a server, as many lines and columns as there is room for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from bench.facts.load import Sent
from bench.formatting import clean, common, number
from bench.progress.standings import Mean, ServerStanding

HEADS: Final = 2
"""Lines above the servers'."""
_FEWEST_ROWS: Final = 2
_SHORTEST_NAME: Final = 12
_SHORTEST_DOUBTS: Final = 12
_GAP: Final = 2  # before the doubts


@dataclass(frozen=True, slots=True)
class _Column:
    head: tuple[str, str]  # what is sent is written as {sent}
    width: int
    cell: Callable[[ServerStanding], str]


def _figure(mean: Mean) -> str:
    return "" if mean.value is None else number(mean.value)


def _known(one: ServerStanding) -> str:
    return "baseline" if one.is_baseline else _share(one.precision, "±")


def _share(value: float | None, sign: str = "") -> str:
    if value is None:
        return ""
    return f"{sign}{value:.1%}" if value < 1 else ">100%"


_SHORT: Final = {Sent.REQUEST: "req", Sent.MESSAGE: "msg"}
_COLUMNS: Final = (
    _Column(("saturation", "{sent}/s"), 10, lambda one: _figure(one.throughput_rps)),
    _Column(("same rate", "median ms"), 9, lambda one: _figure(one.median_ms)),
    _Column(("known", "to"), 8, _known),
    _Column(("round", "before"), 6, lambda one: _share(one.precision_before)),
    _Column(("CPU", "\N{MICRO SIGN}s/{sent}"), 7, lambda one: _figure(one.cpu_us)),
)
"""The most telling first: what a narrow terminal has no room for is left out from the right."""


def table(standings: Sequence[ServerStanding], width: int, rows: int) -> list[Text]:
    """Head and lines of a table no wider than `width`, with `rows` lines of servers at most.

    Empty where that is no room for a table, or there is nothing to show yet.
    """
    if not standings or rows < min(_FEWEST_ROWS, len(standings)):
        return []
    layout = _Layout.within(width, standings)
    shown = standings if len(standings) <= rows else standings[: rows - 1]
    lines = [*layout.heads(), *(layout.row(one) for one in shown)]
    if len(shown) < len(standings):
        lines.append(_line(f"and {len(standings) - len(shown)} more"[:width], "dim"))
    return lines


def fitted(text: str, width: int) -> str:
    """Fill text up to a width, or cut it and say so by an ellipsis."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(0, width - 1)) + "…"[:width]


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns there are, and how wide those are that adapt; 0: no doubts."""

    columns: Sequence[_Column]
    name: int
    doubts: int
    sent: str

    @classmethod
    def within(cls, width: int, standings: Sequence[ServerStanding]) -> Self:
        columns = list(_COLUMNS)
        while columns and _SHORTEST_NAME + _width(columns) > width:
            columns.pop()
        room = width - _width(columns)
        sent = _SHORT[common(one.sent for one in standings)]
        longest = max(cell_len(clean(one.profile)) for one in standings)
        with_doubts = room - _GAP - _SHORTEST_DOUBTS
        name = max(_SHORTEST_NAME, min(longest, with_doubts))
        doubts = room - name - _GAP
        if doubts < _SHORTEST_DOUBTS:
            return cls(columns, min(width, room, max(longest, _SHORTEST_NAME)), 0, sent)
        return cls(columns, name, doubts, sent)

    def heads(self) -> list[Text]:
        return [
            _line(
                self._joined(
                    name,
                    [column.head[index].format(sent=self.sent) for column in self.columns],
                    doubts,
                ),
                "dim",
            )
            for index, (name, doubts) in enumerate((("", ""), ("so far", "doubts")))
        ]

    def row(self, one: ServerStanding) -> Text:
        cells = [column.cell(one) for column in self.columns]
        line = _line(self._joined(clean(one.profile), cells, _doubts(one)))
        if self.doubts:
            line.stylize("yellow", len(line) - self.doubts)
        return line

    def _joined(self, name: str, cells: Sequence[str], doubts: str) -> str:
        parts = [fitted(name, self.name)]
        parts += [
            f" {cell[: column.width]:>{column.width}}"
            for cell, column in zip(cells, self.columns, strict=True)
        ]
        if self.doubts:
            parts.append(" " * _GAP + fitted(doubts, self.doubts))
        return "".join(parts)


def _width(columns: Sequence[_Column]) -> int:
    return sum(1 + column.width for column in columns)


def _doubts(one: ServerStanding) -> str:
    """Name the kinds that arose, the most frequent first, with the number of slices."""
    counted = one.doubts.most_common()
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counted)


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="crop")
