"""A chart for each panel of a history."""

import re

from bench.analysis.several_runs.dates import date
from bench.analysis.several_runs.history_model import FigureHistory, History, HistoryPoint, Panel
from bench.analysis.several_runs.measured_run import MeasuredRun
from bench.figures import FIGURES
from bench.formatting import number
from bench.report.charts.chart import Chart
from bench.report.charts.style import finished, styled
from bench.report.charts.time_line import Mark, Through, TimeLine, draw
from bench.report.figure_names import better, short
from bench.report.panel_titles import panel_title
from bench.stats.estimate import CONFIDENCE


def charts(found: History) -> tuple[Chart, ...]:
    """Draw every panel, in their order."""
    with styled():
        return tuple(_finished(panel, found) for panel in found.panels)


def _finished(panel: Panel, found: History) -> Chart:
    chart = _through(panel, found)
    return finished(_name(panel, found), chart.title, draw(chart))


def _name(panel: Panel, found: History) -> str:
    """Figure, workload, loop and connections; the conditions where there are several."""
    words = [panel.figure, panel.workload, str(panel.mode), str(panel.connections)]
    words += [str(panel.ground.number)] if len(found.grounds) > 1 else []
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", "-".join(words))


def _through(panel: Panel, found: History) -> Through:
    runs = panel.runs
    places = {id(run): place for place, run in enumerate(runs)}
    lines = [_line(course, places) for course in panel.courses]
    broken = any(mark.broken for line in lines for mark in line.marks)
    gaps = "; gaps: another offered rate, not compared" if broken else ""
    return Through(
        panel_title(panel, found),
        f"{better(panel.figure)}, the axis need not begin at zero; lines: {CONFIDENCE:.0%} "
        f"intervals; rings: a change is shown{gaps}",
        FIGURES[panel.figure].unit,
        [_below(run) for run in runs],
        lines,
    )


def _below(run: MeasuredRun) -> str:
    """Date, time of day and the app's commit, below each other."""
    return "\n".join((*date(run.manifest.started_at).split(" "), short(run.manifest.app_commit)))


def _line(course: FigureHistory, places: dict[int, int]) -> TimeLine:
    return TimeLine(
        course.profile, [_mark(point, places[id(point.run)]) for point in course.points]
    )


def _mark(point: HistoryPoint, place: int) -> Mark:
    step = point.step
    if step is None:
        return Mark(place, point.estimate)
    if step.member is None:
        return Mark(place, point.estimate, broken=True)
    ratio = step.member.comparison.ratio.value
    change = f"×{number(ratio)}" if step.changed else ""  # noqa: RUF001 - it is a times sign
    return Mark(place, point.estimate, change, rose=ratio > 1)
