"""Streams of events are reported where there were any, in every format."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from jsonschema_rs import Draft202012Validator

from bench.analysis.model import StreamFigures, Summary
from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.slice import Slice
from bench.facts.streams import EventFault, EventStreams
from bench.figures import FIGURES, OF_STREAMS
from bench.report import streams
from bench.report.data import run_csv
from bench.report.data.run_json import document, to_json
from bench.report.documents.run import document as shaped
from bench.report.render.markdown import markdown
from bench.report.run_page.build import page
from bench.stats.histogram import Histogram
from tests.build.runs import small
from tests.build.slices import MS
from tests.report.console import printed

SCHEMA = Path(__file__).parents[2] / "docs" / "summary.schema.json"
STREAMS, EVENTS = 100, 10


def times(ms: float, count: int) -> Histogram:
    """So many durations, all alike."""
    return Histogram.of(np.full(count, round(ms * MS), dtype=np.int64))


def heard(*, plain: bool = False, faults: dict[EventFault, int] | None = None) -> EventStreams:
    """A slice of half a second with a hundred streams of ten events, 2 ms apart."""
    return EventStreams(
        streams=STREAMS,
        events=STREAMS * EVENTS,
        first_byte=times(1.5, STREAMS),
        gap=times(2, STREAMS * (EVENTS - 1)),
        duration=times(19.5, STREAMS),
        plain=times(0.75, 400) if plain else None,
        events_in_window=900,
        held_mean=4.5,
        faults=faults or {},
    )


def streaming(facts: Facts, found: EventStreams, profile: str = "uvicorn") -> Facts:
    """A run in which one server's answers to open loops were streams."""

    def changed(one: Slice) -> Slice:
        is_one = (one.cell.profile, one.cell.load.mode) == (profile, Mode.OPEN)
        return replace(one, streams=found) if is_one else one

    return replace(facts, slices=tuple(map(changed, facts.slices)))


def everywhere(facts: Facts) -> dict[str, str]:
    """The report in every format for people."""
    summary = summarize(facts)
    return {
        "terminal": " ".join(printed(facts, 200).split()),
        "markdown": markdown(shaped(summary, ())).decode(),
        "page": page(summary, ()).decode(),
    }


def table(summary: Summary) -> dict[str, str]:
    """The first line of the table, by column."""
    (section, *_) = (each for each in summary.sections if each.load.mode is Mode.OPEN)
    return {each.title: str(each.cells[0]) for each in streams.columns(section)}


def test_streams_have_a_table_where_there_are_any() -> None:
    """Of the server that had some, at the load where it had them."""
    facts = streaming(small(), heard())
    summary = summarize(facts)
    found = table(summary)
    assert (found["server"], found["streams"]) == ("uvicorn", "300")
    assert found["first byte, p50"].startswith("1.50")
    assert found["gap, p99"].startswith("2.00")
    assert found["events"].startswith("1,800")
    assert found["streams at once"].startswith("4.50")
    assert "other requests, p50" not in found
    assert "bad events" not in found
    (closed,) = (each for each in summary.sections if each.load.mode is Mode.CLOSED)
    assert streams.columns(closed) == ()
    for text in everywhere(facts).values():
        assert text.count("from one event to the next of its stream") == 1


def test_a_run_without_streams_says_nothing_of_them() -> None:
    """In no format; its columns are empty."""
    summary = summarize(small())
    assert not any("next of its stream" in text for text in everywhere(small()).values())
    assert all("streams" not in line for line in run_csv.lines(summary))
    assert "first_byte" not in json.dumps(document(summary))


def test_requests_beside_streams_have_figures_of_their_own() -> None:
    """Whether they starve is to be seen."""
    found = table(summarize(streaming(small(), heard(plain=True))))
    assert found["other requests, p50"].startswith("0.750")
    assert found["other requests, p95"].startswith("0.750")


def test_bad_events_are_told_by_kind() -> None:
    """As many as all exposures had."""
    faults = {EventFault.MISSING: 2, EventFault.MISPLACED: 1}
    summary = summarize(streaming(small(), heard(faults=faults)))
    assert table(summary)["bad events"] == "6 missing, 3 out of order"


