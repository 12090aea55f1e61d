"""The report on a terminal: as many columns as there is room for, the important ones first."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bench.domain import DoubtKind, Verdict
from bench.report import stalls, tables
from bench.report.below import below
from bench.report.budget import limits
from bench.report.footnotes import MARKS, Footnote, footnotes
from bench.report.render.terminal import FittedTable
from bench.report.render.terminal import text as _text
from bench.report.words import gate_failures, interval_note, troubles
from bench.summary import CellRow, Section, Summary
from bench.summary.remarks import reliance

_STYLES = {Verdict.VALID: "", Verdict.SUSPECT: "yellow", Verdict.INVALID: "red"}


def terminal(summary: Summary) -> RenderableType:
    """Build the report that `console.print` shows; it fits itself to the width it is given."""
    notes = footnotes(summary)
    parts = [
        *_paragraphs(summary.distrust, "bold red"),
        *_paragraphs([text] if (text := reliance(summary.manifest.selftest)) else [], "dim"),
        *_paragraphs(summary.headlines, "bold"),
        *_paragraphs(summary.remarks, "yellow"),
        *(part for one in summary.sections for part in _section(one, summary, notes)),
        *_exactness(summary),
        *_settings(summary),
        *_processes(summary),
        *_failures(summary),
        *_paragraphs([f"[{note.number}] {note.text}" for note in notes.values()], "yellow"),
        *_paragraphs([MARKS] if notes else [], "dim"),
        *([_text(interval_note(summary), "dim")] if summary.sections else []),
    ]
    return Group(*parts)


def _section(
    section: Section, summary: Summary, notes: dict[DoubtKind, Footnote]
) -> Iterator[RenderableType]:
    baseline = summary.manifest.baseline
    exact_to = limits(section, summary.manifest.selftest)
    yield Padding(
        FittedTable(
            tables.title(section),
            tables.measured(section),
            tables.columns(section, baseline, notes, exact_to),
            [_style(row) for row in section.rows],
        ),
        (1, 0, 0, 0),
    )
    yield from _paragraphs(below(section, notes), "yellow")
    for profile, reason in tables.absences(section):
        yield _text(f"{profile}: no figure: {reason}", "red")
    yield from _paragraphs([f"failures: {text}" for text in tables.failures(section)], "red")
    resolution = tables.resolution(section, baseline, exact_to)
    if resolution:
        yield _text(resolution, "dim")
    yield from _stalls(section)


def _stalls(section: Section) -> Iterator[RenderableType]:
    columns = stalls.columns(section)
    if columns:
        styles = [""] * len(columns[0].cells)
        title = f"{stalls.TITLE}: {tables.title(section)}"
        yield Padding(FittedTable(title, stalls.CAPTION, columns, styles), (1, 0, 0, 0))


def _style(row: CellRow) -> str:
    if row.verdict is Verdict.VALID and row.rank and row.rank.place == 1:
        return "green"
    return _STYLES[row.verdict]


def _exactness(summary: Summary) -> Iterator[RenderableType]:
    columns = tables.exactness_columns(summary)
    if columns:
        styles = [""] * len(columns[0].cells)
        table = FittedTable(tables.EXACTNESS_TITLE, tables.EXACTNESS_CAPTION, columns, styles)
        yield Padding(table, (1, 0, 0, 0))


def _settings(summary: Summary) -> Iterator[RenderableType]:
    columns = tables.settings_columns(summary)
    if columns:
        styles = [""] * len(summary.settings_costs)
        table = FittedTable(tables.COSTS_TITLE, tables.COSTS_CAPTION, columns, styles)
        yield Padding(table, (1, 0, 0, 0))


def _processes(summary: Summary) -> Iterator[RenderableType]:
    if not any(tables.has_process(server) for server in summary.servers):
        return
    yield Padding(
        FittedTable(
            "Start-up and memory",
            "launch to first right answer; proportional set size of the process tree",
            tables.process_columns(summary),
            [""] * len(summary.servers),
        ),
        (1, 0, 0, 0),
    )


def _failures(summary: Summary) -> Iterator[RenderableType]:
    yield Text()
    for profile, name, message in gate_failures(summary):
        yield _text(f"{profile} failed its gate: {name}", "bold red")
        yield Padding(_text(message, "red"), (0, 0, 0, 2))
    yield from _paragraphs([f"{name}: {text}" for name, text in troubles(summary)], "red")


def _paragraphs(texts: Sequence[str], style: str) -> list[RenderableType]:
    return [_text(text, style) for text in texts]
