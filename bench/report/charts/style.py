"""How every chart looks, and how it becomes bytes; laid out in inches, so that nothing is cut."""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import Transform

from bench.analysis.model import Section
from bench.formatting import VAGUE, clean, number, vague
from bench.report.charts.chart import Chart
from bench.stats.estimate import Estimate

WIDTH = 9.0  # inches
INK, FAINT, GRID, EDGE = "#1f2328", "#6e7781", "#e4e7eb", "#c4c9cf"
# Okabe and Ito, Color Universal Design (2008): apart for all common forms of colour blindness;
# its yellow is too pale for lines on white
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
LINES = ("-", "--", ":")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
LOG_FROM = 12.0  # largest / smallest figure above which a linear axis hides the small ones
SMALL, NORMAL = 9.0, 10.0  # points
LINE_OF_NAMES = 0.21  # inches between two names
PALE = 0.35  # opacity of a bar whose length is hardly known
LONGEST_NAME = 2.3  # inches, of a line
_SUBTITLE_LINES = 2
_SUBTITLE_LINE = 0.16  # inches

_RC: dict[Any, Any] = {  # matplotlib's own type for this lists all of its settings
    "font.family": "DejaVu Sans",  # it comes with matplotlib: the same everywhere
    "font.size": NORMAL,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.edgecolor": EDGE,
    "axes.labelcolor": INK,
    "xtick.color": FAINT,
    "ytick.color": INK,
    "svg.hashsalt": "weighbridge",  # the same ids each time
    "svg.fonttype": "path",  # the same shapes wherever it is opened
    "path.simplify": True,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save within this; what the caller had set is put back."""
    with mpl.rc_context(_RC), warnings.catch_warnings():
        # a name in a script that the font lacks shows as boxes; the tables have it in full
        warnings.filterwarnings("ignore", message="Glyph")
        yield


@dataclass(frozen=True, slots=True)
class Margins:
    """Room around the axes, inches."""

    left: float
    right: float
    top: float
    bottom: float


def canvas(height: float, title: str, subtitle: str) -> Figure:
    """Start a figure of this height in inches, with its heading; it grows with the subtitle."""
    lines = fold(subtitle, SMALL, WIDTH - 0.4, _SUBTITLE_LINES)
    height += _SUBTITLE_LINE * lines.count("\n")
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    FigureCanvasAgg(figure)
    x = 0.2 / WIDTH
    figure.text(x, 1 - 0.32 / height, shorten(title, 13, WIDTH - 0.4), size=13, weight="bold")
    figure.text(x, 1 - 0.46 / height, lines, size=SMALL, c=FAINT, va="top")
    return figure


def subtitle_growth(figure: Figure) -> float:
    """By how much a subtitle of several lines moves what is below the heading, inches."""
    _, subtitle = figure.texts[:2]
    return _SUBTITLE_LINE * subtitle.get_text().count("\n")


def bottom_margin(footer: str) -> float:
    """Room below the axes, inches, with that for a footer if there is one."""
    return 0.85 if footer else 0.62


def write_footer(figure: Figure, footer: str) -> None:
    """Write a text on the chart's last line."""
    height = float(figure.get_figheight())
    text = shorten(footer, SMALL, WIDTH - 0.4)
    figure.text(0.2 / WIDTH, 0.12 / height, text, size=SMALL, color=FAINT, style="italic")


def axes(figure: Figure, margins: Margins) -> Axes:
    """Place the axes inside these margins, without frame but for the bottom."""
    height, top = float(figure.get_figheight()), margins.top + subtitle_growth(figure)
    made = figure.add_axes(
        (
            margins.left / WIDTH,
            margins.bottom / height,
            1 - (margins.left + margins.right) / WIDTH,
            1 - (top + margins.bottom) / height,
        )
    )
    made.spines[["top", "right", "left"]].set_visible(False)
    made.tick_params(length=0, labelsize=SMALL)
    made.set_axisbelow(True)
    return made


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Width of a text at this size in points, inches."""
    points, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(family="DejaVu Sans", size=size), ismath=False
    )
    return float(points) / 72


def widest(texts: Sequence[str], size: float) -> float:
    """Width of the widest of these texts, inches; 0 for none."""
    return max((width(text, size) for text in texts), default=0.0)


def shorten(text: str, size: float, room: float) -> str:
    """Cut a text to fit into this many inches, on one line, with an ellipsis where it was cut."""
    text = " ".join(clean(text).split())
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def fold(text: str, size: float, room: float, lines: int) -> str:
    """Break a text into so many lines of this many inches; the last is cut to fit."""
    words, line = clean(text).split(), ""
    while lines > 1 and words and width(f"{line} {words[0]}".strip(), size) <= room:
        line = f"{line} {words.pop(0)}".strip()
    if not words:
        return line
    rest = " ".join(words)
    return (f"{line}\n" if line else "") + (
        shorten(rest, size, room) if lines <= 2 or not line else fold(rest, size, room, lines - 1)  # noqa: PLR2004
    )


def shorten_name(name: str, size: float, room: float) -> str:
    """Cut a name in its middle: variants differ at their ends."""
    name = " ".join(clean(name).split())
    kept = len(name)
    short = name
    while kept > 2 and width(short, size) > room:  # noqa: PLR2004  # a letter on either side
        kept -= 1
        short = f"{name[: kept - kept // 2]}…{name[-(kept // 2) :]}"
    return short


def note(
    plot: Axes,
    place: tuple[float, float],
    text: str,
    colour: str,
    *,
    align: Literal["left", "right"] = "left",
    weight: Literal["normal", "bold"] = "normal",
    style: Literal["normal", "italic"] = "normal",
    transform: Transform | None = None,
) -> None:
    """Write a small text at a place: x in axes (0 to 1), y in data, unless told otherwise."""
    plot.text(
        place[0],
        place[1],
        text,
        color=colour,
        size=SMALL,
        ha=align,
        va="center_baseline",
        weight=weight,
        style=style,
        transform=transform or plot.get_yaxis_transform(),
    )


@dataclass(frozen=True, slots=True)
class LinesPlot:
    """An empty plot for a line a server; labels: the names that fit beside their ends."""

    figure: Figure
    plot: Axes
    labels: Sequence[str]
    inches: tuple[float, float]  # of the axes, across and high

    def name(self, ends: Sequence[float]) -> None:
        """Write the names beside the ends of the lines, given in data."""
        name_lines(self.plot, self.labels, ends, self.inches)


def lines_plot(
    title: str, subtitle: str, names: Sequence[str], *, height: float, bottom: float = 0.62
) -> LinesPlot:
    """Start a figure for a line a server: `height` inches, and more where names need the room."""
    labels = [shorten_name(name, SMALL, LONGEST_NAME) for name in names]
    margins = Margins(0.75, 0.55 + widest(labels, SMALL), 0.8, bottom)
    height = max(height, margins.top + margins.bottom + LINE_OF_NAMES * (len(labels) + 1))
    figure = canvas(height, title, subtitle)
    inches = (WIDTH - margins.left - margins.right, height - margins.top - margins.bottom)
    return LinesPlot(figure, axes(figure, margins), labels, inches)


def look(index: int) -> tuple[str, str]:
    """Colour and line style of a server's line; both, so that twelve lines stay apart."""
    return COLOURS[index % len(COLOURS)], LINES[index // len(COLOURS) % len(LINES)]


def name_lines(
    plot: Axes, labels: Sequence[str], ends: Sequence[float], inches: tuple[float, float]
) -> None:
    """Write each name beside the end of its line, moved up or down where they would overlap."""
    across, high = inches
    wanted = [_fraction(plot, end) * high for end in ends]
    for index, place in spread(wanted, LINE_OF_NAMES, high):
        y = place / high
        colour, dashes = look(index)
        plot.plot(
            [1.0, 1 + 0.22 / across],
            [wanted[index] / high, y],
            color=colour,
            linestyle=dashes,
            linewidth=0.9,
            transform=plot.transAxes,
            clip_on=False,
        )
        place_of_name = (1 + 0.28 / across, y)
        note(plot, place_of_name, labels[index], INK, transform=plot.transAxes)


def _fraction(plot: Axes, value: float) -> float:
    """Height of a time on the axis, 0 to 1."""
    point = plot.transData.transform((1.0, value))
    return float(plot.transAxes.inverted().transform(point)[1])


def spread(wanted: Sequence[float], gap: float, room: float) -> list[tuple[int, float]]:
    """Place (index, position) as near as may be to what is wanted, `gap` apart, within `room`."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    places: list[float] = []
    for index in order:
        places.append(max(wanted[index], places[-1] + gap if places else 0.0))
    ceiling = room
    for position in reversed(range(len(places))):
        places[position] = min(places[position], ceiling)
        ceiling = places[position] - gap
    return list(zip(order, places, strict=True))


def bounds(one: Estimate) -> tuple[float, float] | None:
    """The ends of an interval; None where there is none, or it says nothing."""
    return None if one.lo is None or one.hi is None or vague(one) else (one.lo, one.hi)


def written(value: float, *, is_vague: bool) -> str:
    """Write a figure beside its mark; of one that is hardly known, a question mark."""
    return "?" if is_vague else number(value)


def vague_footer(look: str, *, any_vague: bool) -> str:
    """Say what is meant by how figures look that are hardly known; empty where there are none.

    `look`: how what is drawn of them looks; "": nothing is.
    """
    return f"{f'{look}, with ' if look else ''}'?': {VAGUE}" if any_vague else ""


def wide_span(values: Sequence[float]) -> bool:
    """Whether these figures ask for a logarithmic axis."""
    positive = [value for value in values if value > 0]
    return bool(positive) and max(positive) / min(positive) > LOG_FROM


def axis_title(unit: str, values: Sequence[float]) -> str:
    """Name an axis, and say so where it is logarithmic."""
    return f"{unit} (logarithmic axis)" if wide_span(values) else unit


def name_y_axis(plot: Axes, name: str) -> None:
    """Write what the y axis shows above it: beside wide ticks it would be cut off."""
    figure, area = plot.get_figure(root=True), plot.get_position()
    assert figure is not None  # noqa: S101 - it was made there
    plot.set_ylabel(name, size=SMALL, color=FAINT, rotation=0, ha="left", va="bottom")
    above = area.y1 + 0.06 / figure.get_figheight()
    plot.yaxis.set_label_coords(0.2 / WIDTH, above, transform=figure.transFigure)


def plain(value: float, _: object = None) -> str:
    """Write a tick: no exponent, no trailing zeros."""
    text = np.format_float_positional(value, precision=6, trim="-")
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.lstrip("-").isdigit() else text


def scale(axis_of: Axes, which: str, values: Sequence[float], *, from_zero: bool = True) -> None:
    """Choose the scale of the x or y axis for these figures, and write plain ticks."""
    axis = axis_of.xaxis if which == "x" else axis_of.yaxis
    set_scale = axis_of.set_xscale if which == "x" else axis_of.set_yscale
    set_limits = axis_of.set_xlim if which == "x" else axis_of.set_ylim
    positive = [value for value in values if value > 0] or [1.0]
    if wide_span(values):
        set_scale("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_formatter(NullFormatter())
        set_limits(min(positive) / 1.15, max(positive) * 1.15)
    else:
        set_limits(0 if from_zero else min(positive) / 1.05, max(positive) * 1.06)
    axis.set_major_formatter(FuncFormatter(plain))
    axis_of.tick_params(which="minor", length=0)


def finished(name: str, title: str, figure: Figure, section: Section | None = None) -> Chart:
    """Turn a figure into a chart: the same bytes for the same figures."""

    def saved(**how: Any) -> bytes:
        made = io.BytesIO()
        with styled():
            figure.savefig(made, **how)
        return made.getvalue()

    svg = saved(format="svg", metadata={"Title": clean(title), "Date": None})
    png = partial(saved, format="png", dpi=144, metadata={"Software": None})
    return Chart(name, title, svg, png, section)
