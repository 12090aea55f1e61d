"""No text of a chart is cut off, whatever the figures are."""

from dataclasses import replace
from typing import Any

import pytest
from matplotlib.figure import Figure

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.report.charts import build
from bench.report.charts.style import styled
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
