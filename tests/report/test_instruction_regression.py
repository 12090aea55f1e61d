"""A verdict by instructions as CI reads it: sentence, Markdown, page, JSON, JUnit."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from bench.analysis.instructions.moves import moves
from bench.analysis.instructions.verdict import decide_counted
from bench.cli.regress import show
from bench.facts.instructions import CountFailure
from bench.facts.run import Facts
from bench.report.documents.instruction_regression import document, headline
from bench.report.render.terminal import terminal
from tests.build.counted import count_of, counted, spent, starts_of

SIDES = ("main (0123456789ab)", "my <branch> as it stands")


def head_with(more: float) -> Facts:
    """A run in which head takes this share more."""
    return counted(*starts_of("base", 500_000), *starts_of("head", 500_000 * (1 + more)))


def shown(facts: Facts) -> str:
    """What a terminal shows, in one line."""
    console = Console(width=120, color_system=None)
    with console.capture() as written:
        console.print(terminal(document(decide_counted(facts, 0.01), moves(facts), SIDES)))
    return " ".join(written.get().split())


def said(facts: Facts) -> str:
    """The sentence."""
    return headline(decide_counted(facts, 0.01), SIDES)


def case(facts: Facts, tmp_path: Path) -> ET.Element:
    """The only test case of its JUnit."""
    found = show(facts, tmp_path)
    [only] = ET.fromstring(found.files["regression.xml"])  # noqa: S314 - it is our own
    return only


def test_a_failure_names_workload_and_size() -> None:
    """With the interval."""
    assert said(head_with(0.02)).startswith(
        "failed: my <branch> as it stands against main (0123456789ab): get_item takes +2.00% (+1."
    )


def test_a_pass_says_what_could_have_been_shown() -> None:
    """And what is tolerated."""
    found = said(head_with(0.0))
    assert "no workload takes more than 1.0% more instructions a request" in found
    assert "differences from 0.0" in found


def test_over_how_many_connections_is_said() -> None:
    """One unless more were asked for."""
    facts = head_with(0.0)
    several = replace(facts, counts=tuple(replace(one, connections=8) for one in facts.counts))
    for each, over in ((facts, "over 1 connection."), (several, "over 8 connections.")):
        assert over in shown(each)


def test_what_goes_by_the_clock_is_told() -> None:
    """It is left out, and a head whose timers do far more is not judged by them."""
    facts = counted(
        *(
            count_of(side, n, 500_000, idle=idle)
            for side, idle in (("base", 500_000), ("head", 12_500_000))
            for n in (1, 2, 3)
        )
    )
    text = shown(facts)
    assert "is left out: 1.0% of base's instructions, 20.0% of head's." in text
    assert "head does more or less by the clock than base, which is not judged" in text
    assert "1.0% of base's" not in shown(head_with(0.0))
    assert "0.0% of base's instructions, 0.0% of head's" in shown(head_with(0.0))


def test_a_run_that_was_cut_off_is_told() -> None:
    """What it has is judged, and that there would have been more is said."""
    cut_off = replace(head_with(0.0), ending="interrupted")
    assert "The run did not go on to its end" in shown(cut_off)
    assert "The run did not go on to its end" not in shown(head_with(0.0))


def test_a_noisy_workload_beside_one_that_fails(tmp_path: Path) -> None:
    """Both are said; in JUnit one is skipped and the other has failed."""
    two_kinds = [1.1 if number % 2 else 1.0 for number in range(6)]
    facts = counted(
        *starts_of("base", 500_000, two_kinds),
        *starts_of("head", 500_000),
        *starts_of("base", 9_000, workload="add"),
        *starts_of("head", 11_700, workload="add"),
    )
    assert "add takes +30.00%" in said(facts)
    assert said(facts).endswith("base differs from itself under get_item, so nothing can be told")
    suite = ET.fromstring(show(facts, tmp_path).files["regression.xml"])  # noqa: S314
    assert [[inside.tag for inside in case][:1] for case in suite.iter("testcase")][:2] == [
        ["skipped"],
        ["failure"],
    ]


def test_what_is_undecided_says_how_it_would_be_decided() -> None:
    """It is no failure, and no pass."""
    assert "undecided: " in said(head_with(0.01))
    assert "more --rounds would tell" in said(head_with(0.01))


def test_a_side_that_was_not_counted_says_why() -> None:
    """In the counter's words."""
    facts = counted(failures=[CountFailure("head", "get_item", 1, "it has died")])
    assert said(facts).endswith("head was not counted: it has died")


@pytest.mark.parametrize(
    ("more", "inside"), [(0.02, "failure"), (0.01, "skipped"), (0.0, "system-out")]
)
def test_each_workload_is_a_case(more: float, inside: str, tmp_path: Path) -> None:
    """Undecided is skipped: CI does not fail, and shows it."""
    found = case(head_with(more), tmp_path)
    assert found.get("name") == "instructions a request: get_item"
    assert [each.tag for each in found] == [inside]


def test_all_files_are_written(tmp_path: Path) -> None:
    """Under the names of every regression test; the JSON has where the difference went."""
    base = spent("base", h11__parse=300.0, python__eval=499_700.0)
    head = spent("head", h11__parse=8_300.0, python__eval=499_700.0)
    facts = replace(head_with(0.016), spendings=(base, head))
    show(facts, tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {
        f"regression.{ending}" for ending in ("md", "html", "json", "xml")
    }
    found = json.loads((tmp_path / "regression.json").read_text())
    assert found["verdict"] == "failed"
    assert found["moves"][0]["packages"][0]["difference"] == 8_000.0
    page = (tmp_path / "regression.md").read_text(encoding="utf-8")
    assert "Where the difference went: get_item" in page
    assert "+8,000" in page


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_terminal(width: int) -> None:
    """No line is longer."""
    facts = replace(
        head_with(0.02),
        spendings=(spent("base", h11__parse=3000.0), spent("head", h11__parse=8300.0)),
    )
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal(document(decide_counted(facts, 0.01), moves(facts), SIDES)))
    assert max(len(line) for line in capture.get().splitlines()) <= width
