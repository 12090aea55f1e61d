"""What the report of a search says, from its journal alone."""

import csv as csv_reader
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bench.analysis.capacity.model import CapacityRow, CapacitySummary
from bench.analysis.capacity.phases import Phase
from bench.analysis.capacity.search import SearchEnd
from bench.analysis.capacity.slo import parse
from bench.analysis.capacity.summary import summarize
from bench.analysis.capacity.trials import spoilers
from bench.analysis.capacity.verification import BracketState
from bench.cli.report import write_again
from bench.errors import HarnessError
from bench.facts import journal
from bench.facts.run import Facts
from bench.facts.server import Drain, Gate, GateTest
from bench.facts.slice import DoubtKind, Outcome, Slice
from bench.report.capacity_notes import notes, reason
from bench.report.data.capacity import COLUMNS
from bench.report.documents.capacity import document as shaped
from bench.report.files import of_capacity as files
from bench.report.files import write_capacity as write
from bench.report.formats import Format
from bench.report.render.terminal import terminal
from bench.stats.histogram import Histogram
from tests.build.capacity import FakeQueue, capacity_facts
from tests.build.counts import count
from tests.build.variants import with_settings

MS = 1_000_000
UVICORN, GRANIAN = 6000 - 149.8, 9000 - 149.8  # mu - ln(20) / limit


@pytest.fixture(scope="module")
def found() -> Facts:
    """A search on two queues."""
    return capacity_facts()


def rows(summary: CapacitySummary) -> dict[str, CapacityRow]:
    """Rows by profile."""
    return {row.profile: row for row in summary.rows}


def seen(summary: CapacitySummary, width: int = 120) -> str:
    """The report on a terminal of this width."""
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(terminal(shaped(summary)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_capacities_are_where_they_must_be(found: Facts) -> None:
    """Within 3 %, inside an interval that holds the truth, verified, the highest first."""
    summary = summarize(found)

    assert [row.profile for row in summary.rows] == ["granian", "uvicorn"]
    for row, truth in zip(summary.rows, (GRANIAN, UVICORN), strict=True):
        assert row.capacity is not None
        assert row.capacity.value == pytest.approx(truth, rel=0.03)
        assert (row.capacity.lo or 0) <= truth <= (row.capacity.hi or 0)
        assert row.ending is SearchEnd.BRACKETED
        assert row.standing is BracketState.CONFIRMED
        assert row.gave_out == ("p95<20ms",)
        assert row.reason is None


def test_an_overload_is_told_by_what_became_of_it(found: Facts) -> None:
    """At 1.5 times the capacity hardly an answer is in time, many fail, and then it is over."""
    for row in summarize(found).rows:
        assert row.overload is not None
        assert row.capacity is not None
        assert row.overload.rate == pytest.approx(1.5 * row.capacity.value, rel=1e-3)
        assert 0 < row.overload.goodput_rps < 0.2 * row.capacity.value
        assert row.overload.failed_share > 0.05
        assert set(row.overload.outcomes) == {Outcome.OK, Outcome.UNSENT}
        assert row.overload.recovery_s == 0.0


def test_a_run_reports_the_same_from_its_folder(found: Facts, tmp_path: Path) -> None:
    """Every figure is derived from manifest and journal."""
    journal.write_manifest(tmp_path, found.manifest)
    with journal.Journal(tmp_path) as written:
        for facts_of_a_kind in (found.gates, found.launches, found.slices, found.drains):
            for fact in facts_of_a_kind:
                written.write(fact)
        written.end("finished")

    assert write_again(tmp_path) == 0

    expected = files(summarize(found))
    names = {*(f"capacity.{end}" for end in ("md", "html", "csv", "json")), "charts/capacity.svg"}
    assert names | {"charts/capacity.png"} == set(expected)
    for name in names:
        assert (tmp_path / name).read_bytes() == expected[name]


def test_the_csv_has_a_line_a_server(found: Facts, tmp_path: Path) -> None:
    """With the columns that are documented, and nothing where there is nothing."""
    write(found, tmp_path)

    lines = list(csv_reader.DictReader(io.StringIO((tmp_path / "capacity.csv").read_text())))

    assert tuple(lines[0]) == COLUMNS
    assert [line["profile"] for line in lines] == ["granian", "uvicorn"]
    assert float(lines[0]["capacity_rps"]) == pytest.approx(GRANIAN, rel=0.03)
    assert lines[0]["verified"] == "confirmed"
    assert lines[0]["reason"] == ""


def test_the_json_has_every_rate_that_was_offered(found: Facts) -> None:
    """With the decision, and figures by clause."""
    document = json.loads(files(summarize(found))["capacity.json"])

    points = document["servers"][0]["points"]
    assert {point["decision"] for point in points} >= {"pass", "fail"}
    assert all(set(point["figures"]) == {"p95", "failures"} for point in points)
    assert document["slo"] == ["p95<20ms", "failures<0.1%"]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_terminal_shows_capacities_at_any_width(found: Facts, width: int) -> None:
    """The columns that matter most stay."""
    text = seen(summarize(found), width)

    assert "granian" in text
    assert "requests/s" in text
    assert all(len(line.rstrip()) <= width for line in text.splitlines())


def test_a_server_that_failed_its_gate_has_no_capacity(found: Facts) -> None:
    """The report says which test it failed."""
    gate = Gate("granian", (GateTest("test_create_item", False, "assert 422 == 500"),))
    broken = replace(
        found,
        gates=(found.gates[0], gate),
        slices=tuple(one for one in found.slices if one.cell.profile != "granian"),
    )

    summary = summarize(broken)

    assert reason(rows(summary)["granian"]) == "it failed its gate"
    assert "test_create_item" in seen(summary)
    assert b"test\\_create\\_item" in files(summary)["capacity.md"] or (
        b"test_create_item" in files(summary)["capacity.md"]
    )


def test_a_server_that_died_says_so(found: Facts) -> None:
    """In the words of its drain."""
    died = replace(
        found,
        drains=(Drain("granian", 1, None, killed=False, failure="died with exit status 1"),),
        slices=tuple(one for one in found.slices if one.cell.profile != "granian"),
    )

    assert reason(rows(summarize(died))["granian"]) == "it did not start, or it crashed"
    assert "died with exit status 1" in seen(summarize(died))


@pytest.mark.parametrize("slices", [0, 1, 5, 12, 30])
def test_a_search_that_was_interrupted_reports_what_there_is(found: Facts, slices: int) -> None:
    """Wherever it was cut off, and it says that it was."""
    cut = replace(found, slices=found.slices[:slices], ending="interrupted")

    summary = summarize(cut)

    assert any("interrupted" in remark for remark in notes(summary))
    assert reason(rows(summary)["granian"]) == "it was not loaded"
    assert files(summary)["capacity.md"]


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        (1, "the run ended before any rate had passed conclusively"),
        (12, "uvicorn was not verified with a fresh process: the run ended too early for that."),
    ],
)
def test_a_search_that_was_interrupted_blames_no_budget(slices: int, expected: str) -> None:
    """It was not spent, and more of it would have changed nothing."""
    whole = capacity_facts([FakeQueue("uvicorn", 6000)])
    cut = replace(whole, slices=whole.slices[:slices], ending="interrupted")

    summary = summarize(cut)

    said = [*notes(summary), reason(summary.rows[0])]
    assert expected in said
    assert not any("budget" in each for each in said)


