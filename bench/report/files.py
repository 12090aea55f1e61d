"""Writing the reports of a run into its folder: each file whole or not at all."""

from pathlib import Path

from bench.domain import Facts
from bench.report.charts import charts
from bench.report.csv_table import csv
from bench.report.json_document import to_json
from bench.report.markdown import markdown
from bench.report.page import page
from bench.summary import Summary, summarize
from bench.written import put


def write(facts: Facts, folder: Path) -> Summary:
    """Write the report into a run's folder: HTML, Markdown, CSV, JSON, and charts as SVG and PNG.

    Everything is made before the first file is written; other files are not touched.
    """
    summary = summarize(facts)
    for name, content in files(summary).items():
        put(folder / name, content)
    return summary


def files(summary: Summary) -> dict[str, bytes]:
    """Every file of the report, by its path within the folder of the run."""
    drawn = charts(summary)
    return {
        **{f"charts/{chart.name}.svg": chart.svg for chart in drawn},
        **{f"charts/{chart.name}.png": chart.png for chart in drawn},
        "summary.csv": csv(summary),
        "summary.json": to_json(summary),
        "report.md": markdown(summary, drawn),
        "report.html": page(summary, drawn),
    }
