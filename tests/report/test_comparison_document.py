"""What the comparison of two runs says, on a terminal and in its files."""

import csv
import io
import json
import os
from dataclasses import replace

import pytest
from rich.console import Console

from bench.analysis.several_runs.comparison import RunComparison, between
from bench.facts.run import Facts
from bench.report.data.comparison import columns
from bench.report.documents.comparison import document
from bench.report.files import OF_COMPARISON
from bench.report.render.terminal import terminal
from tests.build.compared import noisy, quiet, run, slower
from tests.build.runs import SEVEN
from tests.build.variants import at_rate, later, with_manifest, with_settings, with_versions


def compared(b: Facts, a: Facts | None = None, *, anyway: bool = False) -> RunComparison:
    """Two runs, of which the first is without noise unless it is named."""
    return between(run(a or quiet(), "results/a"), run(b, "results/b"), anyway=anyway)


def printed(found: RunComparison, width: int = 120) -> str:
    """What a console of this width shows, without colours."""
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal(document(found)))
    return capture.get()


def flat(found: RunComparison) -> str:
    """The same on one line."""
    return " ".join(printed(found).split())


def markdown(found: RunComparison) -> str:
    """The file that ends in .md."""
    return OF_COMPARISON[".md"](found).decode()


def test_the_head_names_the_runs_and_how_far_apart_they_are() -> None:
    """Then how many comparisons show a difference, and which."""
    lines = printed(compared(later(quiet(step=3.0), 2)), 200).splitlines()
    assert [line.rstrip() for line in lines[:3]] == [
        "A: results/a, started 2026-01-02 03:04",
        "B: results/b, started 2026-01-04 03:04, 2 days later",
        "A difference is shown in 6 of 24 comparisons.",
    ]
    what = "get_item over 32 connections: throughput, requests/s: daphne"
    assert sorted(line.rstrip() for line in lines[3:5]) == [
        f"{what} relative to uvicorn: B / A is 0.666 (0.666 to 0.666)",
        f"{what}: B / A is 0.666 (0.666 to 0.666)",
    ]


@pytest.mark.parametrize(
    ("words", "days"), [("0 minutes later", 0), ("36 hours later", 1.5), ("3 days earlier", -3)]
)
def test_the_time_between_the_runs_is_reported(words: str, days: float) -> None:
    """B's start against that of A."""
    assert f", {words}" in printed(compared(later(quiet(), days)))


def test_a_start_that_is_no_date_is_shown_as_it_is() -> None:
    """And nothing is said of the time between."""
    text = printed(compared(with_manifest(quiet(), started_at="long ago")))
    assert "B: results/b, started long ago\n" in text


def test_a_table_has_both_figures_their_ratio_and_the_ratio_relative_to_the_baseline() -> None:
    """In Markdown, line by line."""
    tie = f"no difference shown, {triple(1)}"
    table = markdown(compared(quiet(step=3.0))).partition("average response time, ms\n\n")[2]
    assert table.replace("\N{EN DASH}", "-").splitlines()[:6] == [
        "less is better",
        "",
        "| server | A | B | B / A | B / A (relative to uvicorn) | smallest |",
        "| :--- | ---: | ---: | ---: | ---: | ---: |",
        f"| uvicorn | {triple(2)} | {triple(2)} | {tie} | baseline | 0.0% |",
        f"| daphne | {triple(4)} | {triple(6)} | {triple(1.5)} | {triple(1.5)} | 0.0% |",
    ]


def triple(value: float) -> str:
    """A figure without noise: its interval has no width."""
    return f"{value:.2f} ({value:.2f}-{value:.2f})"


def test_it_says_what_may_be_concluded_and_what_would_be_a_verdict() -> None:
    """Drift, the baseline, ties, and regress."""
    text = flat(compared(quiet()))
    for expected in (
        "an A/A check within a run says nothing about differences between days",
        "it cannot be concluded that a server, its version or the app caused it",
        "'relative to uvicorn' is (server / uvicorn in B) / (server / uvicorn in A)",
        "No difference shown does not prove that there is none",
        "nox -s regress",
        "No difference shown in any of 24 comparisons.",
    ):
        assert expected in text


def test_differences_stand_on_top_where_they_were_compared_anyway() -> None:
    """Before any figure, with both values."""
    text = markdown(compared(with_settings(quiet(), workers=2), anyway=True))
    head = text.partition("## get")[0]
    assert "no ratio below says anything about a server (--anyway): A / B**" in head
    assert "- **workers: 1 / 2**" in head


def test_what_was_left_out_and_what_else_differs_is_listed() -> None:
    """Rates with the advice; versions; the baseline that is not the same."""
    text = flat(compared(with_versions(at_rate(quiet(), 2600.0), uvicorn="2.0")))
    assert "Not compared get_item at 2,400 requests/s / 2,600 requests/s: the offered rate" in text
    assert "Other differences: A / B uvicorn (uvicorn): 1.0 / 2.0" in text
    assert (
        "There are no ratios relative to a baseline: the baseline, uvicorn, is not the same in "
        "both runs (uvicorn 1.0 / 2.0)." in text
    )


