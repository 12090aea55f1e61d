"""Counted instructions are reported in every format, and only where they were counted."""

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from bench.analysis.model import Summary
from bench.analysis.summary import summarize
from bench.facts import journal
from bench.facts.journal import Journal, write_manifest
from bench.report.charts.build import charts
from bench.report.data import run_csv
from bench.report.data.run_json import to_json
from bench.report.documents.run import document
from bench.report.render.markdown import markdown
from bench.report.run_page.build import page
from tests.build.counts import count, with_counts
from tests.build.runs import small
from tests.report.console import printed

SCHEMA = Path(__file__).parents[2] / "docs" / "summary.schema.json"


def counted() -> Summary:
    """A run that counted: uvicorn, daphne 1 % above it, and granian, which failed."""
    return summarize(with_counts(small()))


def test_terminal() -> None:
    """Every digit of the figure, its interval, its ratio, what is not in it, and who failed."""
    text = " ".join(printed(with_counts(small()), 200).split())
    assert "Instructions per request" in text
    assert re.search(r"500,000 \(499,8\d\d\N{EN DASH}500,1\d\d\)", text)
    assert re.search(r" 1\.0100 \(1\.009\d\N{EN DASH}1\.010\d\)", text)
    assert "Not in it: the kernel's work, waiting" in text
    assert "granian: not counted: it ended by signal 4 (SIGILL)" in text
    assert "uvicorn 2.01 0.03 3.00 epoll_wait 2.0, recv 1.0" in text
    assert "daphne 5.00 0.00 \N{EN DASH}" in text


def test_not_tested() -> None:
    """One start of each server shows no difference, and does not show that there is none."""
    facts = replace(small(), counts=(count("uvicorn", 1, 1_000), count("daphne", 1, 2_000)))
    text = " ".join(printed(facts, 200).split())
    assert "daphne \N{EN DASH} 2,000 (no interval) not tested, 2.0000 (no interval)" in text


def test_markdown() -> None:
    """The report says too what the instructions went on, against the baseline's."""
    summary = counted()
    text = markdown(document(summary, charts(summary))).decode()
    assert "### Where the instructions went" in text
    assert "105,000 (+105,000)" in text
    assert "charts/instructions-get_item.svg" in text


def test_page() -> None:
    """The page has the tables and the chart."""
    summary = counted()
    text = page(summary, charts(summary)).decode()
    assert 'id="instructions"' in text
    assert '<a href="#instructions">' in text
    assert "Where the instructions went" in text
    assert "granian: not counted" in text


def test_json() -> None:
    """What programs read keeps to the schema."""
    found: dict[str, Any] = json.loads(to_json(counted()))
    validator = Draft202012Validator(json.loads(SCHEMA.read_bytes()))
    assert [error.message for error in validator.iter_errors(found)] == []
    (workload,) = found["instructions"]
    by_name = {server["profile"]: server for server in workload["servers"]}
    assert by_name["daphne"]["packages"]["twisted"] == 105_000
    assert by_name["granian"]["instructions_per_request"] is None
    assert by_name["granian"]["failure"] == "it ended by signal 4 (SIGILL)"


def test_csv() -> None:
    """Each line has its server's figure; a server that could not be counted has none, never 0."""
    lines = list(csv.DictReader(StringIO(run_csv.csv(counted()).decode())))
    found = {line["profile"]: line["instructions_per_request"] for line in lines}
    assert float(found["uvicorn"]) == pytest.approx(500_000, rel=1e-5)
    assert {line["instructions_per_request_lo"] != "" for line in lines} == {True}


def test_not_counted() -> None:
    """A run without --count says nothing of it."""
    summary = summarize(small())
    assert "nstructions" not in printed(small(), 200)
    assert b'id="instructions"' not in page(summary, ())
    assert "instructions" not in json.loads(to_json(summary))


def test_journal(tmp_path: Path) -> None:
    """Facts of counting are read back as they were written."""
    facts = with_counts(small())
    write_manifest(tmp_path, facts.manifest)
    with Journal(tmp_path) as written:
        for one in facts.counts:
            written.write(one)
        written.write(facts.count_failures[0])
        for spending in facts.spendings:
            written.write(spending)
        for work in facts.kernel_works:
            written.write(work)
    found = journal.read(tmp_path)
    assert facts.counts == found.counts
    assert facts.count_failures == found.count_failures
    assert facts.spendings == found.spendings
    assert facts.kernel_works == found.kernel_works
