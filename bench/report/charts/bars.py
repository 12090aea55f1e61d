"""What adds up to the average time of each server: a bar of parts, a line a server."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from bench.report.charts.style import (
    FAINT,
    GRID,
    INK,
    NORMAL,
    SMALL,
    WIDTH,
    Margins,
    axes,
    canvas,
    note,
    plain,
    shorten,
    shorten_name,
    widest,
)
from bench.summary.words import number

_ROW = 0.4  # inches
_LONGEST_NAME = 2.6  # inches


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of every bar: what it is called and its colour."""

    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One server, and the length of each of its parts; they add up."""

    name: str
    lengths: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bars:
    """A whole chart.

    note: what is missing from it, below the axis. counted: how many of the pieces, from the left,
    make up the figure that stands to the right; None: all.
    """

    title: str
    subtitle: str
    unit: str
    pieces: Sequence[Piece]
    bars: Sequence[Bar]
    note: str = ""
    counted: int | None = None


def draw_bars(chart: Bars) -> Figure:
    """Draw it; as high as it has servers."""
    names = [shorten_name(bar.name, NORMAL, _LONGEST_NAME) for bar in chart.bars]
    totals = [number(sum(bar.lengths[: chart.counted])) for bar in chart.bars]
    margins = Margins(
        left=widest(names, NORMAL) + 0.4,
        right=widest(totals, SMALL) + 0.4,
        top=1.05,
        bottom=0.85 if chart.note else 0.62,
    )
    height = margins.top + _ROW * len(names) + margins.bottom
    figure = canvas(height, chart.title, chart.subtitle)
    plot = axes(figure, margins)
    plot.set_xlim(0, max((sum(bar.lengths) for bar in chart.bars), default=1.0) * 1.03)
    plot.xaxis.set_major_formatter(FuncFormatter(plain))
    plot.set_xlabel(chart.unit, size=SMALL, color=FAINT)
    plot.grid(axis="x", color=GRID, linewidth=0.8)
    plot.set_yticks(range(len(names)), names, size=NORMAL)
    plot.set_ylim(len(names) - 0.5, -0.5)
    starts = [0.0] * len(names)
    for place, piece in enumerate(chart.pieces):
        lengths = [bar.lengths[place] for bar in chart.bars]
        plot.barh(range(len(names)), lengths, 0.55, left=starts, color=piece.colour)
        starts = [start + length for start, length in zip(starts, lengths, strict=True)]
    inches = WIDTH - margins.left - margins.right
    for y, total in enumerate(totals):
        note(plot, (1 + (margins.right - 0.2) / inches, y), total, INK, align="right")
    _legend(figure, chart)
    note_line = shorten(chart.note, SMALL, WIDTH - 0.4)
    figure.text(0.2 / WIDTH, 0.12 / height, note_line, size=SMALL, color=FAINT, style="italic")
    return figure


def _legend(figure: Figure, chart: Bars) -> None:
    """Name the parts in their order, above the bars."""
    figure.legend(
        handles=[Patch(color=piece.colour, label=piece.name) for piece in chart.pieces],
        loc="upper left",
        bbox_to_anchor=(0.12 / WIDTH, 1 - 0.62 / float(figure.get_figheight())),
        ncols=len(chart.pieces),
        frameon=False,
        fontsize=SMALL,
        handlelength=1.0,
        handleheight=0.9,
        columnspacing=1.6,
    )
