"""A verdict as CI reads it: sentence, Markdown, JSON, JUnit."""

import json
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from bench.report.data.regression import junit, to_json
from bench.report.documents.regression import document, headline
from bench.report.render.markdown import markdown
from bench.report.render.terminal import terminal
from tests.build.regression import base_and_head, base_head_and_twin, decided, failing
from tests.build.runs import FakeServer, realistic

SIDES = ("main (0123456789ab)", "my <branch> as it stands")


def cases(step: float) -> dict[str, ET.Element]:
    """Test cases of a run in which head takes `step` times as long, by name."""
    suite = ET.fromstring(junit(decided(base_and_head(step)), SIDES))  # noqa: S314 - it is our own
    assert suite.get("tests") == str(len(suite))
    assert suite.get("failures") == str(len(suite.findall(".//failure")))
    return {case.get("name", ""): case for case in suite}


def test_what_failed_is_in_the_sentence() -> None:
    """Figure, load, and by how much."""
    said = headline(decided(base_and_head(1.1)), SIDES)
    assert said.startswith("failed: my <branch> as it stands against main (0123456789ab): ")
    assert "median response time of get_item, 2,400 requests/s is worse by 10.0%" in said
    assert "throughput of get_item, 32 connections is worse by 10.0%" in said


def test_a_pass_says_what_is_tolerated() -> None:
    """And so what was not looked for."""
    said = headline(decided(base_and_head(1.0)), SIDES)
    assert said.endswith("no figure is shown to be worse by more than 5.0%")


def test_a_pass_of_a_run_that_could_have_shown_little_says_so() -> None:
    """Nobody takes it for a proof."""
    kinds = [FakeServer(name, name, 2.0, 500, 80, 500, 50) for name in ("base", "head")]
    found = decided(realistic(kinds, rounds=3, rotations=1))
    assert "could have been shown: give more --budget" in headline(found, SIDES)
    assert "could have been shown" not in headline(decided(base_and_head(1.0)), SIDES)


def test_every_gated_figure_is_a_test_case() -> None:
    """Those that regressed have failed."""
    found = cases(1.1)
    failed = {name for name, case in found.items() if case.find("failure") is not None}
    assert len(found) == 6
    assert failed == {
        "median response time: get_item, 2,400 requests/s",
        "throughput: get_item, 32 connections",
    }
    assert not [case for case in cases(1.0).values() if case.find("failure") is not None]


def test_what_is_undecided_is_skipped() -> None:
    """Neither passed nor failed."""
    suite = ET.fromstring(junit(decided(base_head_and_twin(1.2)), SIDES))  # noqa: S314 - it is our own
    assert suite.get("skipped") == "1"
    assert suite.get("failures") == "0"


def test_failures_of_an_undecided_run_fail_no_case() -> None:
    """Nothing that the run shows is believed."""
    facts = failing(base_head_and_twin(1.2), "head", 9)
    suite = ET.fromstring(junit(decided(facts), SIDES))  # noqa: S314 - it is our own
    assert suite.get("failures") == "0"


def test_names_from_outside_are_escaped_in_markdown() -> None:
    """A branch may be called anything."""
    text = markdown(document(decided(base_and_head(1.1)), SIDES)).decode()
    assert "<branch>" not in text
    assert "&lt;branch&gt;" in text
    assert "| median response time |" in text


def test_programs_get_everything() -> None:
    """Verdict, changes, failures, tails; no NaN."""
    read = json.loads(to_json(decided(base_and_head(1.1)), SIDES))
    assert read["verdict"] == "failed"
    assert [one["regressed"] for one in read["changes"]] == [True, False, True, False]
    assert len(read["tails"]) == 4
    assert read["changes"][0]["ratio"]["value"] == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_terminal(width: int) -> None:
    """No line is longer."""
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal(document(decided(base_and_head(1.1)), SIDES)))
    assert max(len(line) for line in capture.get().splitlines()) <= width
