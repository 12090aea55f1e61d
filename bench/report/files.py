"""Which files each kind of finding is written to, and writing them: each whole or not at all."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from bench.analysis.capacity.model import CapacitySummary
from bench.analysis.capacity.summary import summarize as summarize_capacity
from bench.analysis.instructions.moves import WorkloadMoves
from bench.analysis.instructions.verdict import InstructionDecision
from bench.analysis.model import Summary
from bench.analysis.regression_verdict import RegressionDecision
from bench.analysis.several_runs.comparison import RunComparison
from bench.analysis.several_runs.history_model import History
from bench.analysis.summary import summarize
from bench.errors import UsageError
from bench.facts.run import Facts
from bench.report.charts.chart import Chart, chart_files
from bench.report.data import capacity as capacity_data
from bench.report.data import comparison as comparison_data
from bench.report.data import history as history_data
from bench.report.data import instruction_regression as instruction_data
from bench.report.data import regression as regression_data
from bench.report.data.run_csv import csv
from bench.report.data.run_json import to_json
from bench.report.data.run_junit import junit
from bench.report.document import Document, Picture
from bench.report.documents import capacity as capacity_document
from bench.report.documents import comparison as comparison_document
from bench.report.documents import history as history_document
from bench.report.documents import instruction_regression as instruction_document
from bench.report.documents import regression as regression_document
from bench.report.documents import run as run_document
from bench.report.formats import Format
from bench.report.render.markdown import markdown
from bench.system.files import write_whole

Files: TypeAlias = dict[str, bytes]
"""Contents, by path within the folder that they are written to."""


@dataclass(frozen=True)
class Material:
    """What reports are made of.

    formats: all that are written together; a report refers to no file of another.
    """

    summary: Summary
    formats: Collection[Format]

    @cached_property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart, drawn when the first of the reports asks for one."""
        from bench.report.charts.build import charts  # noqa: PLC0415  # matplotlib takes a second

        return charts(self.summary)


def _page(given: Material) -> Files:
    from bench.report.run_page import page  # noqa: PLC0415  # jinja and matplotlib's colours

    return {"report.html": page(given.summary, given.charts)}


def _markdown(given: Material) -> Files:
    """It shows charts only where they are written beside it."""
    shown = given.charts if Format.CHARTS in given.formats else ()
    return {"report.md": markdown(run_document.document(given.summary, shown))}


FORMATS: Final[Mapping[Format, Callable[[Material], Files]]] = {
    Format.CHARTS: lambda given: chart_files(given.charts),
    Format.CSV: lambda given: {"summary.csv": csv(given.summary)},
    Format.JSON: lambda given: {"summary.json": to_json(given.summary)},
    Format.JUNIT: lambda given: {"junit.xml": junit(given.summary)},
    Format.MD: _markdown,
    Format.HTML: _page,
}
OF_CAPACITY: Final = tuple(each for each in Format if each is not Format.JUNIT)
OF_COMPARISON: Final[Mapping[str, Callable[[RunComparison], bytes]]] = {
    ".md": lambda found: markdown(comparison_document.document(found)),
    ".html": lambda found: html(comparison_document.document(found)),
    ".csv": comparison_data.csv,
    ".json": comparison_data.json,
}
"""By the ending of a file."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of a run; names: what stands in its folder now, folders with a slash."""

    summary: Summary
    names: tuple[str, ...]


def write(facts: Facts, folder: Path, formats: Collection[Format] = tuple(Format)) -> Written:
    """Write reports into the folder of a run.

    Everything is made before the first file is written; other files are not touched.
    """
    summary = summarize(facts)
    return Written(summary, write_all(files(summary, formats), folder))


