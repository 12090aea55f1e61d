"""The whole distribution: time by percentile, with the tail stretched out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from bench.report.charts.style import (
    FAINT,
    GRID,
    SMALL,
    WIDTH,
    axis_title,
    lines_plot,
    look,
    name_y_axis,
    scale,
    shorten,
)
from bench.stats.histogram import MIDPOINTS_NS, Histogram, nearest_rank

_BEYOND = 10  # samples that must lie beyond the last point drawn: fewer are chance
_HEIGHT = 4.6  # inches, and more where many names need room
_TICKS = {1.0: "0", 2.0: "50", 10.0: "90", 20.0: "95", 100.0: "99", 1e3: "99.9", 1e4: "99.99"}
_TICKS |= {1e5: "99.999", 1e6: "99.9999"}


@dataclass(frozen=True, slots=True)
class Curve:
    """One server's times, ns, and how they are labelled."""

    label: str
    times: Histogram


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A whole chart. note: what is missing from it, below the axis."""

    title: str
    subtitle: str
    unit: str
    curves: Sequence[Curve]
    note: str = ""


def draw_percentiles(chart: Percentiles) -> Figure:
    """Draw one line a server, named at its end; the x axis is 1 / (1 - p), logarithmic."""
    drawn = lines_plot(
        chart.title,
        chart.subtitle,
        [curve.label for curve in chart.curves],
        height=_HEIGHT,
        bottom=0.85 if chart.note else 0.62,
    )
    figure, plot = drawn.figure, drawn.plot
    last = max(2.0, min(curve.times.total for curve in chart.curves) / _BEYOND)
    stretched = np.geomspace(1.0, last, 400)
    lines = [_times_ms(curve.times, stretched) for curve in chart.curves]
    _frame(plot, chart, last, np.concatenate(lines))
    for index, line in enumerate(lines):
        colour, dashes = look(index)
        plot.plot(stretched, line, color=colour, linestyle=dashes, linewidth=1.7)
    drawn.name([float(line[-1]) for line in lines])
    note_line = shorten(chart.note, SMALL, WIDTH - 0.4)
    figure.text(
        0.2 / WIDTH,
        0.12 / float(figure.get_figheight()),
        note_line,
        size=SMALL,
        color=FAINT,
        style="italic",
    )
    return figure


def _times_ms(times: Histogram, stretched: NDArray[np.float64]) -> NDArray[np.float64]:
    """Time that a share 1 - 1/x of the answers did not exceed, for each x, ms."""
    cumulated = np.cumsum(times.counts)
    ranks = nearest_rank(times.total, 100 * (1 - 1 / stretched))
    found: NDArray[np.float64] = MIDPOINTS_NS[np.searchsorted(cumulated, ranks)] * 1e-6
    return found


def _frame(plot: Axes, chart: Percentiles, last: float, values: NDArray[np.float64]) -> None:
    """Axes and grid."""
    plot.set_xscale("log")
    plot.set_xlim(1.0, last)
    ticks = [tick for tick in _TICKS if tick <= last]
    plot.set_xticks(ticks, [_TICKS[tick] for tick in ticks])
    plot.xaxis.set_minor_formatter(NullFormatter())
    middle = values[values >= np.quantile(values, 0.02)].tolist()
    scale(plot, "y", middle)
    plot.set_xlabel("percentile of the correct responses", size=SMALL, color=FAINT)
    name_y_axis(plot, axis_title(chart.unit, middle))
    plot.grid(color=GRID, linewidth=0.8)
