"""What a panel of a history is called, in its tables and pictures."""

from bench.analysis.several_runs.history_model import History, Panel
from bench.formatting import common, load_in_words
from bench.report.figure_names import called


def panel_title(panel: Panel, found: History) -> str:
    """Name a panel: "get_item over 32 connections: throughput, requests/s"."""
    ground = f"Conditions {panel.ground.number}: " if len(found.grounds) > 1 else ""
    sent = common(point.load.sent for each in panel.courses for point in each.points)
    return f"{ground}{panel.workload} {_load(panel)}: {called(panel.figure, panel.mode, sent)}"


def _load(panel: Panel) -> str:
    """Say how hard servers were driven: in words that all points share."""
    loads = dict.fromkeys(
        load_in_words(point.load) for course in panel.courses for point in course.points
    )
    words = next(iter(loads)) if len(loads) == 1 else "several offered rates"
    return f"{'over' if panel.mode == 'closed' else 'at'} {words}"
