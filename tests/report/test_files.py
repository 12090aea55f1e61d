"""What stands in the folder of a run: exact bytes, valid charts, and nothing else touched."""

import csv as csv_reader
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.report.data.run_csv import columns, csv
from bench.report.data.run_json import to_json
from bench.report.documents.run import document as shaped
from bench.report.files import write
from bench.report.render.markdown import escape, fenced, markdown
from tests.build.runs import realistic, small
from tests.build.variants import failing

EXPECTED = Path(__file__).parent / "expected"
CONTRACT = [
    *("profile", "workload", "mode", "offered_rate", "connections"),
    *("slices", "requests", "failures", "throughput_rps"),
    *("avg_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms"),
    *("cpu_us_per_request", "pss_mib", "startup_ms", "verdict", "doubts"),
]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run without noise, reported."""
    folder = tmp_path_factory.mktemp("plain")
    for name in ("journal.jsonl", "manifest.json"):
        (folder / name).write_text("facts")
    write(small(), folder)
    return folder


@pytest.fixture(scope="module")
def failing_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in which much went wrong, reported."""
    folder = tmp_path_factory.mktemp("failing")
    write(failing(realistic(rounds=3, rotations=2)), folder)
    return folder


@pytest.mark.parametrize("name", ["report.md", "summary.csv", "summary.json"])
def test_a_run_without_noise_is_reported_byte_for_byte(name: str, plain: Path) -> None:
    """`write(small(), ...)` writes the files in `expected`; read the difference before you copy."""
    assert (plain / name).read_bytes().decode() == (EXPECTED / name).read_bytes().decode()


def test_a_failing_run_writes_every_file_and_whole_charts(failing_run: Path) -> None:
    """Failed gates, wrong answers and an early end leave no broken chart."""
    names = {path.name for path in (failing_run / "charts").iterdir()}
    kinds = ("latency", "throughput", "cpu", "distribution", "parts", "course-open",
             "course-closed", "exchange")  # fmt: skip
    charts = ("startup", "memory", *(f"{kind}-get_item" for kind in kinds))
    assert names == {f"{chart}.{end}" for chart in charts for end in ("svg", "png")}
    for svg in (failing_run / "charts").glob("*.svg"):
        assert ET.fromstring(svg.read_bytes()).tag.endswith("svg")  # noqa: S314 - it is our own
    for png in (failing_run / "charts").glob("*.png"):
        assert png.read_bytes().startswith(b"\x89PNG")


def test_charts_say_what_they_show_and_who_has_no_figure(failing_run: Path) -> None:
    """Titles have workload and load; a server without figures is named with its reason."""
    svg = (failing_run / "charts" / "latency-get_item.svg").read_text()
    assert "<dc:title>Response time: get_item at 2,400 requests/s</dc:title>" in svg
    assert "<!-- gunicorn-asgi -->" in svg
    assert "<!-- no figure: gate failed: 1 of 2 tests -->" in svg


def test_the_same_facts_make_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    """Writing again changes nothing, charts included: no date, no chance."""
    write(small(), tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 25
    for path in written:
        assert (plain / path.relative_to(tmp_path)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(replace(small(), slices=()), id="no slice"),
        pytest.param(replace(small(), slices=(), gates=(), launches=(), drains=()), id="nothing"),
        pytest.param(small("uvicorn", rounds=1), id="one server, one round"),
        pytest.param(
            replace(small(), slices=tuple(replace(s, cpu_ns=None) for s in small().slices)),
            id="no processor time",
        ),
    ],
)
def test_a_meagre_run_is_reported_all_the_same(facts: Facts, tmp_path: Path) -> None:
    """There is a report, and it refers to no chart that does not exist."""
    write(facts, tmp_path)
    report = (tmp_path / "report.md").read_text()
    for line in report.splitlines():
        if line.startswith("!["):
            assert (tmp_path / line.partition("](")[2].rstrip(")")).is_file()
    assert json.loads((tmp_path / "summary.json").read_bytes())["format_version"] == 3


