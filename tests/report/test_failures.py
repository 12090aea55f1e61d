"""What was answered other than right, in every report: how often, and one of each kind."""

import json
from dataclasses import replace
from functools import cache

import pytest

from bench.analysis.failures import Failure, failures
from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.facts.slice import Doubt, DoubtKind, Outcome, Verdict
from bench.messages import failure_counts
from bench.report.files import files
from bench.report.formats import Format
from bench.report.notes import notes
from tests.build.runs import small
from tests.build.variants import with_slices
from tests.report.console import printed

EXAMPLE = 'GET /quote: 429 in place of 200: {"detail":"slow down"}'


def limited(*, usable: bool) -> Facts:
    """A run in which one server answered some requests by 429, and a few by 503."""
    facts = small()
    name = facts.manifest.servers[0].name
    return with_slices(
        facts,
        [
            replace(
                one,
                outcomes={**one.outcomes, Outcome.WRONG_STATUS: 5, Outcome.RESET: 1},
                statuses={429: 3, 503: 2},
                examples={"429": EXAMPLE, "503": "GET /quote: 503 in place of 200: an empty body"},
                verdict=Verdict.VALID if usable else Verdict.INVALID,
            )
            if one.cell.profile == name
            else one
            for one in facts.slices
        ],
    )


@cache
def reported(*, usable: bool) -> dict[str, str]:
    """Every report of that run that people read, by its name, and what the terminal shows."""
    facts = limited(usable=usable)
    made = files(summarize(facts), [Format.MD, Format.HTML, Format.JUNIT])
    texts = {name: content.decode() for name, content in made.items()}
    plain = {
        name: text.replace("&#34;", '"').replace("&quot;", '"').replace("\\_", "_")
        for name, text in texts.items()
    }
    return {**plain, "terminal": " ".join(printed(facts, 200).split())}


@pytest.mark.parametrize("usable", [True, False], ids=["measured", "invalid"])
@pytest.mark.parametrize("report", ["terminal", "report.md", "report.html", "junit.xml"])
def test_every_report_says_what_came_in_place_of_right_answers(report: str, usable: bool) -> None:  # noqa: FBT001
    """Of a server that has figures, too."""
    text = reported(usable=usable)[report]
    slices = 3
    assert f"{3 * slices} with status 429, {2 * slices} with status 503 and {slices} reset" in text
    assert EXAMPLE in text


def doubted(facts: Facts, *kinds: DoubtKind, outcome: Outcome) -> set[DoubtKind]:
    """What is doubted of a server of which nothing came but this, with these doubts raised."""
    name = facts.manifest.servers[0].name
    doubts = tuple(Doubt(kind, 1.0, fatal=kind is DoubtKind.WRONG_RESPONSES) for kind in kinds)
    changed = [
        replace(one, outcomes={outcome: 9}, doubts=doubts, verdict=Verdict.INVALID)
        if one.cell.profile == name
        else one
        for one in facts.slices
    ]
    section = summarize(with_slices(facts, changed)).sections[0]
    (row,) = (row for row in section.rows if row.profile == name)
    return {doubt.kind for doubt in row.doubts}


def test_a_server_that_gave_wrong_answers_alone_gets_no_advice_about_the_load() -> None:
    """To raise --connections would mend nothing."""
    found = doubted(
        small(), DoubtKind.WRONG_RESPONSES, DoubtKind.CONNECTION_WAIT, DoubtKind.OVERLOADED,
        outcome=Outcome.WRONG_STATUS,
    )  # fmt: skip
    assert found == {DoubtKind.WRONG_RESPONSES}


def test_a_server_that_was_too_slow_gets_it() -> None:
    """Nothing was answered correctly there either."""
    found = doubted(
        small(), DoubtKind.WRONG_RESPONSES, DoubtKind.OVERLOADED, outcome=Outcome.TIMEOUT
    )
    assert found == {DoubtKind.WRONG_RESPONSES, DoubtKind.OVERLOADED}


def test_programs_read_it_too() -> None:
    """Each way of failing with its count and its example; null where none was kept."""
    facts = limited(usable=True)
    document = json.loads(files(summarize(facts), [Format.JSON])["summary.json"])
    name = facts.manifest.servers[0].name
    [cell] = [
        cell
        for section in document["sections"]
        for cell in section["cells"]
        if cell["profile"] == name and section["mode"] == "open"
    ]
    assert cell["failed"][0] == {
        "outcome": "wrong_status", "status": 429, "count": 9, "example": EXAMPLE,
    }  # fmt: skip
    assert cell["failed"][-1] == {
        "outcome": "reset", "status": None, "count": 3, "example": None,
    }  # fmt: skip


def test_a_status_that_was_not_written_down_is_a_wrong_status() -> None:
    """As in runs of before."""
    found = failures({Outcome.OK: 9, Outcome.WRONG_STATUS: 5}, {429: 3}, {})
    assert found == (
        Failure(Outcome.WRONG_STATUS, 429, 3, None),
        Failure(Outcome.WRONG_STATUS, None, 2, None),
    )
    assert failure_counts(found) == ["3 with status 429", "2 wrong status"]


def test_a_server_that_ran_no_startup_and_failed_is_named() -> None:
    """It may be why."""
    facts = limited(usable=True)
    first, *others = facts.manifest.servers
    lacking = replace(facts.manifest, servers=(replace(first, lacks=("lifespan",)), *others))
    found = " ".join(notes(summarize(replace(facts, manifest=lacking))))
    assert f"{first.name} ran no lifespan: if the app has a startup, it did not run" in found
    assert "lifespan" not in " ".join(notes(summarize(facts)))


def test_where_the_app_is_known_to_have_a_startup_that_is_said_of_all() -> None:
    """Whether they failed or not."""
    facts = small()
    first, *others = facts.manifest.servers
    lacking = replace(
        facts.manifest,
        servers=(replace(first, lacks=("lifespan",)), *others),
        settings=replace(facts.manifest.settings, app_has=("lifespan",)),
    )
    found = notes(summarize(replace(facts, manifest=lacking)))
    assert f"The app's startup did not run under {first.name}." in found
