"""junit.xml: what CI reads of a comparison."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from bench.analysis.summary import summarize
from bench.facts.load import Cell
from bench.facts.run import Facts
from bench.facts.server import Gate, GateTest
from bench.facts.slice import Doubt, DoubtKind, Outcome, Verdict
from bench.report.data.junit_elements import JUnitEnd, ended, passed, suite, suites, to_xml
from bench.report.data.run_junit import junit
from bench.stats.histogram import Histogram
from tests.build.runs import realistic, small
from tests.build.slices import OPEN
from tests.build.variants import failing, with_twin

OPEN_CELL, CLOSED_CELL = "get_item at 2,400 requests/s", "get_item over 32 connections"
COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def parsed(facts: Facts) -> ET.Element:
    """The document of a run."""
    return ET.fromstring(junit(summarize(facts)))  # noqa: S314 - it is our own


def of(facts: Facts, profile: str) -> ET.Element:
    """The suite of one server."""
    return next(each for each in parsed(facts) if each.get("name") == profile)


def cases(found: ET.Element) -> dict[str, ET.Element]:
    """Test cases by name."""
    return {case.get("name", ""): case for case in found.iter("testcase")}


def ending(case: ET.Element) -> str:
    """How a test case ended."""
    found = [each.tag for each in case if each.tag in COUNTS.values()]
    return found[0] if found else "passed"


def endings(found: ET.Element) -> dict[str, str]:
    """How each test case ended, by name."""
    return {name: ending(case) for name, case in cases(found).items()}


def with_gates(facts: Facts, gates: Iterable[Gate]) -> Facts:
    """The same run, gated otherwise; its servers are measured all the same."""
    return replace(facts, gates=tuple(gates))


def test_a_suite_a_server_with_its_gate_and_its_cells() -> None:
    """In the order of the manifest; without trouble all of it passes."""
    found = parsed(small())
    assert (found.tag, found.get("name")) == ("testsuites", "weighbridge")
    assert [each.get("name") for each in found] == ["uvicorn", "daphne"]
    for each in found:
        assert endings(each) == {
            "test_get_item_success": "passed",
            "test_create_item_success": "passed",
            OPEN_CELL: "passed",
            CLOSED_CELL: "passed",
        }


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(small, id="sound"),
        pytest.param(lambda: failing(realistic(rounds=3, rotations=1)), id="failing"),
        pytest.param(lambda: replace(small(), slices=()), id="no slices"),
        pytest.param(lambda: replace(small(), slices=(), gates=()), id="cut off"),
        pytest.param(
            lambda: with_gates(
                small(), [Gate("uvicorn", skipped=True), Gate("daphne", error="no port")]
            ),
            id="no gates",
        ),
    ],
)
def test_counts_are_those_of_the_cases(make: Callable[[], Facts]) -> None:
    """In every suite, and of all of them."""
    found = parsed(make())
    for each in (found, *found):
        held = list(each.iter("testcase"))
        assert each.get("tests") == str(len(held))
        for name, tag in COUNTS.items():
            assert each.get(name) == str(sum(ending(case) == tag for case in held)), name


def test_a_test_of_the_gate_that_failed_says_why() -> None:
    """Its first line as the message, and all of it below; its cells have no figure."""
    found = of(failing(realistic(rounds=1, rotations=1)), "gunicorn-asgi")
    assert set(endings(found).values()) == {"passed", "failure"}
    failure = cases(found)["test_create_item_invalid_input"].find("failure")
    assert failure is not None
    assert failure.get("message") == "assert 422 == 500"
    assert "<script>alert(1)</script>" in (failure.text or "")
    for name in (OPEN_CELL, CLOSED_CELL):
        reason = cases(found)[name].find("failure")
        assert reason is not None
        assert reason.get("message") == "gate failed: 1 of 2 tests"


def test_an_invalid_cell_fails_with_its_reason() -> None:
    """How many slices, and the commonest doubt; the server's troubles are told beside."""
    found = of(failing(realistic(rounds=3, rotations=2)), "uwsgi")
    failure = cases(found)[CLOSED_CELL].find("failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("6 of 6 slices invalid: ")
    assert "process 4121 died" in (found.findtext("system-err") or "")


def test_a_suspect_cell_passes_and_says_so() -> None:
    """A doubt is no failure."""
    facts = small()
    doubt = (Doubt(DoubtKind.STOLEN_CPU, 0.05),)
    slices = tuple(replace(s, verdict=Verdict.SUSPECT, doubts=doubt) for s in facts.slices)
    case = cases(of(replace(facts, slices=slices), "uvicorn"))[OPEN_CELL]
    assert ending(case) == "passed"
    assert "verdict: suspect" in (case.findtext("system-out") or "")


def test_a_cell_that_passed_tells_its_figures() -> None:
    """With their intervals and units."""
    said = cases(of(small(), "uvicorn"))[CLOSED_CELL].findtext("system-out") or ""
    dash = "\N{EN DASH}"
    assert f"throughput: 2,000 (2,000{dash}2,000) requests/s" in said
    assert f"p95: 3.00 (3.00{dash}3.00) ms" in said


def test_a_cell_without_a_right_answer_fails() -> None:
    """Though no doubt was raised, there is no figure."""
    facts, none = small(), Histogram.empty()
    reset = {Outcome.RESET: 3}
    slices = tuple(
        replace(one, outcomes=reset, answered_in_window=0, response=none, service=none)
        if one.cell == Cell("daphne", "get_item", OPEN)
        else one
        for one in facts.slices
    )
    assert endings(of(replace(facts, slices=slices), "daphne"))[OPEN_CELL] == "failure"


@pytest.mark.parametrize(
    ("gate", "how", "said"),
    [
        (Gate("uvicorn", error="no port\nat all"), "error", "the gate could not be run"),
        (Gate("uvicorn", skipped=True), "skipped", "not gated"),
        (Gate("uvicorn"), "failure", "no test was run"),
        (Gate("another"), "skipped", "the run ended before this server's gate"),
    ],
)
def test_a_gate_without_tests_is_one_case(gate: Gate, how: str, said: str) -> None:
    """It could not be run, was not asked for, had nothing to run, or was never reached."""
    case = cases(of(with_gates(small(), [gate]), "uvicorn"))["the functional suite"]
    assert ending(case) == how
    assert (case[0].get("message") or "").startswith(said)
    assert (gate.error or "") == (case[0].text or "")


def test_nothing_measured_is_no_success() -> None:
    """A run that was stopped before its first slice fails, server by server."""
    found = parsed(replace(small(), slices=()))
    assert [endings(each)["any load"] for each in found] == ["failure", "failure"]


def test_what_the_run_was_is_told_by_properties() -> None:
    """Seed, baseline, and versions of what is in the environment of the server."""
    found = of(small(), "daphne").iter("property")
    properties = {each.get("name"): each.get("value") for each in found}
    assert (properties["seed"], properties["baseline"]) == ("7", "uvicorn")
    assert (properties["version of daphne"], properties["title"]) == ("1.0", "daphne 1.0")
    assert properties["commit"] == "0123abc"
    assert properties["app_commit"] == "fedcba9"


def test_distrust_of_the_run_is_told_in_every_suite() -> None:
    """Whoever reads one of them reads it."""
    for each in parsed(with_twin(1.5)):
        assert "A/A check failed: uvicorn differs significantly from itself" in (
            each.findtext("system-err") or ""
        )


def test_control_characters_do_not_break_it() -> None:
    """XML has no way to write most of them, nor halves of surrogate pairs."""
    bad = "a\x00b\x1b[31m\x08\ufffe\ud800 & <c> ]]> \u202e"
    facts = small()
    tests = (GateTest(f"test[{bad}]", False, f"{bad}\n{bad}"), GateTest("test_b", True))
    servers = tuple(
        replace(server, title=bad, packages={bad: bad}) for server in facts.manifest.servers
    )
    drains = tuple(replace(drain, failure=bad) for drain in facts.drains)
    manifest = replace(facts.manifest, servers=servers, commit=bad)
    gates = [Gate("uvicorn", tests), Gate("daphne", error=bad)]
    spoiled = replace(with_gates(facts, gates), manifest=manifest, drains=drains)
    case = next(iter(cases(of(spoiled, "uvicorn")).values()))
    assert case.get("name") == "test[a b [31m    & <c> ]]>  ]"
    assert (case[0].text or "").count("<c> ]]>") == 2


def test_suites_add_up() -> None:
    """A suite counts its cases; suites count those of all."""
    failing = ended("a", "c", JUnitEnd.ERROR, "why", "at length")
    one = suite("one", [passed("a", "b", "said"), failing])
    other = suite("other", [ended("a", "d", JUnitEnd.SKIPPED, "no")], {"key": "value"}, ["a", "b"])
    assert to_xml(suites("all", [one, other])).decode() == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<testsuites name="all" tests="3" failures="0" errors="1" skipped="1">'
        '<testsuite name="one" tests="2" failures="0" errors="1" skipped="0">'
        '<testcase classname="a" name="b"><system-out>said</system-out></testcase>'
        '<testcase classname="a" name="c"><error message="why">at length</error></testcase>'
        "</testsuite>"
        '<testsuite name="other" tests="1" failures="0" errors="0" skipped="1">'
        '<properties><property name="key" value="value" /></properties>'
        '<testcase classname="a" name="d"><skipped message="no" /></testcase>'
        "<system-err>a\nb</system-err></testsuite></testsuites>"
    )
