"""`compare` and `history` on folders as runs leave them: exit codes, files, one clear line."""

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.cli.compare import compare_runs
from bench.cli.history import follow
from bench.errors import HarnessError, UsageError
from bench.facts.journal import FORMAT_VERSION, JOURNAL, MANIFEST
from bench.facts.run import Purpose
from tests.build.compared import on_disk, quiet
from tests.build.old_format import as_format_4
from tests.build.runs import MACHINE
from tests.build.variants import at_rate, later, with_manifest, with_settings
from tests.end_to_end.program import run_here


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runs, the second of which has a slower daphne."""
    on_disk(tmp_path / "a", quiet())
    on_disk(tmp_path / "b", later(with_manifest(quiet(step=3.0), app_commit="89abcdef0123+"), 1))
    return tmp_path


def cut(journal: Path) -> None:
    """Cut the last line, as a kill does."""
    journal.write_bytes(journal.read_bytes()[:-20])


def edited(journal: Path) -> None:
    """Change a line in the middle."""
    lines = journal.read_text(encoding="utf-8").split("\n")
    lines[3] = lines[3][:-4]
    journal.write_text("\n".join(lines), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def table(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_compare_shows_and_writes_and_ends_with_0_whatever_differs(folder: Path) -> None:
    """From the folders alone; nothing is written but what was asked for."""
    before = contents(folder)
    outs = [folder / f"between.{end}" for end in ("md", "html", "csv", "json")]
    arguments = [word for out in outs for word in ("--out", str(out))]
    done = run_here("compare", str(folder / "a"), str(folder / "b"), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "A difference is shown in 6 of 24 comparisons." in done.stdout
    assert "commit of the app: fedcba9 / 89abcdef0123+" in done.stdout
    assert outs[0].read_text(encoding="utf-8").startswith("# Weighbridge: two runs compared\n")
    assert len(table(outs[2])) == 16
    assert json.loads(outs[3].read_bytes())["format"] == "weighbridge.between"
    after = contents(folder)
    assert set(after) - set(before) == {str(out) for out in outs}
    assert {name: after[name] for name in before} == before


def test_a_file_that_was_named_is_written_over(folder: Path) -> None:
    """Whole, and no unfinished one stays."""
    out = folder / "between.csv"
    out.write_text("old")
    assert compare_runs(folder / "a", folder / "b", [out], anyway=False) == 0
    assert out.read_text(encoding="utf-8").startswith("profile,")
    assert {p.name for p in folder.iterdir()} == {"a", "b", "between.csv"}


def test_compare_refuses_runs_that_differ_with_2_and_one_line(folder: Path) -> None:
    """Nothing is written; --anyway goes on."""
    c = on_disk(folder / "c", with_settings(quiet(), workers=2))
    out = folder / "between.md"
    done = run_here("compare", str(folder / "a"), str(c), "--out", str(out))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"weighbridge: '{folder / 'a'}' and '{c}' differ in conditions that figures depend on: "
        "workers: 1 / 2; measure both under the same conditions, or pass --anyway\n"
    )
    assert not out.exists()
    assert compare_runs(folder / "a", c, [out], anyway=True) == 0
    assert "- **workers: 1 / 2**" in out.read_text(encoding="utf-8")


def test_an_edited_journal_of_format_4_is_refused_with_3_and_one_line(folder: Path) -> None:
    """The line is named."""
    as_format_4(folder / "b")
    edited(folder / "b" / JOURNAL)
    done = run_here("compare", str(folder / "a"), str(folder / "b"))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"weighbridge: line 4 of '{folder / 'b' / JOURNAL}' is damaged (")
    assert done.stderr.count("\n") == 1


def test_of_an_edited_journal_the_rest_is_compared_and_it_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line that was altered is left out."""
    edited(folder / "b" / JOURNAL)
    assert compare_runs(folder / "a", folder / "b", [], anyway=False) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "B: 1 line of the journal, from line 4 on, not as the run wrote them: left out" in said


