"""New connections are reported where there were any, in every format."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from jsonschema_rs import Draft202012Validator

from bench.analysis.model import ConnectionFigures, Summary
from bench.analysis.summary import summarize
from bench.facts.load import Mode
from bench.facts.new_connections import NewConnections
from bench.facts.run import Facts
from bench.facts.slice import Slice
from bench.figures import FIGURES, OF_CONNECTIONS, OF_STREAMS
from bench.report import connections
from bench.report.data import run_csv
from bench.report.data.run_json import to_json
from bench.report.documents.run import document as shaped
from bench.report.render.markdown import markdown
from bench.report.run_page.build import page
from bench.stats.histogram import Histogram
from tests.build.runs import small
from tests.build.slices import MS

SCHEMA = Path(__file__).parents[2] / "docs" / "summary.schema.json"


def times(ms: float, count: int) -> Histogram:
    """So many durations, all alike."""
    return Histogram.of(np.full(count, round(ms * MS), dtype=np.int64))


def opened(*, tls: bool = False, resumed: int = 0) -> NewConnections:
    """A slice of half a second with two hundred new connections."""
    return NewConnections(
        connections=200,
        in_window=190,
        resumed=resumed,
        connect=times(0.1, 200),
        handshake=times(1.2, 200) if tls else None,
        first_answer=times(2.5, 200),
    )


def renewing(facts: Facts, found: NewConnections) -> Facts:
    """A run in which every request in closed loop had a connection of its own."""

    def changed(one: Slice) -> Slice:
        closed = one.cell.load.mode is Mode.CLOSED
        return replace(one, new_connections=found) if closed else one

    settings = replace(facts.manifest.settings, new_connections=True, resume_tls=True)
    manifest = replace(facts.manifest, settings=settings)
    return replace(facts, manifest=manifest, slices=tuple(map(changed, facts.slices)))


def table(summary: Summary) -> dict[str, str]:
    """The first line of the table, by column."""
    (section,) = (each for each in summary.sections if each.load.mode is Mode.CLOSED)
    return {each.title: str(each.cells[0]) for each in connections.columns(section)}


def test_new_connections_have_a_table_where_there_are_any() -> None:
    """At the load that had them; what its times are says so."""
    summary = summarize(renewing(small(), opened(tls=True, resumed=150)))
    found = table(summary)
    assert found["opened"] == "600"
    assert found["connections"].startswith("380")
    assert found["first response, p50"].startswith("2.50")
    assert found["TLS, p95"].startswith("1.20")
    assert found["resumed"] == "75.0"
    assert "TLS, p50" not in table(summarize(renewing(small(), opened())))
    text = markdown(shaped(summary, ())).decode()
    assert text.count("Every request had a connection of its own") == 1
    assert page(summary, ()).decode().count("very request had a connection of its own") == 1
    assert "service times: from the call of connect() until the response was read" in text
    assert "new connections: one for each request, " in text


def test_a_run_that_keeps_its_connections_says_nothing_of_them() -> None:
    """In no format; its columns are empty."""
    summary = summarize(small())
    assert not any(connections.columns(section) for section in summary.sections)
    assert all("new_connections" not in line for line in run_csv.lines(summary))
    assert "first_answer" not in to_json(summary).decode()


def test_programs_find_new_connections_too() -> None:
    """By the same names; without TLS there is no handshake, which is not 0."""
    summary = summarize(renewing(small(), opened()))
    line = next(each for each in run_csv.lines(summary) if "new_connections" in each)
    assert line["new_connections"] == 600
    assert line["connection_rate"] == pytest.approx(380)
    assert line["first_answer_p95_ms"] == pytest.approx(2.5, rel=1e-3)
    assert line.get("handshake_p50_ms") is None
    document = json.loads(to_json(summary))
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    cell = next(
        each for one in document["sections"] for each in one["cells"] if "new_connections" in each
    )
    assert cell["new_connections"]["resumed_share"] is None
    assert cell["new_connections"]["connect_p50_ms"]["value"] == pytest.approx(0.1, rel=1e-3)


def test_every_figure_of_new_connections_is_described_once() -> None:
    """In the model, in the schema and in the columns, and apart from all others."""
    names = {each.name for each in OF_CONNECTIONS}
    assert {each.name for each in fields(ConnectionFigures)} == names | {"connections"}
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["new_connections"]
    assert set(schema["required"]) == set(schema["properties"]) == names | {"count"}
    assert {f"{name}{end}" for name in names for end in ("", "_lo", "_hi")} <= set(
        run_csv.columns()
    )
    assert not names & {*FIGURES, *(each.name for each in OF_STREAMS)}