def test_what_limits_a_run_is_reported() -> None:
    """A torn journal, an early end, a self-test that was skipped."""
    cut = replace(quiet(), ending=None, notes=("the last line was cut off",))
    text = flat(compared(with_manifest(cut, selftest=None)))
    assert "B: the last line was cut off" in text
    assert "B: it was cut off and has only the slices that were finished" in text
    assert "B: its self-test was skipped" in text


def test_one_round_is_said_to_be_too_few() -> None:
    """There is a ratio and no interval."""
    found = compared(quiet(rounds=1, step=3.0))
    text = flat(found)
    assert "Nothing can be tested: an interval takes two rounds of each run." in text
    assert "'Not tested': there are fewer than two rounds, so there is no interval." in text
    assert "not tested, 1.50 (no interval)" in markdown(found)


def test_without_anything_in_common_there_is_nothing_to_compare() -> None:
    """It is said."""
    text = flat(compared(quiet("granian"), quiet("daphne")))
    assert "There is nothing to compare." in text
    assert "daphne: only in A" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_the_width(width: int) -> None:
    """Columns go before figures are cut, and the rest is said to be in a file."""
    found = compared(noisy(2, *SEVEN[:3], rotations=2), noisy(1, *SEVEN[:3], rotations=2))
    text = printed(found, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    assert "report.md" not in text
    omitted = "Omitted for lack of space (--out FILE.md has them): "
    assert (omitted in " ".join(text.split())) == (width < 120)


def test_many_differences_are_told_in_few_lines() -> None:
    """The tables have them all."""
    servers = [slower(one, 1.0) for one in SEVEN[:4]]
    found = compared(noisy(2, *servers), noisy(1, *SEVEN[:4]))
    lines = [line for line in printed(found, 200).splitlines() if "B / A is" in line]
    assert len(lines) == 10
    assert "And " in flat(found)


def test_csv_has_a_line_a_figure() -> None:
    """Absent is empty; the columns are always the same."""
    found = compared(quiet(step=3.0))
    lines = list(csv.DictReader(io.StringIO(OF_COMPARISON[".csv"](found).decode())))
    assert list(lines[0]) == list(columns())
    assert len(lines) == len(found.rows) == 16
    of_uvicorn, of_daphne, of_memory = lines[1], lines[4], lines[-1]
    assert (of_uvicorn["profile"], of_uvicorn["figure"]) == ("uvicorn", "avg_ms")
    assert (of_uvicorn["ratio"], of_uvicorn["ratio_shown"]) == ("1.0", "False")
    assert (of_uvicorn["relative_to"], of_uvicorn["relative_ratio"]) == ("", "")
    assert (of_daphne["profile"], of_daphne["relative_to"]) == ("daphne", "uvicorn")
    assert of_daphne["relative_ratio_shown"] == "True"
    assert float(of_daphne["relative_ratio"]) == pytest.approx(1.5, rel=1e-4)
    assert (of_memory["figure"], of_memory["workload"]) == ("pss_mib", "")
    assert (of_memory["rounds_a"], of_memory["rounds_b"]) == ("3", "3")


def test_json_has_everything_that_is_said() -> None:
    """Differences, what is told, rows and what was left out."""
    found = compared(with_settings(with_manifest(quiet("uvicorn"), seed=8), workers=2), anyway=True)
    read = json.loads(OF_COMPARISON[".json"](found))
    assert (read["format"], read["format_version"]) == ("weighbridge.between", 1)
    assert read["differences"] == [{"name": "workers", "a": "1", "b": "2"}]
    assert read["told"] == [{"name": "seed", "a": "7", "b": "8"}]
    assert read["left_out"] == [{"what": "daphne", "reason": "only in A"}]
    assert read["a"]["run"] == "results/a"
    assert read["rows"][0]["ratio"] == 1.0
    assert read["rows"][0]["offered_rate_b"] == 2400.0


@pytest.mark.parametrize("end", OF_COMPARISON)
def test_a_name_that_is_not_utf_8_stops_no_file(end: str) -> None:
    """Folders may have any name; JSON reads back as the same one."""
    name = os.fsdecode(b"results/b\xff")
    found = between(run(quiet(), "results/a"), run(quiet(), name))
    written = OF_COMPARISON[end](found).decode()
    assert written
    assert end != ".json" or json.loads(written)["b"]["run"] == name


def test_text_from_outside_stays_text() -> None:
    """Markup in a version or a name is shown, not obeyed."""
    found = compared(with_versions(quiet(), uvicorn="[red]2</b>|"))
    assert "uvicorn (uvicorn): 1.0 / [red]2</b>|" in flat(found)
    assert r"1.0 / \[red\]2&lt;/b&gt;\|" in markdown(found)
