"""Slice after slice: whether the machine was at rest, and which server it disturbed."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from bench.report.charts.style import (
    FAINT,
    GRID,
    SMALL,
    axis_title,
    lines_plot,
    look,
    name_y_axis,
    scale,
)

_HEIGHT = 3.6  # inches, and more where many names need room


@dataclass(frozen=True, slots=True)
class Track:
    """One server: when its slices ended, seconds of the experiment, and what they showed."""

    label: str
    moments: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class SliceSeriesChart:
    """A whole chart."""

    title: str
    subtitle: str
    unit: str
    tracks: Sequence[Track]


def draw_course(chart: SliceSeriesChart) -> Figure:
    """Draw a line a server through all of its slices, named at its end."""
    names = [track.label for track in chart.tracks]
    drawn = lines_plot(chart.title, chart.subtitle, names, height=_HEIGHT)
    plot = drawn.plot
    times = [at for track in chart.tracks for at, _ in track.moments]
    values = [value for track in chart.tracks for _, value in track.moments]
    plot.set_xlim(0, max(*times, 1.0) * 1.01)
    scale(plot, "y", values)
    plot.set_xlabel("seconds since the start", size=SMALL, color=FAINT)
    name_y_axis(plot, axis_title(chart.unit, values))
    plot.grid(color=GRID, linewidth=0.8)
    for index, track in enumerate(chart.tracks):
        colour, dashes = look(index)
        across, up = zip(*track.moments, strict=True)
        plot.plot(across, up, color=colour, linestyle=dashes, linewidth=1.1)
    drawn.name([track.moments[-1][1] for track in chart.tracks])
    return drawn.figure