def test_programs_find_streams_too() -> None:
    """In the table, the document and by the same names."""
    summary = summarize(streaming(small(), heard(plain=True, faults={EventFault.WRONG: 1})))
    line = next(each for each in run_csv.lines(summary) if "streams" in each)
    assert (line["streams"], line["stream_events"]) == (300, 3000)
    assert line["gap_p95_ms"] == pytest.approx(2, rel=1e-3)
    assert line["event_rate"] == pytest.approx(1800)
    assert line["streams_held"] == pytest.approx(4.5)
    assert (line["events_wrong"], line["events_missing"]) == (3, 0)
    sections = document(summary)["sections"]
    assert isinstance(sections, list)
    (cell,) = (each for section in sections for each in section["cells"] if "streams" in each)
    assert cell["streams"]["faults"] == {"wrong": 3}
    assert cell["streams"]["plain_p50_ms"]["value"] == pytest.approx(0.75, rel=1e-3)


def test_the_document_follows_its_schema() -> None:
    """With streams as without."""
    facts = streaming(small(), heard(plain=True, faults={EventFault.WRONG: 1}))
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    validator.validate(json.loads(to_json(summarize(facts))))


def test_a_percentile_with_few_behind_it_is_withheld() -> None:
    """A median of three streams is none."""
    few = replace(heard(), first_byte=times(1, 3), streams=3)
    summary = summarize(streaming(small(rounds=1), few))
    (row,) = (row for section in summary.sections for row in section.rows if row.streams)
    assert row.streams is not None
    assert row.streams.first_byte_p50_ms is None
    assert row.streams.gap_p99_ms is not None


def test_every_figure_of_streams_is_described_once() -> None:
    """In the model, in the schema and in the columns, and apart from those of all requests."""
    names = {each.name for each in OF_STREAMS}
    counts = {"streams", "events", "faults"}
    assert {each.name for each in fields(StreamFigures)} == names | counts
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["streams"]
    assert set(schema["required"]) == set(schema["properties"])
    assert set(schema["properties"]) == names | {"count", "events", "faults"}
    assert set(schema["properties"]["faults"]["propertyNames"]["enum"]) == set(EventFault)
    assert {f"{name}{end}" for name in names for end in ("", "_lo", "_hi")} <= set(
        run_csv.columns()
    )
    assert not names & set(FIGURES)


def of_gaps(ms: dict[str, float]) -> Facts:
    """A run in which the events of each server came so far apart."""
    facts = small()
    for profile, each in ms.items():
        found = replace(heard(), gap=times(each, STREAMS * (EVENTS - 1)))
        facts = streaming(facts, found, profile)
    return facts


def test_servers_are_compared_by_their_streams() -> None:
    """With ranks of their own, and ties where nothing is shown; the schema knows all of it."""
    facts = of_gaps({"uvicorn": 2.0, "daphne": 4.0})
    summary = summarize(facts)
    (section, *_) = (each for each in summary.sections if each.load.mode is Mode.OPEN)
    columns = {each.title: list(map(str, each.cells)) for each in streams.columns(section)}
    by_name = dict(zip(columns["server"], columns["gap, p95 / uvicorn's"], strict=True))
    assert by_name["uvicorn"] == "1 baseline"
    assert by_name["daphne"].startswith("2 2.00")
    rates = dict(zip(columns["server"], columns["events / uvicorn's"], strict=True))
    assert rates["uvicorn"] == "1= baseline"
    assert rates["daphne"].startswith("1= tie, 1.00")
    found = json.loads(to_json(summary))
    assert Draft202012Validator(json.loads(SCHEMA.read_bytes())).is_valid(found)
    compared = [
        each["figure"] for part in found["sections"] for each in part.get("stream_comparisons", ())
    ]
    assert compared == ["first_byte_p50_ms", "gap_p95_ms", "event_rate"]


def test_figures_that_streams_do_not_have_compare_nobody() -> None:
    """Too few gaps for a percentile, or events that came together."""
    few = replace(heard(), gap=times(2, 20), events_in_window=0)
    (section, *_) = (
        each
        for each in summarize(streaming(streaming(small(), few), few, "daphne")).sections
        if each.load.mode is Mode.OPEN
    )
    assert [each.figure for each in section.of_streams] == ["first_byte_p50_ms"]
