"""The report on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bench.capacity.model import Summary
from bench.capacity.report import tables
from bench.report.console import FittedTable
from bench.summary.words import clean


def terminal(summary: Summary) -> RenderableType:
    """Build the report that `console.print` shows; it fits itself to the width it is given."""
    return Group(
        *_paragraphs(summary.remarks, "yellow"),
        *_table(summary),
        *_paragraphs([f"{r.profile}: {r.reason}" for r in summary.rows if r.reason], "red"),
        *_paragraphs([f"{name}: {text}" for name, text in summary.failures], "red"),
        *_paragraphs(tables.overloads(summary), ""),
        *_paragraphs([tables.READING], "dim"),
    )


def _table(summary: Summary) -> Iterator[RenderableType]:
    if summary.rows:
        styles = ["" if row.capacity else "red" for row in summary.rows]
        title = f"{tables.TITLE} under {tables.slo(summary)}"
        columns = tables.columns(summary)
        yield Padding(FittedTable(title, tables.caption(summary), columns, styles), (1, 0, 1, 0))


def _paragraphs(texts: Sequence[str], style: str) -> list[RenderableType]:
    return [Text(clean(text), style=style) for text in texts]
