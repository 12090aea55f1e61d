"""A history as files: Markdown, CSV, JSON, and charts.

JSON format 1: runs, conditions, points (as the lines of the CSV), left_out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from bench.across.courses import Course, History, Panel, Point
from bench.across.document import markdown
from bench.across.exports import compared
from bench.across.history_charts import charts
from bench.across.history_document import document
from bench.across.naming import version
from bench.report.charts.chart import chart_files
from bench.report.exports import as_csv, as_json, bounded
from bench.stats.estimate import CONFIDENCE

FORMAT: Final = "weighbridge.history"
FORMAT_VERSION: Final = 1


def files(found: History) -> dict[str, bytes]:
    """Every file, by its path within the folder that they are written to."""
    drawn = charts(found)
    pictures = [chart.link for chart in drawn]
    return {
        **chart_files(drawn),
        "history.csv": csv(found),
        "history.json": json(found),
        "history.md": markdown(document(found, pictures)),
    }


def csv(found: History) -> bytes:
    """Write a line a point."""
    return as_csv(list(_lines(found)), columns())


def json(found: History) -> bytes:
    """Write everything that is said, for programs."""
    return as_json(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "confidence": CONFIDENCE,
            "runs": [
                {"run": run.name, "started_at": run.manifest.started_at, "notes": list(run.notes)}
                for run in found.runs
            ],
            "conditions": [
                {"number": ground.number, **ground.conditions} for ground in found.grounds
            ],
            "points": list(_lines(found)),
            "left_out": [asdict(each) for each in found.left_out],
        }
    )


def columns() -> Sequence[str]:
    """Names of the columns of the CSV, in order."""
    return [
        *("conditions", "workload", "mode", "connections", "figure", "profile"),
        *("run", "started_at", "app_commit", "version", "weighbridge", "commit"),
        *("offered_rate", "rounds"),
        *bounded("value", None),
        "suspect",
        *compared("ratio", None),
        "not_compared",
    ]


def _lines(found: History) -> Iterator[dict[str, object]]:
    for panel in found.panels:
        for course in panel.courses:
            for point in course.points:
                yield _line(panel, course, point)


def _line(panel: Panel, course: Course, point: Point) -> dict[str, object]:
    manifest, step = point.run.manifest, point.step
    return {
        "conditions": panel.ground.number,
        "workload": panel.workload,
        "mode": str(panel.mode),
        "connections": panel.connections,
        "figure": panel.figure,
        "profile": course.profile,
        "run": point.run.name,
        "started_at": manifest.started_at,
        "app_commit": manifest.app_commit,
        "version": version(point.run.server(course.profile)),
        "weighbridge": manifest.weighbridge,
        "commit": manifest.commit,
        "offered_rate": point.load.offered_rate,
        "rounds": point.rounds,
        **bounded("value", point.estimate),
        "suspect": point.suspect,
        **compared("ratio", step.member if step else None),
        "not_compared": (step.why_not or None) if step else None,
    }
