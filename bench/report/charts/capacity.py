"""The chart: what the SLO bounds against the offered rate, a line a server, and the limit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from bench.analysis.capacity.decision import SloDecision
from bench.analysis.capacity.model import CapacityRow, CapacitySummary
from bench.analysis.capacity.phases import Phase
from bench.analysis.capacity.slo import Average, Clause, FailureShare
from bench.facts.load import Sent
from bench.report.charts.chart import Chart
from bench.report.charts.style import (
    COLOURS,
    FAINT,
    GRID,
    INK,
    LINES,
    SMALL,
    Margins,
    axes,
    canvas,
    finished,
    name_y_axis,
    plain,
    scale,
    shorten_name,
    styled,
    widest,
)

_HEIGHT: Final = 4.8  # inches
_LONGEST_NAME: Final = 2.3  # inches
_HANDLE: Final = 0.75  # inches, of the legend beside its names
_MARKS: Final = {SloDecision.PASS: "o", SloDecision.FAIL: "s", SloDecision.UNDECIDED: "o"}
_MS: Final = 1e6
_READING: Final = (
    "circle: passed; square: failed; hollow: undecided; dashed: the limit; dotted: capacity"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One server: what the clause bounds, by rate, and whether that was decided."""

    row: CapacityRow
    rates: Sequence[float]
    figures: Sequence[float]
    decisions: Sequence[SloDecision]
    searched: int  # the first so many; the others are of the fresh process
    colour: str
    dashes: str


def draw(summary: CapacitySummary) -> Chart | None:
    """Draw it; None where nothing was measured."""
    clause = _clause(summary)
    lines = [line for place, row in enumerate(summary.rows) if (line := _line(row, clause, place))]
    if not lines:
        return None
    title = f"{_what(clause)} by offered rate: {summary.workload}"
    with styled():
        return finished("capacity", title, _figure(summary, clause, lines, title))


def _clause(summary: CapacitySummary) -> Clause:
    """The clause that gave out most often; the first one where none did."""
    clauses = summary.aim.slo.clauses
    gave_out = Counter(text for row in summary.rows for text in row.gave_out)
    return max(clauses, key=lambda clause: gave_out[clause.text])


def _what(clause: Clause) -> str:
    if isinstance(clause, FailureShare):
        return "Failures"
    what = "Average" if isinstance(clause, Average) else clause.name
    return f"{what} response time"


def _limit(clause: Clause) -> float:
    return 100 * clause.share if isinstance(clause, FailureShare) else clause.limit_ns / _MS


def _line(row: CapacityRow, clause: Clause, place: int) -> _Line | None:
    """Shape a server's line; a figure of 0 or none has no place on a logarithmic axis."""
    factor = 100 if isinstance(clause, FailureShare) else 1
    shown = [point for point in row.points if point.figures[clause.name]]
    points = sorted(shown, key=lambda point: (point.phase, point.rate))
    if not points:
        return None
    return _Line(
        row,
        [point.rate for point in points],
        [factor * (point.figures[clause.name] or 0.0) for point in points],
        [point.decision for point in points],
        sum(point.phase is Phase.SEARCH for point in points),
        COLOURS[place % len(COLOURS)],
        LINES[place // len(COLOURS) % len(LINES)],
    )


def _figure(summary: CapacitySummary, clause: Clause, lines: Sequence[_Line], title: str) -> Figure:
    names = [shorten_name(line.row.profile, SMALL, _LONGEST_NAME) for line in lines]
    figure = canvas(_HEIGHT, title, f"SLO: {summary.aim.slo.whole}; {_READING}")
    plot = axes(figure, Margins(0.75, widest(names, SMALL) + _HANDLE, 0.8, 0.62))
    _frame(plot, clause, lines, summary.sent)
    for line in lines:
        _draw(plot, line)
    handles = [
        plot.plot([], [], color=line.colour, linestyle=line.dashes, label=name)[0]
        for line, name in zip(lines, names, strict=True)
    ]
    plot.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        fontsize=SMALL,
        handlelength=1.6,
        borderaxespad=0.2,
    )
    return figure


def _frame(plot: Axes, clause: Clause, lines: Sequence[_Line], sent: Sent) -> None:
    """Axes, grid, and the limit."""
    unit = "%" if isinstance(clause, FailureShare) else "ms"
    limit = _limit(clause)
    figures = [figure for line in lines for figure in line.figures] + [limit]
    plot.set_yscale("log")
    plot.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    plot.yaxis.set_minor_formatter(NullFormatter())
    plot.yaxis.set_major_formatter(FuncFormatter(plain))
    plot.set_ylim(min(figures) / 1.3, max(figures) * 1.3)
    scale(plot, "x", [rate for line in lines for rate in line.rates], from_zero=False)
    plot.tick_params(which="minor", length=0)
    plot.set_xlabel(f"offered rate, {sent}s/s", size=SMALL, color=FAINT)
    name_y_axis(plot, f"{_what(clause)}, {unit} (logarithmic axis)")
    plot.grid(color=GRID, linewidth=0.8)
    plot.axhline(limit, color=INK, linewidth=1.0, linestyle="--")


def _draw(plot: Axes, line: _Line) -> None:
    """The line of one server, a mark at each rate, and its capacity."""
    colour = line.colour
    searched = slice(line.searched)
    plot.plot(
        line.rates[searched],
        line.figures[searched],
        color=colour,
        linestyle=line.dashes,
        linewidth=1.3,
    )
    for rate, figure, decision in zip(line.rates, line.figures, line.decisions, strict=True):
        plot.plot(
            [rate],
            [figure],
            marker=_MARKS[decision],
            markersize=5.5,
            color=colour,
            markerfacecolor="white" if decision is SloDecision.UNDECIDED else colour,
        )
    if line.row.capacity is not None and line.row.capacity.hi is not None:
        plot.axvline(line.row.capacity.value, color=colour, linewidth=1.0, linestyle=":")