def test_a_torn_journal_is_read_and_it_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was finished is compared."""
    cut(folder / "b" / JOURNAL)
    assert compare_runs(folder / "a", folder / "b", [], anyway=False) == 0
    said = capsys.readouterr().out
    assert "B: the last line of the journal was cut off and is ignored" in said
    assert "A difference is shown" in said


Refusal = tuple[str, Callable[[Path], object]]
REFUSED: dict[str, Refusal] = {
    "no run": (
        "holds no run: it has no manifest.json",
        lambda f: compare_runs(f / "a", f, [], anyway=False),
    ),
    "the same run": (
        "is named twice: name two runs",
        lambda f: compare_runs(f / "a", f / "b" / ".." / "a", [], anyway=False),
    ),
    "unknown kind of file": (
        r"--out 'x\.txt' has an unknown format: use the ending \.md, \.html, \.csv and \.json",
        lambda f: compare_runs(f / "a", f / "b", [Path("x.txt")], anyway=False),
    ),
    "a manifest": (
        "would overwrite the data of a run: name another file",
        lambda f: compare_runs(f / "a", f / "b", [f / "a" / MANIFEST], anyway=False),
    ),
    "a folder": (
        "is a folder: name a file",
        lambda f: compare_runs(f / "a", f / "b", [f / "made.md"], anyway=False),
    ),
    "no folder": (
        "is in a folder that does not exist: create '.*nowhere' first",
        lambda f: compare_runs(f / "a", f / "b", [f / "nowhere" / "x.md"], anyway=False),
    ),
    "capacity": (
        "was made to find the highest rate that each server can take",
        lambda f: compare_runs(f / "a", f / "made.md" / "capacity", [], anyway=False),
    ),
    "unknown figure": (
        "--figure 'p99' is unknown; known: throughput_rps, p50_ms, avg_ms, cpu_us_per_request",
        lambda f: follow(f, "p99", None),
    ),
    "history of nothing": (
        "'.*nowhere' is not a folder: name one that has runs in it, such as results/",
        lambda f: follow(f / "nowhere", None, None),
    ),
    "history to a file": (
        f"--out '.*{MANIFEST}' is a file: name a folder",
        lambda f: follow(f, None, f / "a" / MANIFEST),
    ),
    "history of what is no comparison": (
        "no run below '.*' can be used: .* was made to find the highest rate",
        lambda f: follow(f / "made.md", None, None),
    ),
}


@pytest.mark.parametrize(("expected", "attempt"), REFUSED.values(), ids=REFUSED)
def test_wrong_usage_is_one_line_that_says_what_to_do(
    expected: str, attempt: Callable[[Path], object], folder: Path
) -> None:
    """And nothing is written."""
    on_disk(folder / "made.md" / "capacity", with_manifest(quiet(), purpose=Purpose.CAPACITY))
    before = contents(folder)
    with pytest.raises(UsageError, match=expected) as refused:
        attempt(folder)
    assert "\n" not in str(refused.value)
    assert contents(folder) == before


def test_history_of_an_empty_folder_ends_with_2_and_one_line(tmp_path: Path) -> None:
    """It says what to do."""
    done = run_here("history", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"weighbridge: there is no run below '{tmp_path}': create one with nox -s bench, or "
        "name another folder\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_history_shows_and_writes_every_file(folder: Path) -> None:
    """Below the folder itself; runs that lie deeper are found."""
    on_disk(folder / "deep" / "er" / "c", later(quiet(step=3.0), 2))
    before = contents(folder)
    done = run_here("history", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    assert "3 runs; a change is shown in 3 of 20 steps." in words
    assert (
        "get_item at 2,400 requests/s: average response time, ms: daphne: 1.50 (1.50 to 1.50) "
        "times the previous run, 2026-01-03 03:04 (fedcba9 → 89abcde+)"
    ) in words
    place = folder / "history"
    written = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
    charts = (
        *("p50_ms-get_item-open-32", "avg_ms-get_item-open-32"),
        *("cpu_us_per_request-get_item-open-32", "cpu_us_per_request-get_item-closed-32"),
        "throughput_rps-get_item-closed-32",
    )
    assert written == {
        *("history.csv", "history.html", "history.json", "history.md"),
        *(f"charts/{name}.{end}" for name in charts for end in ("svg", "png")),
    }
    after = contents(folder)
    assert {name: after[name] for name in before} == before


def test_the_files_of_a_history_say_the_same(folder: Path) -> None:
    """CSV a line a point; JSON all of it; Markdown with its charts; the same bytes each time."""
    out = folder / "out"
    assert follow(folder, None, out) == 0
    lines = table(out / "history.csv")
    assert len(lines) == 20
    first, second = (
        one for one in lines if (one["profile"], one["figure"]) == ("daphne", "avg_ms")
    )
    assert (first["ratio"], first["ratio_shown"], first["version"]) == ("", "", "daphne 1.0")
    assert (second["ratio_shown"], second["app_commit"]) == ("True", "89abcdef0123+")
    assert float(second["value"]) == pytest.approx(6.0, rel=1e-3)
    read = json.loads((out / "history.json").read_bytes())
    assert (read["format"], len(read["points"]), len(read["runs"])) == (
        "weighbridge.history",
        20,
        2,
    )
    assert read["conditions"][0]["kernel"] == "Linux 6.1.0"
    text = (out / "history.md").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("!["):
            assert (out / line.partition("](")[2].rstrip(")")).is_file()
    written = contents(out)
    assert follow(folder, None, out) == 0
    assert contents(out) == written


def test_a_folder_whose_name_is_not_utf_8_is_in_the_history(folder: Path) -> None:
    """Its name stands in the files with the bytes escaped."""
    (folder / "b").rename(folder / os.fsdecode(b"b\xff"))
    assert follow(folder, None, None) == 0
    names = {one["run"] for one in table(folder / "history" / "history.csv")}
    assert names == {str(folder / "a"), str(folder / r"b\udcff")}


def test_charts_are_whole_and_say_what_they_show(folder: Path) -> None:
    """Title, servers, dates, and the change that is marked."""
    on_disk(folder / "c", later(at_rate(quiet(step=3.0), 3000.0), 2))
    follow(folder, None, None)
    for svg in (folder / "history" / "charts").glob("*.svg"):
        assert ET.fromstring(svg.read_bytes()).tag.endswith("svg")  # noqa: S314 - it is our own
    text = (folder / "history" / "charts" / "avg_ms-get_item-open-32.svg").read_text("utf-8")
    title = "get_item at several offered rates: average response time, ms"
    assert f"<dc:title>{title}</dc:title>" in text
    for words in ("daphne", "uvicorn", "2026-01-03", "89abcde+", "\N{MULTIPLICATION SIGN}1.50"):
        assert f"<!-- {words} -->" in text
    assert "gaps: another offered rate, not compared" in text


def test_what_cannot_be_read_is_left_out_with_the_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Damage of every kind, another format, another purpose, no date: never a crash."""
    edited(as_format_4(on_disk(folder / "edited", quiet())) / JOURNAL)
    on_disk(folder / "capacity", with_manifest(quiet(), purpose=Purpose.CAPACITY))
    on_disk(folder / "dateless", with_manifest(quiet(), started_at="long ago"))
    old = on_disk(folder / "old", quiet()) / MANIFEST
    old.write_text(
        old.read_text().replace(f'"format_version": {FORMAT_VERSION}', '"format_version": 1')
    )
    (folder / "broken").mkdir()
    (folder / "broken" / MANIFEST).write_text("{")
    cut(on_disk(folder / "torn", later(quiet(), 3)) / JOURNAL)
    assert follow(folder, None, None) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("3 runs; ")
    for words in (
        "edited/journal.jsonl' is damaged",
        "capacity' was made to find",
        "dateless' was started at 'long ago', which is not a date",
        f"old' was written in format 1, and this program reads formats 4 and {FORMAT_VERSION}",
        "broken/manifest.json' cannot be read",
        "torn: the last line of the journal was cut off and is ignored",
    ):
        assert words in said


