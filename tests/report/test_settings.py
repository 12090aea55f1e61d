"""What settings cost: each server with them against itself without them."""

import json
from dataclasses import replace

from rich.console import Console

from bench.analysis.summary import summarize
from bench.report.data.run_json import to_json
from bench.report.documents.run import document as shaped
from bench.report.render.markdown import markdown
from bench.report.render.terminal import terminal
from tests.build.runs import small
from tests.build.variants import with_a_cache


def test_every_server_is_compared_with_itself() -> None:
    """Median and average response time and CPU at the common rate, throughput at saturation."""
    costs = summarize(with_a_cache()).settings_costs
    assert [(cost.server, cost.figure) for cost in costs] == [
        (server, figure)
        for server in ("a", "b")
        for figure in ("p50_ms", "avg_ms", "cpu_us_per_request", "throughput_rps")
    ]
    ratios = [round(cost.pair.comparison.ratio.value, 3) for cost in costs]
    assert ratios == [2.0, 2.0, 1.0, 0.5] * 2
    assert {cost.setting for cost in costs} == {"cache=lru"}


def test_every_format_tells_what_the_settings_cost() -> None:
    """With the interval, or that no difference is shown."""
    summary = summarize(with_a_cache())
    console = Console(width=160, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal(shaped(summary)))
    for text in (capture.get(), markdown(shaped(summary, ())).decode()):
        assert "Cost of the settings" in text
        assert "with / without" in text
        assert "no difference shown, 1.00 (1.00" in text
    document = json.loads(to_json(summary))
    assert [cost["subject"] for cost in document["settings_costs"]][::4] == [
        "a+cache=lru",
        "b+cache=lru",
    ]
    assert document["servers"][1]["settings"] == {"cache": "lru"}


def test_without_settings_there_is_no_such_table() -> None:
    """Nor a word of it in the file for programs."""
    summary = summarize(small())
    assert summary.settings_costs == ()
    assert "settings" not in json.loads(to_json(summary))["servers"][0]
    assert b"What the settings cost" not in markdown(shaped(summary, ()))


def test_without_the_bare_server_there_is_nothing_to_compare() -> None:
    """Several workers need a shared store, so that the bare one did not run."""
    facts = with_a_cache()
    kept = tuple(s for s in facts.slices if s.cell.profile not in {"a", "b"})
    assert summarize(replace(facts, slices=kept)).settings_costs == ()


def test_long_names_leave_room_for_figures() -> None:
    """Each setting has a line of its own on a terminal, and p95 is still there."""
    summary = summarize(small("a", "a+storage=sqlite:///items.sqlite3+cache=redis://127.0.0.1/0"))
    console = Console(width=120, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal(shaped(summary)))
    lines = [line.split() for line in capture.get().splitlines()]
    assert any(words[:2] == ["rank", "server"] and "p95" in words for words in lines)
    at = lines.index(["+storage=sqlite:///items.sqlite3"])
    assert lines[at + 1] == ["+cache=redis://127.0.0.1/0"]
