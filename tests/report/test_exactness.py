"""What is smaller than response times are exact to: how figures and differences of it show."""

from dataclasses import replace

import pytest

from bench.analysis.model import Summary
from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.facts.selftest import ErrorBudget, SelfTest
from bench.formatting import exact_ms
from bench.messages import accuracy
from bench.report import table_columns
from bench.report.data.run_json import document
from bench.report.documents.run import document as shaped
from bench.report.exactness import MARK, less_than, limits
from bench.report.render.markdown import markdown
from bench.report.run_page.content import content
from bench.stats.estimate import Estimate
from tests.build.runs import PROVED, small
from tests.build.variants import with_manifest
from tests.report.console import printed


def budgeted(budget: ErrorBudget, facts: Facts | None = None) -> Summary:
    """A run without noise, uvicorn at 1 and daphne at 2 ms, whose times are exact to so much."""
    facts = facts or small()
    proof = replace(PROVED, budget=budget)
    return summarize(with_manifest(facts, selftest=proof))


def cells(summary: Summary, title: str, section: int = 0) -> tuple[str, ...]:
    """What stands in a column of the first table."""
    one = summary.sections[section]
    found = table_columns.columns(one, "uvicorn", {}, limits(one, summary.manifest.selftest))
    return next(tuple(map(str, column.cells)) for column in found if column.title == title)


COARSE = ErrorBudget(avg_ns=1.0, p50_ns=1_230_000.0, p99_ns=2.0, experiments=1)


@pytest.mark.parametrize(
    ("error_ns", "text"),
    [
        (41_200, "0.042"),
        (40_000, "0.040"),
        (9_991, "0.010"),
        (990, "0.00099"),
        (210_000.0, "0.21"),
        (2_450_001, "2.5"),
        (12_000_001, "13"),
        (0, "0"),
    ],
)
def test_what_times_are_exact_to_is_rounded_up(error_ns: float, text: str) -> None:
    """To two digits: less would promise what was not found."""
    assert exact_ms(error_ns) == text


def test_a_figure_below_the_budget_is_shown_as_less_than_it() -> None:
    """One above it is shown as it is, and so is one of which no error is known."""
    summary = budgeted(COARSE)
    fast, slow = cells(summary, "p50")
    assert fast == "<1.3"
    assert slow.startswith("2.00 (")
    assert not any("<" in cell for title in ("average", "p90") for cell in cells(summary, title))


def test_only_response_times_have_a_budget() -> None:
    """A closed loop's times are others, and other figures are no times."""
    section = budgeted(COARSE).sections[1]
    assert limits(section, replace(PROVED, budget=COARSE)) == {}
    assert less_than(Estimate(0.0), "cpu_us_per_request", {"p50_ms": 1.0}) == ""


def test_no_self_test_has_no_budget() -> None:
    """Nothing is known, so that nothing is marked."""
    assert limits(summarize(small()).sections[0], None) == {}


@pytest.mark.parametrize(("exact_to_ns", "marked"), [(900_000.0, False), (1_100_000.0, True)])
def test_a_difference_below_the_budget_is_marked(exact_to_ns: float, *, marked: bool) -> None:
    """Of 1 ms here; the mark is explained below the table, where there is one."""
    summary = budgeted(ErrorBudget(p50_ns=exact_to_ns, experiments=1))
    baseline, ratio = cells(summary, "p50 / uvicorn's")
    assert baseline == "baseline"
    assert ratio.endswith(MARK) is marked
    section = summary.sections[0]
    said = table_columns.resolution(section, "uvicorn", limits(section, summary.manifest.selftest))
    assert (
        f"{MARK}: a difference below 1.1 ms, which is the accuracy of the median" in said
    ) is marked


SAID = (
    "Response times are accurate to 0.020 ms (p50) and 0.062 ms (p99) on this machine today; "
    "ignore smaller differences."
)
PROOF_WITHOUT = replace(PROVED, budget=ErrorBudget())


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (None, ""),
        (PROOF_WITHOUT, "The accuracy of response times on this machine could not be measured."),
        (
            PROVED,
            SAID,
        ),
    ],
)
def test_one_sentence_says_what_can_be_relied_on(proof: SelfTest | None, said: str) -> None:
    """In every format, before the figures; it is no reason to distrust them."""
    assert accuracy(proof) == said
    facts = small()
    facts = with_manifest(facts, selftest=proof)
    summary = summarize(facts)
    assert summary.warnings == ()
    assert content(summary)["accuracy"] == said
    assert document(summary)["reliance"] == (said or None)
    first = markdown(shaped(summary, [])).decode().split("\n\n")[1]
    assert (first == said) is bool(said)
    assert " ".join(printed(facts, 120).split()).startswith(said)


def test_json_has_the_budget_in_ms_and_figures_as_they_are() -> None:
    """What was not measured is null."""
    found = document(budgeted(COARSE))
    proof, sections = found["selftest"], found["sections"]
    assert isinstance(proof, dict)
    assert proof["budget"] == {
        "avg_ms": 1e-06, "p50_ms": 1.23, "p90_ms": None, "p95_ms": None, "p99_ms": 2e-06,
        "experiments": 1,
    }  # fmt: skip
    assert isinstance(sections, list)
    assert sections[0]["cells"][0]["figures"]["p50_ms"]["value"] == pytest.approx(1, rel=1e-3)