def write_capacity(
    facts: Facts, folder: Path, formats: Collection[Format] = OF_CAPACITY
) -> tuple[CapacitySummary, tuple[str, ...]]:
    """Write the reports of a search into its folder; also returns what stands there now.

    Raises UsageError where none of these formats is one of its.
    """
    if not set(formats) & set(OF_CAPACITY):
        raise UsageError(
            f"--format {','.join(formats)}: the capacity search in '{folder}' has no such "
            f"report; it has: {', '.join(OF_CAPACITY)}"
        )
    summary = summarize_capacity(facts)
    return summary, write_all(of_capacity(summary, formats), folder)


def write_all(made: Files, folder: Path) -> tuple[str, ...]:
    """Write files; returns what stands in the folder now, the last first, folders with a slash."""
    for name, content in made.items():
        write_whole(folder / name, content)
    parts = [name.partition("/") for name in reversed(made)]
    return tuple(dict.fromkeys(top + slash for top, slash, _ in parts))


def files(summary: Summary, formats: Collection[Format] = tuple(Format)) -> Files:
    """Every file of the reports of a run."""
    given = Material(summary, formats)
    made: Files = {}
    for name, make in FORMATS.items():
        if name in formats:
            made |= make(given)
    return made


def of_capacity(summary: CapacitySummary, formats: Collection[Format] = OF_CAPACITY) -> Files:
    """Every file of the reports of a search for capacity."""
    charts = _capacity_charts(summary) if {Format.CHARTS, Format.HTML} & set(formats) else ()
    made = chart_files(charts) if Format.CHARTS in formats else {}
    if Format.CSV in formats:
        made["capacity.csv"] = capacity_data.csv(summary)
    if Format.JSON in formats:
        made["capacity.json"] = capacity_data.to_json(summary)

    def shaped(pictures: Sequence[Picture]) -> Document:
        return capacity_document.document(summary, *pictures)

    return made | _documents("capacity", shaped, charts, formats)


def of_history(found: History) -> Files:
    """Every file of a history."""
    from bench.report.charts.history import charts  # noqa: PLC0415  # matplotlib takes a second

    drawn = charts(found)
    return {
        **chart_files(drawn),
        "history.csv": history_data.csv(found),
        "history.json": history_data.json(found),
        **_documents("history", lambda each: history_document.document(found, each), drawn),
    }


def of_regression(decision: RegressionDecision, sides: tuple[str, str]) -> Files:
    """Every file of a verdict; sides: what base and head are."""
    return {
        "regression.xml": regression_data.junit(decision, sides),
        "regression.json": regression_data.to_json(decision, sides),
        **_documents("regression", lambda _: regression_document.document(decision, sides), ()),
    }


def of_instruction_regression(
    decision: InstructionDecision, moved: Sequence[WorkloadMoves], sides: tuple[str, str]
) -> Files:
    """The same of a verdict by instructions, under the same names."""
    shaped = instruction_document.document(decision, moved, sides)
    return {
        "regression.xml": instruction_data.junit(decision, sides),
        "regression.json": instruction_data.to_json(decision, moved, sides),
        **_documents("regression", lambda _: shaped, ()),
    }


def html(document: Document) -> bytes:
    """A document as a page."""
    from bench.report.render.document_html import html as page  # noqa: PLC0415  # see `_page`

    return page(document)


def _documents(
    name: str,
    shaped: Callable[[Sequence[Picture]], Document],
    charts: Sequence[Chart],
    formats: Collection[Format] = tuple(Format),
) -> Files:
    """A report for people; a page holds its charts, Markdown refers to those beside it."""
    pictures = [chart.picture for chart in charts]
    made: Files = {}
    if Format.MD in formats:
        made[f"{name}.md"] = markdown(shaped(pictures if Format.CHARTS in formats else ()))
    if Format.HTML in formats:
        made[f"{name}.html"] = html(shaped(pictures))
    return made


def _capacity_charts(summary: CapacitySummary) -> tuple[Chart, ...]:
    from bench.report.charts.capacity import draw  # noqa: PLC0415  # matplotlib takes a second

    chart = draw(summary)
    return () if chart is None else (chart,)
