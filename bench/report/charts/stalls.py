"""How servers stood still: the share of the time, and the longest stall beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.facts.slice import Stalls
from bench.formatting import number, plural, vague
from bench.report.charts.style import (
    COLOURS,
    FAINT,
    GRID,
    INK,
    NORMAL,
    PALE,
    SMALL,
    WIDTH,
    Margins,
    axes,
    bottom_margin,
    bounds,
    canvas,
    note,
    plain,
    shorten,
    shorten_name,
    vague_footer,
    widest,
    write_footer,
    written,
)
from bench.stats.estimate import Estimate

_ROW: Final = 0.4  # inches
_LONGEST_NAME: Final = 2.6  # inches
_BETWEEN: Final = 1.35  # inches from one panel to the next, with the values of the first


@dataclass(frozen=True, slots=True)
class Standstill:
    """One server: share of the time (0 to 1), all its stalls, or why nothing is known of it."""

    name: str
    share: Estimate | None
    stalls: Stalls | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Standstills:
    """A whole chart."""

    title: str
    subtitle: str
    rows: Sequence[Standstill]


def draw_stalls(chart: Standstills) -> Figure:
    """Draw two panels that share their lines, a line a server."""
    names = [shorten_name(row.name, NORMAL, _LONGEST_NAME) for row in chart.rows]
    any_vague = any(row.share and vague(row.share) for row in chart.rows)
    footer = vague_footer("pale", any_vague=any_vague)
    margins = Margins(widest(names, NORMAL) + 0.4, 1.5, 0.95, bottom_margin(footer))
    height = margins.top + _ROW * len(names) + margins.bottom
    figure = canvas(height, chart.title, chart.subtitle)
    each = (WIDTH - margins.left - margins.right - _BETWEEN) / 2
    shares = axes(figure, _panel(margins, 0, each))
    longest = axes(figure, _panel(margins, each + _BETWEEN, each))
    _frame(shares, "stalled, % of the time", len(names))
    _frame(longest, "longest stall, ms", len(names))
    shares.set_yticks(range(len(names)), names, size=NORMAL)
    longest.set_yticks([])
    _shares(shares, chart, each)
    _longest(longest, chart, each)
    write_footer(figure, footer)
    return figure


def _panel(margins: Margins, left: float, across: float) -> Margins:
    """One of the panels, so many inches from the left of the first and across."""
    start = margins.left + left
    return Margins(start, WIDTH - start - across, margins.top, margins.bottom)


def _frame(plot: Axes, unit: str, lines: int) -> None:
    plot.xaxis.set_major_formatter(FuncFormatter(plain))
    plot.set_xlabel(unit, size=SMALL, color=FAINT)
    plot.grid(axis="x", color=GRID, linewidth=0.8)
    plot.set_ylim(lines - 0.5, -0.5)


def _shares(plot: Axes, chart: Standstills, inches: float) -> None:
    """Bars with their intervals, where these say anything; values to their right."""
    found = [(y, row.share.scaled(100.0)) for y, row in enumerate(chart.rows) if row.share]
    colours = [to_rgba(COLOURS[0], PALE if vague(one) else 1) for _, one in found]
    plot.barh([y for y, _ in found], [one.value for _, one in found], 0.5, color=colours)
    lines = [(y, *ends) for y, one in found if (ends := bounds(one)) and one.value]
    if lines:
        plot.hlines(*zip(*lines, strict=True), color=INK, linewidth=1.4)
    furthest = max([*(one.value for _, one in found), *(hi for _, _, hi in lines)], default=1.0)
    plot.set_xlim(0, furthest * 1.04 or 1.0)
    for y, one in found:
        share = written(one.value, is_vague=vague(one)) if one.value else "0"
        note(plot, (1 + 0.12 / inches, y), f"{share} %", INK)
    for y, row in enumerate(chart.rows):
        if row.reason is not None:
            text = shorten(f"no figure: {row.reason}", SMALL, 2 * inches)
            note(plot, (0.005, y), text, FAINT, style="italic")


def _longest(plot: Axes, chart: Standstills, inches: float) -> None:
    """Dots, and to their right how long and how many."""
    found = [(y, row.stalls) for y, row in enumerate(chart.rows) if row.stalls]
    some = [(y, one.longest_ns / 1e6) for y, one in found if one.count]
    plot.plot(
        [ms for _, ms in some],
        [y for y, _ in some],
        "D",
        color=COLOURS[1],
        markersize=6.5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        clip_on=False,
    )
    plot.set_xlim(0, max((ms for _, ms in some), default=1.0) * 1.06)
    for y, one in found:
        text = plural(one.count, "stall")
        longest = f"{number(one.longest_ns / 1e6)} ms, " if one.count else ""
        note(plot, (1 + 0.12 / inches, y), f"{longest}{text}", INK)