def test_other_files_are_left_alone(plain: Path) -> None:
    """Journal and manifest stay as they are, and no unfinished file stays behind."""
    assert {path.name for path in plain.iterdir()} == {
        *("journal.jsonl", "manifest.json", "charts"),
        *("report.html", "report.md", "summary.csv", "summary.json", "junit.xml"),
    }
    assert (plain / "journal.jsonl").read_text() == "facts"


def test_the_columns_are_those_of_the_contract() -> None:
    """The contract's columns come in its order, each estimate followed by its bounds."""
    found = columns()
    assert [name for name in found if name in CONTRACT] == CONTRACT
    place = found.index("p95_ms")
    assert found[place : place + 3] == ["p95_ms", "p95_ms_lo", "p95_ms_hi"]


def test_what_is_absent_is_empty_in_the_table() -> None:
    """A server that failed its gate has no requests and no figures; it has not 0 of them."""
    text = csv(summarize(failing(realistic(rounds=1, rotations=1)))).decode()
    lines = csv_reader.DictReader(io.StringIO(text))
    line = next(one for one in lines if one["profile"] == "gunicorn-asgi")
    assert {line[name] for name in ("requests", "failures", "avg_ms", "pss_mib", "rank")} == {""}
    assert line["reason"] == "gate failed: 1 of 2 tests"


def test_what_the_kernel_did_not_stamp_has_no_columns() -> None:
    """Without stamps the report says so, and shows no row of dashes in their place."""
    facts = small()
    blind = tuple(replace(one, client_delay=None, corrected=None) for one in facts.slices)
    report = markdown(shaped(summarize(replace(facts, slices=blind)), ())).decode()
    table = report.partition("### Where the time went")[2].partition("##")[0]
    assert "the kernel did not timestamp them" in table
    assert "corrected" not in table
    assert "0.0400 / 0.0400" in table


def test_counts_are_whole_numbers_in_the_table() -> None:
    """Preemptions are 6, not 6.0."""
    line = next(csv_reader.DictReader(io.StringIO(csv(summarize(small())).decode())))
    assert (line["preemptions"], line["collections"]) == ("6", "0")


def test_the_chart_of_parts_says_who_is_missing(failing_run: Path) -> None:
    """A server without figures has no bar, and is named."""
    svg = (failing_run / "charts" / "parts-get_item.svg").read_text()
    assert "<!-- No figure: gunicorn-asgi and uwsgi -->" in svg


def test_comparisons_are_in_the_document() -> None:
    """Programs get every comparison with its ratio, and whether a difference is shown."""
    (one, average, cpu) = json.loads(to_json(summarize(small())))["sections"][0]["comparisons"]
    assert (one["subject"], one["reference"], one["shown"]) == ("uvicorn", "daphne", True)
    assert one["ratio"]["value"] == pytest.approx(0.5)
    assert (one["figure"], average["figure"]) == ("p50_ms", "avg_ms")
    assert (cpu["figure"], cpu["shown"]) == ("cpu_us_per_request", False)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (r"a \| b", "a | b"),
        (r"\`x\`", "`x`"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        (r"\[a\](b)", "[a](b)"),
        ("get_item", "get_item"),
        (r"\_it\_", "_it_"),
        ("one two", "one\n  two"),
        ("a [31mb".replace("[", r"\["), "a\x1b[31mb"),
    ],
)
def test_text_from_outside_stays_text_in_markdown(expected: str, text: str) -> None:
    """Nothing in a name or a message can end a cell, start a tag or a link."""
    assert escape(text) == expected


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    """Text with a fence of its own cannot leave its block."""
    assert fenced("```\n# not a heading") == "````text\n```\n# not a heading\n````"


def test_messages_of_a_gate_are_shown_as_code() -> None:
    """What pytest said stands between fences, with its markup untouched and harmless."""
    report = markdown(shaped(summarize(failing(realistic(rounds=1, rotations=1))), ())).decode()
    block = report.partition("test_create_item_invalid_input\n\n```text\n")[2].partition("```")[0]
    assert "<script>alert(1)</script>" in block
    assert "<script>" not in report.replace(block, "")
