"""A history for programs: CSV and JSON.

JSON format 1: runs, conditions, points (as the lines of the CSV), left_out.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.analysis.several_runs.history_model import FigureHistory, History, HistoryPoint, Panel
from bench.report.data.csv_file import as_csv
from bench.report.data.json_file import as_json, enveloped
from bench.report.data.values import bounded, compared
from bench.report.figure_names import version
from bench.report.left_out import left_out
from bench.report.several_runs import run_notes, why_not_compared
from bench.stats.estimate import CONFIDENCE

KIND: Final = "history"
FORMAT_VERSION: Final = 1


def csv(found: History) -> bytes:
    """Write a line a point."""
    return as_csv(list(_lines(found)), columns())


def json(found: History) -> bytes:
    """Write everything that is said."""
    content = {
        "confidence": CONFIDENCE,
        "runs": [
            {"run": run.name, "started_at": run.manifest.started_at, "notes": run_notes(run)}
            for run in found.runs
        ],
        "conditions": [{"number": ground.number, **ground.conditions} for ground in found.grounds],
        "points": list(_lines(found)),
        "left_out": [left_out(each) for each in found.left_out],
    }
    return as_json(enveloped(KIND, FORMAT_VERSION, content))


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


def _line(panel: Panel, course: FigureHistory, point: HistoryPoint) -> dict[str, object]:
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
        "not_compared": (why_not_compared(step) or None) if step else None,
    }
