"""Throughput against time: what each server answers, and how long it takes, as the load grows."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.formatting import VAGUE, vague
from bench.report.charts.style import (
    FAINT,
    GRID,
    MARKERS,
    SMALL,
    axis_title,
    bounds,
    lines_plot,
    look,
    name_y_axis,
    scale,
)
from bench.stats.estimate import Estimate

_HEIGHT = 4.2  # inches, and more where many names need room


@dataclass(frozen=True, slots=True)
class Path:
    """One server: throughput and time at each load, from the lightest to saturation."""

    label: str
    points: Sequence[tuple[Estimate, Estimate]]


@dataclass(frozen=True, slots=True)
class CostChart:
    """A whole chart."""

    title: str
    subtitle: str
    units: tuple[str, str]
    paths: Sequence[Path]


def draw_exchange(chart: CostChart) -> Figure:
    """Draw a line a server through its loads, with the intervals of both figures."""
    names = [path.label for path in chart.paths]
    hollow = any(_is_vague(point) for path in chart.paths for point in path.points)
    footer = f"; hollow: {VAGUE}" if hollow else ""
    drawn = lines_plot(chart.title, chart.subtitle + footer, names, height=_HEIGHT)
    plot = drawn.plot
    across = _ends([answered for path in chart.paths for answered, _ in path.points])
    up = _ends([taken for path in chart.paths for _, taken in path.points])
    scale(plot, "x", across)
    scale(plot, "y", up)
    plot.set_xlabel(axis_title(chart.units[0], across), size=SMALL, color=FAINT)
    name_y_axis(plot, axis_title(chart.units[1], up))
    plot.grid(color=GRID, linewidth=0.8)
    for index, path in enumerate(chart.paths):
        (colour, dashes), marker = look(index), MARKERS[index % len(MARKERS)]
        xs = [answered.value for answered, _ in path.points]
        ys = [taken.value for _, taken in path.points]
        plot.plot(xs, ys, color=colour, linestyle=dashes, linewidth=1.2)
        for answered, taken in path.points:
            inside = "white" if _is_vague((answered, taken)) else colour
            plot.plot(
                answered.value,
                taken.value,
                marker,
                color=colour,
                markersize=6,
                mfc=inside,
                zorder=3,
            )
            if wide := bounds(answered):
                plot.hlines(taken.value, *wide, color=colour, linewidth=2.0)
            if high := bounds(taken):
                plot.vlines(answered.value, *high, color=colour, linewidth=2.0)
    _legend(plot, chart, drawn.labels)
    return drawn.figure


def _legend(plot: Axes, chart: CostChart, labels: Sequence[str]) -> None:
    """Name the marks, those of servers that answer most at saturation first.

    Names beside the ends of lines would be beside each other: many servers end at the same time.
    """
    order = sorted(range(len(labels)), key=lambda index: -chart.paths[index].points[-1][0].value)
    handles = []
    for index in order:
        colour, dashes = look(index)
        marker = MARKERS[index % len(MARKERS)]
        (handle,) = plot.plot(
            [], [], marker, color=colour, linestyle=dashes, label=labels[index], markersize=6
        )
        handles.append(handle)
    plot.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        fontsize=SMALL,
        handlelength=2.0,
        borderaxespad=0.2,
    )


def _is_vague(point: tuple[Estimate, Estimate]) -> bool:
    return any(map(vague, point))


def _ends(estimates: Sequence[Estimate]) -> list[float]:
    """Values and the ends of their intervals."""
    return [end for estimate in estimates for end in (estimate.value, *(bounds(estimate) or ()))]