def test_beyond_the_generator_nothing_is_made_up(found: Facts) -> None:
    """A server that holds as far as can be offered: at least so much, and why."""
    fast = capacity_facts([FakeQueue("uvicorn", 80_000)])

    summary = summarize(fast)

    assert summary.rows[0].ending is SearchEnd.GENERATOR
    assert "at least 39," in seen(summary)
    assert any("up to the generator's maximum" in remark for remark in notes(summary))
    assert found.manifest.settings.top_rate == 40_000


def test_settings_that_are_damaged_are_one_clear_line(found: Facts) -> None:
    """A manifest that somebody has edited."""
    edited = with_settings(found, capacity=None)

    with pytest.raises(HarnessError, match="damaged"):
        summarize(edited)


def one_slice(found: Facts, lag_ns: int, response_ns: int) -> Slice:
    """A slice in which every request took so long, of which the client took so much."""
    done = next(one for one in found.slices if one.round == Phase.SEARCH and not one.warm_up)
    many = done.requests
    return replace(
        done,
        outcomes={Outcome.OK: many},
        response=Histogram.of(_times(many, response_ns)),
        send_lag=Histogram.of(_times(many, lag_ns)),
        client_delay=None,
    )


def _times(count: int, each_ns: int) -> "np.typing.NDArray[np.int64]":
    return np.full(count, each_ns)


@pytest.mark.parametrize(
    ("lag_ms", "response_ms", "spoiled"),
    [
        (5, 10, []),  # it holds, whatever the client took
        (5, 22, [DoubtKind.SEND_LAG]),  # it would hold if the client had been in time
        (5, 40, []),  # it would not
        (0, 22, []),
    ],
)
def test_a_slice_that_the_client_decided_is_left_out(
    found: Facts, lag_ms: int, response_ms: int, spoiled: list[DoubtKind]
) -> None:
    """And no other: an overload is the server's."""
    done = one_slice(found, lag_ms * MS, response_ms * MS)

    assert spoilers(parse("p95<20ms"), done) == spoiled


def test_instructions_that_were_counted(found: Facts) -> None:
    """A table beside the capacities, and in capacity.json as in summary.json; else neither."""
    counted = [
        count(profile, start, 500_000 + 1_000 * (profile == "granian") + start)
        for start in (1, 2, 3)
        for profile in ("uvicorn", "granian")
    ]
    report = files(summarize(replace(found, counts=tuple(counted))), (Format.MD, Format.JSON))
    assert b"## Instructions per request" in report["capacity.md"]
    [instructions] = json.loads(report["capacity.json"])["instructions"]
    assert [each["profile"] for each in instructions["servers"]] == ["uvicorn", "granian"]
    plain = files(summarize(found), (Format.MD, Format.JSON))
    assert b"Instructions" not in plain["capacity.md"]
    assert "instructions" not in json.loads(plain["capacity.json"])
