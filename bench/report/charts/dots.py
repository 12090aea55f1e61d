"""Figures with their intervals, a line a server: the chart for comparing servers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.formatting import vague
from bench.report.charts.style import (
    FAINT,
    GRID,
    INK,
    NORMAL,
    SMALL,
    WIDTH,
    Margins,
    axes,
    axis_title,
    bounds,
    canvas,
    note,
    scale,
    shorten,
    shorten_name,
    vague_footer,
    widest,
    written,
)
from bench.stats.estimate import Estimate

_ROW = 0.4  # inches
_RANK = 0.6  # inches, with the margin of the figure
_LONGEST_NAME = 2.6  # inches
_APART = 0.26  # of a row, between the series of one server: intervals would hide each other


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of every server: what it is called and how it is marked."""

    name: str
    colour: str
    marker: str
    symbol: str  # the marker as a character, for the heading of the column of values


AVERAGE = Series("average", "#0072b2", "o", "●")
P90 = Series("p90", "#e69f00", "s", "■")
P95 = Series("p95", "#d55e00", "D", "◆")


@dataclass(frozen=True, slots=True)
class DotsRow:
    """One server: its rank and name, its figures by the name of the series, or why it has none."""

    rank: str
    name: str
    figures: Mapping[str, Estimate | None]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Dots:
    """A whole chart; the series of one server stand below each other."""

    title: str
    subtitle: str
    unit: str
    series: Sequence[Series]
    rows: Sequence[DotsRow]


def draw_dots(chart: Dots) -> Figure:
    """Draw it; as high as it has servers."""
    names = [shorten_name(row.name, NORMAL, _LONGEST_NAME) for row in chart.rows]
    margins = Margins(
        left=_RANK + widest(names, NORMAL) + 0.2,
        right=0.2 + sum(_column_width(chart, series) for series in chart.series),
        top=1.0,
        bottom=0.62,
    )
    height = margins.top + _ROW * len(chart.rows) + margins.bottom
    unknown = any(one and vague(one) for row in chart.rows for one in row.figures.values())
    footers = filter(None, (chart.subtitle, vague_footer("", any_vague=unknown)))
    figure = canvas(height, chart.title, "; ".join(footers))
    plot = axes(figure, margins)
    _frame(plot, chart, names)
    _reasons(plot, chart, room=WIDTH - margins.left - 0.3)
    middle = (len(chart.series) - 1) / 2
    for place, series in enumerate(chart.series):
        _marks(plot, series, chart.rows, (place - middle) * _APART)
    _ranks(plot, chart, margins)
    _values(plot, chart, margins)
    return figure


def _written(one: Estimate) -> str:
    return written(one.value, is_vague=vague(one))


def _heading(series: Series) -> str:
    return f"{series.symbol} {series.name}"


def _column_width(chart: Dots, series: Series) -> float:
    texts = [_written(found) for row in chart.rows if (found := row.figures.get(series.name))]
    return 0.22 + max(widest(texts, SMALL), widest([_heading(series)], SMALL) * 1.08)  # it is bold


def _frame(plot: Axes, chart: Dots, names: Sequence[str]) -> None:
    """Axes, grid and names."""
    shown = [
        figure
        for row in chart.rows
        for figure in row.figures.values()
        if figure and not vague(figure)
    ]
    ends = [end for one in shown for end in (one.value, *(bounds(one) or ()))]
    scale(plot, "x", ends)
    plot.set_xlabel(axis_title(chart.unit, ends), size=SMALL, color=FAINT)
    plot.grid(axis="x", color=GRID, linewidth=0.8)
    plot.set_yticks(range(len(names)), names, size=NORMAL)
    plot.set_ylim(len(names) - 0.5, -0.5)


def _reasons(plot: Axes, chart: Dots, room: float) -> None:
    """Say why a server has no figure, where its figures would be."""
    for y, row in enumerate(chart.rows):
        if row.reason is not None:
            text = shorten(f"no figure: {row.reason}", SMALL, room)
            note(plot, (0.005, y), text, FAINT, style="italic")


def _marks(plot: Axes, series: Series, rows: Sequence[DotsRow], lower: float) -> None:
    """Mark one figure of every server, `lower` by this part of a row, with its interval."""
    found = [
        (y + lower, estimate)
        for y, row in enumerate(rows)
        if row.reason is None and (estimate := row.figures[series.name]) and not vague(estimate)
    ]
    lines = [(y, *ends) for y, one in found if (ends := bounds(one))]
    if lines:
        plot.hlines(*zip(*lines, strict=True), color=series.colour, linewidth=2.4, zorder=2)
    plot.plot(
        [one.value for _, one in found],
        [y for y, _ in found],
        series.marker,
        color=series.colour,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=3,
    )


def _ranks(plot: Axes, chart: Dots, margins: Margins) -> None:
    """Write the ranks to the left of the names."""
    inches = WIDTH - margins.left - margins.right
    left = (0.2 - margins.left) / inches
    for y, row in enumerate(chart.rows):
        note(plot, (left, y), row.rank, FAINT)


def _values(plot: Axes, chart: Dots, margins: Margins) -> None:
    """Write the figures in columns to the right, which name the marks at the same time."""
    inches = WIDTH - margins.left - margins.right
    right = 1 + margins.right / inches - 0.2 / inches
    for series in reversed(chart.series):
        head = (right, -0.78)
        note(plot, head, _heading(series), series.colour, align="right", weight="bold")
        for y, row in enumerate(chart.rows):
            estimate = row.figures.get(series.name)
            if estimate and row.reason is None:
                note(plot, (right, y), _written(estimate), INK, align="right")
        right -= _column_width(chart, series) / inches
