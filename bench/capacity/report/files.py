"""Writing the report into the folder of a run: each file whole or not at all."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from bench.capacity.model import Summary
from bench.capacity.report.data import csv, to_json
from bench.capacity.report.markdown import markdown
from bench.capacity.summary import summarize
from bench.domain import Facts
from bench.errors import UsageError
from bench.options import Format
from bench.report.charts.chart import Chart, chart_files
from bench.written import put

FORMATS: Final = (Format.MD, Format.CSV, Format.JSON, Format.CHARTS)


def write(facts: Facts, folder: Path, formats: Collection[Format] = FORMATS) -> Summary:
    """Write capacity.md, capacity.csv, capacity.json and charts/capacity.svg and *.png.

    Of these, those in `formats`; raises UsageError where that is none. Everything is made before
    the first file is written; other files are not touched.
    """
    if not set(formats) & set(FORMATS):
        raise UsageError(
            f"--format {','.join(formats)}: the search in '{folder}' has no such report; it has: "
            f"{', '.join(FORMATS)}"
        )
    summary = summarize(facts)
    for name, content in files(summary, formats).items():
        put(folder / name, content)
    return summary


def files(summary: Summary, formats: Collection[Format] = FORMATS) -> dict[str, bytes]:
    """Every file of these reports, by its path within the folder of the run."""
    chart = _chart(summary) if Format.CHARTS in formats else None
    made = chart_files([chart]) if chart else {}
    if Format.CSV in formats:
        made["capacity.csv"] = csv(summary)
    if Format.JSON in formats:
        made["capacity.json"] = to_json(summary)
    if Format.MD in formats:
        made["capacity.md"] = markdown(summary, chart)
    return made


def _chart(summary: Summary) -> Chart | None:
    from bench.capacity.report.chart import draw  # noqa: PLC0415  # matplotlib takes a second

    return draw(summary)