def test_other_conditions_are_described(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And have charts of their own."""
    machine = replace(MACHINE, kernel="Linux 6.2.0")
    on_disk(folder / "c", later(with_manifest(quiet(), machine=machine), 2))
    follow(folder, None, None)
    said = " ".join(capsys.readouterr().out.split())
    assert "Conditions 2, which differ in kernel: Linux 6.2.0" in said
    assert "series are never compared" in said
    assert (folder / "history" / "charts" / "avg_ms-get_item-open-32-2.png").is_file()


def test_a_figure_that_no_run_has_leaves_an_empty_history(tmp_path: Path) -> None:
    """It is said, and is no error."""
    facts = quiet()
    on_disk(tmp_path / "a", with_manifest(facts, servers=()))
    assert follow(tmp_path, "avg_ms", None) == 0
    text = (tmp_path / "history" / "history.md").read_text(encoding="utf-8")
    assert "no step between two runs could be tested" in text


def test_a_journal_with_an_impossible_slice_is_no_crash(folder: Path) -> None:
    """A window of no length, written by hand."""
    path = as_format_4(folder / "b") / JOURNAL
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"window_ns":500000000', '"window_ns":0'), encoding="utf-8")
    with pytest.raises(HarnessError, match=r"is damaged \(ValueError: a window of 0 ns\)"):
        compare_runs(folder / "a", folder / "b", [], anyway=False)
