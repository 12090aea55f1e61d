"""A report as blocks, which the terminal and Markdown show alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bench.report.console import FittedTable
from bench.report.markdown import escape
from bench.report.tables import Column
from bench.summary.words import clean


class Weight(StrEnum):
    """How loud a text is."""

    WARNING = "bold red"
    HEADLINE = "bold"
    REMARK = "yellow"
    PLAIN = ""
    NOTE = "dim"


@dataclass(frozen=True, slots=True)
class Texts:
    """Some sentences, below a heading if there is one."""

    texts: Sequence[str]
    weight: Weight = Weight.PLAIN
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title; styles: one a row, for the terminal."""

    title: str
    caption: str
    columns: Sequence[Column]
    styles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart, for Markdown: what it shows in words, and its file."""

    title: str
    path: str


Block: TypeAlias = Texts | Table | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A report. elsewhere: where columns stand that the terminal has no room for."""

    title: str
    blocks: Sequence[Block]
    elsewhere: str


def terminal(document: Document) -> RenderableType:
    """What `console.print` shows; it fits itself to the width that it is given."""
    return Group(*(part for block in document.blocks for part in _shown(block, document)))


def markdown(document: Document) -> bytes:
    """The same as a file."""
    parts = [f"# {escape(document.title)}"]
    for block in document.blocks:
        parts += _written(block)
    return ("\n\n".join(parts) + "\n").encode()


def _shown(block: Block, document: Document) -> Iterator[RenderableType]:
    if isinstance(block, Table):
        table = FittedTable(
            block.title, block.caption, block.columns, block.styles, document.elsewhere
        )
        yield Padding(table, (1, 0, 0, 0))
    elif isinstance(block, Texts) and block.texts:
        if block.heading:
            yield Text(f"\n{clean(block.heading)}", style="bold")
        yield from (Text(clean(text), style=block.weight) for text in block.texts)


def _written(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        yield f"## {escape(block.title)}"
        if block.caption:
            yield f"{escape(block.caption)}"
        yield _markdown_table(block.columns)
    elif isinstance(block, Picture):
        yield f"![{escape(block.title)}]({block.path})"
    elif block.texts:
        if block.heading:
            yield f"## {escape(block.heading)}"
        loud = "**" if block.weight is Weight.WARNING else ""
        yield "\n".join(f"- {loud}{escape(text)}{loud}" for text in block.texts)


def _markdown_table(columns: Sequence[Column]) -> str:
    lines = [
        [escape(column.heading) for column in columns],
        ["---:" if column.numeric else ":---" for column in columns],
        *([escape(cell) for cell in row] for row in zip(*(c.cells for c in columns), strict=True)),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
