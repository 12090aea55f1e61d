"""What is sent over a WebSocket is called a message wherever a report says what was sent."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest

from bench.analysis.model import Summary
from bench.analysis.summary import summarize
from bench.facts.load import Cell, Mode, Sent
from bench.facts.run import Facts
from bench.facts.slice import Doubt, DoubtKind, Slice
from bench.formatting import common, worded
from bench.plan.schedule import cells
from bench.report import table_columns
from bench.report.charts.build import charts
from bench.report.data.run_junit import junit
from bench.report.documents.run import document as shaped
from bench.report.footnotes import footnotes
from bench.report.render.markdown import markdown
from bench.report.run_page.build import page
from tests.build.runs import small

_OF_HTTP = re.compile(r"Supported if requests over HTTP/2[^.]*\.|exchange-|charts/\S*")
"""A rule about requests over HTTP, whatever else a run has sent."""


def over_websockets(facts: Facts) -> Facts:
    """The same run, of a workload that is a WebSocket, with doubts about it."""
    settings = facts.manifest.settings
    named = replace(settings, message_workloads=settings.workloads)
    return replace(
        facts,
        manifest=replace(facts.manifest, settings=named, selftest=None),
        slices=tuple(map(of_messages, facts.slices)),
    )


def of_messages(slice_: Slice) -> Slice:
    """The same, loaded with messages that were sent late."""
    cell = slice_.cell
    sent = Cell(cell.profile, cell.workload, replace(cell.load, sent=Sent.MESSAGE))
    late = (Doubt(DoubtKind.SEND_LAG, 2.5), Doubt(DoubtKind.CONNECTION_WAIT, 3.5))
    return replace(slice_, cell=sent, doubts=(*slice_.doubts, *late))


def found_in(text: str) -> list[str]:
    """Every mention of requests, with what stands around it."""
    return re.findall(r".{0,60}[Rr]equests?\b.{0,20}", _OF_HTTP.sub("", text))


def rendered(summary: Summary) -> Iterator[str]:
    """The report in every format that people read."""
    yield markdown(shaped(summary, ())).decode()
    yield unescape(re.sub(r"<script.*?</script>|<[^>]+>", "\n", page(summary, ()).decode()))
    yield from (chart.svg.decode() for chart in charts(summary))
    yield junit(summary).decode()


@pytest.mark.parametrize(
    ("facts", "noun"), [(small(), "request"), (over_websockets(small()), "message")]
)
def test_tables_name_what_was_sent(facts: Facts, noun: str) -> None:
    """In titles, units and columns."""
    summary = summarize(facts)
    units = set()
    for section in summary.sections:
        title = table_columns.title(section)
        assert (f" {noun}s/s" in title) is (section.load.mode is Mode.OPEN)
        columns = table_columns.columns(section, summary.manifest.baseline, footnotes(summary))
        units |= {each.unit for each in columns}
        assert f"CPU per {noun}" in {each.title for each in columns}
    assert f"{noun}s/s" in units


def test_no_part_of_a_report_of_messages_says_requests() -> None:
    """Tables, sentences, charts and doubts, in every format; the other run says them."""
    ours_and_others = map(rendered, map(summarize, (over_websockets(small()), small())))
    for ours, others in zip(*ours_and_others, strict=True):
        assert found_in(ours) == []
        assert "message" in ours or not found_in(others)


def test_a_plan_knows_what_it_sends() -> None:
    """Each cell of a WebSocket has messages as its load's unit, and no other has."""
    settings = replace(
        small().manifest.settings, workloads=("ws", "get_item"), message_workloads=("ws",)
    )
    planned = cells(settings, ["uvicorn"], {"ws": 100.0, "get_item": 100.0})
    assert {(cell.workload, cell.load.sent) for cell in planned} == {
        ("ws", Sent.MESSAGE),
        ("get_item", Sent.REQUEST),
    }


def test_words_alone_are_replaced() -> None:
    """Whole words, as they are written; where kinds are mixed all of them are requests."""
    text = "Requests, a request's time, requests/s; as requested, --request and quests"
    assert worded(text, Sent.MESSAGE) == (
        "Messages, a message's time, messages/s; as requested, --message and quests"
    )
    assert worded(text, Sent.REQUEST) == text
    assert common([Sent.MESSAGE, Sent.MESSAGE]) is Sent.MESSAGE
    assert common([Sent.MESSAGE, Sent.REQUEST]) is Sent.REQUEST
