"""Writing the reports of a run into its folder: each file whole or not at all."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from bench.domain import Facts
from bench.options import Format
from bench.report.charts.chart import Chart, chart_files
from bench.report.csv_table import csv
from bench.report.json_document import to_json
from bench.report.junit import junit
from bench.report.markdown import markdown
from bench.summary import Summary, summarize
from bench.written import put

Files: TypeAlias = dict[str, bytes]
"""Contents, by path within the folder of the run."""


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
    from bench.report.page import page  # noqa: PLC0415  # jinja and matplotlib's colours

    return {"report.html": page(given.summary, given.charts)}


def _markdown(given: Material) -> Files:
    """It shows charts only where they are written beside it."""
    shown = given.charts if Format.CHARTS in given.formats else ()
    return {"report.md": markdown(given.summary, shown)}


FORMATS: Final[Mapping[Format, Callable[[Material], Files]]] = {
    Format.CHARTS: lambda given: chart_files(given.charts),
    Format.CSV: lambda given: {"summary.csv": csv(given.summary)},
    Format.JSON: lambda given: {"summary.json": to_json(given.summary)},
    Format.JUNIT: lambda given: {"junit.xml": junit(given.summary)},
    Format.MD: _markdown,
    Format.HTML: _page,
}


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
    made = files(summary, formats)
    for name, content in made.items():
        put(folder / name, content)
    parts = [name.partition("/") for name in reversed(made)]
    return Written(summary, tuple(dict.fromkeys(top + slash for top, slash, _ in parts)))


def files(summary: Summary, formats: Collection[Format] = tuple(Format)) -> Files:
    """Every file of these reports."""
    given = Material(summary, formats)
    made: Files = {}
    for name, make in FORMATS.items():
        if name in formats:
            made |= make(given)
    return made
