"""No text of a chart is cut off, whatever the figures are."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.formatting import VAGUE
from bench.report.charts import build
from bench.report.charts.dots import P95, Dots, DotsRow, draw_dots
from bench.report.charts.style import SMALL, Margins, axes, canvas, fold, styled, width
from bench.stats.estimate import Estimate
from tests.build.runs import SEVEN, realistic

FEW = SEVEN[:3]
FAST = tuple(replace(kind, throughput_rps=kind.throughput_rps * 100) for kind in FEW)
SLOW = tuple(replace(kind, mean_ms=kind.mean_ms * 10_000, throughput_rps=0.9) for kind in FEW)


def figures(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """Every chart of a run before it becomes bytes, by name."""
    found: dict[str, Figure] = {}

    def keep(name: str, _: str, figure: Figure, *__: Any) -> str:
        found[name] = figure
        return name

    monkeypatch.setattr(build, "finished", keep)
    build.charts(summarize(facts))
    return found


def is_whole(figure: Figure) -> bool:
    """Whether all that is drawn is on the figure: there is no text of which a part is missing."""
    with styled():
        figure.set_dpi(144)  # as it is written
        figure.canvas.draw()
        drawn = figure.get_tightbbox()
    across, high = figure.get_size_inches()
    return bool(drawn.x0 >= 0 and drawn.y0 >= 0 and drawn.x1 <= across and drawn.y1 <= high)


@pytest.mark.parametrize("kinds", [FEW, FAST, SLOW], ids=["usual", "fast", "slow"])
def test_every_text_is_on_its_chart(kinds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles of axes beside wide ticks, names of servers, footers."""
    found = figures(realistic(kinds, rounds=2, rotations=2), monkeypatch)
    assert {name.partition("-")[0] for name in found} >= {"course", "distribution", "exchange"}
    assert [name for name, figure in found.items() if not is_whole(figure)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("two words " * 30, 2),
        ("many words " * 30, 2),
        ("x" * 400, 1),
    ],
)
def test_subtitles_are_folded_and_cut_only_where_two_lines_do_not_hold_them(
    text: str, expected: str | int
) -> None:
    """Each line fits; what is cut ends with an ellipsis."""
    folded = fold(text, SMALL, 8.6, 2)
    lines = folded.split("\n")
    assert max(width(line, SMALL) for line in lines) <= 8.6
    if isinstance(expected, str):
        assert folded == expected
    else:
        assert len(lines) == expected
        assert folded.endswith("…") is (" ".join(folded.split()) != text.strip())


def test_a_subtitle_of_two_lines_takes_no_room_from_what_is_drawn() -> None:
    """The figure grows by as much as it takes."""
    margins = Margins(1.0, 1.0, 1.0, 0.6)
    heights = [
        axes(figure, margins).get_position().height * figure.get_figheight()
        for figure in (canvas(4.0, "title", text) for text in ("short", "two words " * 20))
    ]
    assert heights == pytest.approx([2.4, 2.4])


def test_a_figure_that_tables_withhold_is_no_mark_and_no_number() -> None:
    """It is a question mark, and the subtitle says what that means."""
    unknown, known = Estimate(4.33, 0.5, 40.0), Estimate(2.0, 1.9, 2.1)
    rows = [DotsRow("1", "a", {"p95": known}), DotsRow("2", "b", {"p95": unknown})]
    with styled():
        figure = draw_dots(Dots("title", "less is better", "ms", (P95,), rows))
    (plot,) = figure.axes
    assert [value for line in plot.lines for value in np.asarray(line.get_xdata())] == [2.0]
    texts = {text.get_text() for text in plot.texts}
    assert "?" in texts
    assert not {text for text in texts if text.startswith("4.33")}
    assert figure.texts[1].get_text() == f"less is better; '?': {VAGUE}"
