"""A document on a terminal: as many columns as there is room for, the important ones first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from bench.formatting import VAGUE, clean
from bench.report.document import (
    Block,
    CodeBlock,
    Column,
    Document,
    DocumentSection,
    KeySentence,
    Notes,
    Table,
    Texts,
    Tone,
)

STYLES: Final[Mapping[Tone, str]] = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.GOOD: "green",
    Tone.DOUBTFUL: "yellow",
    Tone.BAD: "red",
    Tone.ALARM: "bold red",
    Tone.ASIDE: "dim",
}
_LONG_NAME: Final = 24
_FOLDED: Final = VAGUE.replace(" to ", "\nto ")  # figures are what there is room for
_WIDE, _NARROW = 1, 0


def terminal(document: Document) -> RenderableType:
    """What `console.print` shows; it fits itself to the width that it is given."""
    return Group(*_all(document.blocks, document.elsewhere))


@dataclass(frozen=True, slots=True)
class FittedTable:
    """A table that moves together, and then leaves out its lightest columns, to fit the console.

    styles: one a row. elsewhere: where the columns stand that are left out.
    """

    title: str
    caption: str
    columns: Sequence[Column]
    styles: Sequence[str]
    elsewhere: str = "see report.md"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns, gap = list(self.columns), _WIDE
        if self._width(console, options, columns, gap) > options.max_width:
            gap = _NARROW
        while len(columns) > 2 and self._width(console, options, columns, gap) > options.max_width:  # noqa: PLR2004
            columns.remove(min(columns, key=lambda column: column.weight))
        if self.title:
            yield text(self.title, "bold")
        if self.caption:
            yield text(self.caption, "dim")
        yield self._table(columns, gap)
        left_out = [c.heading for c in self.columns if c not in columns]
        if left_out:
            said = f"Omitted for lack of space ({self.elsewhere}): {'; '.join(left_out)}."
            yield text(said, "dim")

    def _width(
        self, console: Console, options: ConsoleOptions, columns: Sequence[Column], gap: int
    ) -> int:
        unbounded = options.update(max_width=10_000)
        return console.measure(self._table(columns, gap), options=unbounded).maximum

    def _table(self, columns: Sequence[Column], gap: int) -> Grid:
        """Build it with so many spaces between columns, beside the one that a box has."""
        grid = Grid(box=box.SIMPLE_HEAD, padding=(0, gap, 0, 0), show_edge=False)
        has_units = any(column.unit for column in columns)
        for column in columns:
            heading = text(column.title + (f"\n{column.unit}" if has_units else ""), "bold")
            grid.add_column(heading, justify="right" if column.numeric else "left", no_wrap=True)
        for index, style in enumerate(self.styles):
            cells = (str(column.cells[index]) for column in columns)
            grid.add_row(*(text(_folded(cell)) for cell in cells), style=style)
        return grid


def text(said: str, style: str = "") -> Text:
    """Text from anywhere: markup in it stays text, control characters are gone."""
    return Text(clean(said), style=style)


def _all(blocks: Sequence[Block], elsewhere: str) -> Iterator[RenderableType]:
    below = False
    for block in blocks:
        held = list(_shown(block, elsewhere))
        nested = isinstance(block, DocumentSection)
        yield from [Text()] if below and held and not nested else []
        yield from held
        below = nested and bool(held)


def _shown(block: Block, elsewhere: str) -> Iterator[RenderableType]:
    """What a terminal has of a block: of pictures, and of what is folded, nothing."""
    if isinstance(block, KeySentence):
        yield text(block.text, STYLES[block.tone])
    elif isinstance(block, Texts):
        if block.texts and block.lead:
            yield text(block.lead, STYLES[block.tone])
        yield from (text(said, STYLES[block.tone]) for said in block.texts)
    elif isinstance(block, Table):
        tones = block.tones or [Tone.PLAIN] * len(block.columns[0].cells)
        yield FittedTable("", "", block.columns, [STYLES[tone] for tone in tones], elsewhere)
    elif isinstance(block, CodeBlock):
        yield Padding(text(block.text), (0, 0, 0, 2))
    elif isinstance(block, Notes):
        yield from (text(f"[{n}] {said}", STYLES[Tone.DOUBTFUL]) for n, said in block.texts)
    elif isinstance(block, DocumentSection):
        held = list(_all(block.blocks, elsewhere))
        if held:
            yield from (Text(), text(block.title, "bold"), *held)


def _folded(cell: str) -> str:
    """Put each setting of a long name on a line of its own, and words in place of a figure."""
    if VAGUE in cell:
        return cell.replace(VAGUE, _FOLDED)
    return cell.replace("+", "\n+") if len(cell) > _LONG_NAME else cell
