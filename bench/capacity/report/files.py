"""Writing the report into the folder of a run: each file whole or not at all."""

from pathlib import Path

from bench.capacity.model import Summary
from bench.capacity.report.chart import NAME, draw
from bench.capacity.report.data import csv, to_json
from bench.capacity.report.markdown import markdown
from bench.capacity.summary import summarize
from bench.domain import Facts
from bench.written import put


def write(facts: Facts, folder: Path) -> Summary:
    """Write capacity.md, capacity.csv, capacity.json and charts/capacity.svg and *.png.

    Everything is made before the first file is written; other files are not touched.
    """
    summary = summarize(facts)
    for name, content in files(summary).items():
        put(folder / name, content)
    return summary


def files(summary: Summary) -> dict[str, bytes]:
    """Every file of the report, by its path within the folder of the run."""
    chart = draw(summary)
    drawn = {f"charts/{NAME}.svg": chart.svg, f"charts/{NAME}.png": chart.png} if chart else {}
    return {
        **drawn,
        "capacity.csv": csv(summary),
        "capacity.json": to_json(summary),
        "capacity.md": markdown(summary, chart),
    }
