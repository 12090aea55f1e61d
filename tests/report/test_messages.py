"""What is sent over a WebSocket is called a message wherever a table says what was sent."""

from dataclasses import replace

import pytest

from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.report import table_columns
from bench.report.documents.run import document as shaped
from bench.report.render.markdown import markdown
from bench.report.run_page.build import page
from tests.build.runs import small


def over_websockets(facts: Facts) -> Facts:
    """The same run, of a workload that is a WebSocket."""
    settings = facts.manifest.settings
    named = replace(settings, message_workloads=settings.workloads)
    return replace(facts, manifest=replace(facts.manifest, settings=named))


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
        columns = table_columns.columns(section, summary.manifest.baseline, {})
        units |= {each.unit for each in columns}
        assert f"CPU per {noun}" in {each.title for each in columns}
    assert f"{noun}s/s" in units


def test_a_report_names_messages_in_its_titles() -> None:
    """On the page, in Markdown, and in the first sentence."""
    summary = summarize(over_websockets(small()))
    (section,) = (each for each in summary.sections if each.load.mode is Mode.OPEN)
    title = table_columns.title(section)
    assert title.endswith(" messages/s")
    for text in (markdown(shaped(summary, ())).decode(), page(summary, ()).decode()):
        assert title in text
        assert "At 2,400 messages/s" in text
