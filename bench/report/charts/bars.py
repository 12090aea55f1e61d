"""What adds up to the average time of each server: a bar of parts, a line a server."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from bench.report.charts.style import (
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
    canvas,
    note,
    plain,
    shorten_name,
    subtitle_growth,
    vague_footer,
    widest,
    write_footer,
    written,
)

_ROW = 0.4  # inches
_LONGEST_NAME = 2.6  # inches


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of every bar: what it is called and its colour."""

    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One server, and the length of each of its parts; they add up.

    is_vague: not known to a factor of ten.
    """

    name: str
    lengths: Sequence[float]
    is_vague: bool = False


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
    totals = [
        written(sum(bar.lengths[: chart.counted]), is_vague=bar.is_vague) for bar in chart.bars
    ]
    pale = vague_footer("pale", any_vague=any(bar.is_vague for bar in chart.bars))
    footer = "; ".join(filter(None, (chart.note, pale)))
    margins = Margins(
        left=widest(names, NORMAL) + 0.4,
        right=widest(totals, SMALL) + 0.4,
        top=1.05,
        bottom=bottom_margin(footer),
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
        colours = [to_rgba(piece.colour, PALE if bar.is_vague else 1) for bar in chart.bars]
        plot.barh(range(len(names)), lengths, 0.55, left=starts, color=colours)
        starts = [start + length for start, length in zip(starts, lengths, strict=True)]
    inches = WIDTH - margins.left - margins.right
    for y, total in enumerate(totals):
        note(plot, (1 + (margins.right - 0.2) / inches, y), total, INK, align="right")
    _legend(figure, chart)
    write_footer(figure, footer)
    return figure


def _legend(figure: Figure, chart: Bars) -> None:
    """Name the parts in their order, above the bars."""
    top = 0.62 + subtitle_growth(figure)
    figure.legend(
        handles=[Patch(color=piece.colour, label=piece.name) for piece in chart.pieces],
        loc="upper left",
        bbox_to_anchor=(0.12 / WIDTH, 1 - top / float(figure.get_figheight())),
        ncols=len(chart.pieces),
        frameon=False,
        fontsize=SMALL,
        handlelength=1.0,
        handleheight=0.9,
        columnspacing=1.6,
    )
