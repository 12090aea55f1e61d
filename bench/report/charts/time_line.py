"""One figure through many runs: a line a server, with intervals, and its changes marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.charts.style import (
    GRID,
    INK,
    SMALL,
    WIDTH,
    Margins,
    axes,
    axis_title,
    canvas,
    look,
    name_y_axis,
    note,
    scale,
    shorten_name,
    spread,
    widest,
)
from bench.stats.estimate import Estimate

_HEIGHT = 4.6  # inches, and more where many names need room
_LINE = 0.21  # inches between two names
_LONGEST_NAME = 2.3  # inches
_TICK = 0.9  # inches that a date needs
_FEW = 3  # runs, which would stand too far apart without more room on either side
_LOW, _HIGH = 0.15, 0.9  # of the height: nothing is written below, or above
_BESIDE = 9  # points between a change and what is written of it
_APART = 0.3  # of the way to the next run, over which intervals of one run are spread


@dataclass(frozen=True, slots=True)
class Mark:
    """One run of one server: its place in time, its figure, and what is written beside it.

    rose: whether it has risen. broken: the line does not lead here, for the load was another.
    """

    place: int
    estimate: Estimate
    change: str = ""
    rose: bool = True
    broken: bool = False


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One server."""

    name: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Through:
    """A whole chart; runs: what is written below each place in time."""

    title: str
    subtitle: str
    unit: str
    runs: Sequence[str]
    lines: Sequence[TimeLine]


def draw(chart: Through) -> Figure:
    """Draw one line a server, named at its end; runs are equally far apart, whenever they were."""
    labels = [shorten_name(line.name, SMALL, _LONGEST_NAME) for line in chart.lines]
    margins = Margins(0.8, 0.55 + widest(labels, SMALL), 0.8, 0.9)
    height = max(_HEIGHT, margins.top + margins.bottom + _LINE * (len(labels) + 1))
    figure = canvas(height, chart.title, chart.subtitle)
    plot = axes(figure, margins)
    inches = (WIDTH - margins.left - margins.right, height - margins.top - margins.bottom)
    _frame(plot, chart, inches[0])
    for index, line in enumerate(chart.lines):
        _draw(plot, line, look(index), _aside(index, len(chart.lines)))
    _names(plot, chart, labels, inches)
    return figure


def _aside(index: int, count: int) -> float:
    """How far from its place a server's marks are, so that intervals do not hide each other."""
    return 0.0 if count == 1 else (index / (count - 1) - 0.5) * _APART


def _frame(plot: Axes, chart: Through, across: float) -> None:
    """Axes, grid, and as many dates as have room."""
    found = [mark.estimate for line in chart.lines for mark in line.marks]
    ends = [end for each in found for end in (each.value, each.lo, each.hi) if end is not None]
    margin = 0.5 if len(chart.runs) >= _FEW else 1.0
    plot.set_xlim(-margin, len(chart.runs) - 1 + margin)
    scale(plot, "y", ends, from_zero=False)
    every = max(1, -(-len(chart.runs) // max(1, int(across / _TICK))))
    places = list(range(len(chart.runs) - 1, -1, -every))[::-1]
    plot.set_xticks(places, [chart.runs[place] for place in places], size=SMALL)
    name_y_axis(plot, axis_title(chart.unit, ends))
    plot.grid(axis="y", color=GRID, linewidth=0.8)


def _draw(plot: Axes, line: TimeLine, look: tuple[str, str], aside: float) -> None:
    colour, dashes = look
    for stretch in _stretches(line.marks):
        xs = [mark.place + aside for mark in stretch]
        values = [mark.estimate.value for mark in stretch]
        plot.plot(xs, values, color=colour, linestyle=dashes, linewidth=1.5, zorder=2)
    for mark in line.marks:
        _mark(plot, mark, mark.place + aside, colour)


def _stretches(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Cut a line where its load was another."""
    found: list[list[Mark]] = []
    for mark in marks:
        if mark.broken or not found:
            found.append([])
        found[-1].append(mark)
    return found


def _mark(plot: Axes, mark: Mark, x: float, colour: str) -> None:
    """A point with its interval; around one that has changed there is a ring, and by how much."""
    estimate = mark.estimate
    if estimate.lo is not None and estimate.hi is not None:
        plot.vlines(x, estimate.lo, estimate.hi, color=colour, linewidth=2.0, alpha=0.55, zorder=2)
    plot.plot(
        *(x, estimate.value, "o"),
        color=colour,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=3,
    )
    if mark.change:
        plot.plot(
            *(x, estimate.value, "o"),
            markersize=12,
            markerfacecolor="none",
            markeredgecolor=colour,
            markeredgewidth=1.4,
            zorder=4,
        )
        _write(plot, mark, x, colour)


def _write(plot: Axes, mark: Mark, x: float, colour: str) -> None:
    """Write by how much it has changed: above what has risen, below what has fallen, inside."""
    height = _fraction(plot, x, mark.estimate.value)[1]
    above = height < _LOW or (mark.rose and height < _HIGH)
    end = mark.estimate.hi if above else mark.estimate.lo
    plot.annotate(
        mark.change,
        (x, mark.estimate.value if end is None else end),
        xytext=(0, _BESIDE if above else -_BESIDE),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        color=colour,
        size=SMALL,
        weight="bold",
        bbox={
            "boxstyle": "square,pad=0.1",
            "facecolor": "white",
            "edgecolor": "none",
            "alpha": 0.8,
        },
        zorder=5,
    )


def _names(plot: Axes, chart: Through, labels: Sequence[str], inches: tuple[float, float]) -> None:
    """Write each name to the right, moved up or down where they would overlap."""
    across, high = inches
    lasts = [line.marks[-1] for line in chart.lines]
    wanted = [_fraction(plot, mark.place, mark.estimate.value)[1] * high for mark in lasts]
    for index, place in spread(wanted, _LINE, high):
        y = place / high
        colour, dashes = look(index)
        aside = _aside(index, len(chart.lines))
        end = _fraction(plot, lasts[index].place + aside, lasts[index].estimate.value)
        plot.plot(
            [end[0], 1 + 0.22 / across],
            [end[1], y],
            color=colour,
            linestyle=dashes,
            linewidth=0.7,
            alpha=0.6,
            transform=plot.transAxes,
            clip_on=False,
        )
        beside = (1 + 0.28 / across, y)
        note(plot, beside, labels[index], INK, transform=plot.transAxes)


def _fraction(plot: Axes, x: float, y: float) -> tuple[float, float]:
    """A place in the axes, 0 to 1 each way."""
    point = plot.transAxes.inverted().transform(plot.transData.transform((x, y)))
    return float(point[0]), float(point[1])
