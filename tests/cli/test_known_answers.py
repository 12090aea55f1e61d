"""`evidence --known-answers`: what is in a folder of cases is judged; plain clients are tools."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from bench.cli.known_answers import ALONE, DOCUMENT, answer
from bench.cli.known_answers import _clients as clients
from bench.errors import UsageError
from bench.facts import journal
from bench.proof.known_answers.cases import CASES
from bench.report.files import write
from bench.report.formats import Format
from tests.build.runs import small
from tests.end_to_end.program import bench

STILL = f"uvicorn+WEIGHBRIDGE_STALLS={CASES['b'].stalls}"


def finished(folder: Path, wrk_rps: float) -> None:
    """Case b as it is on disk: uvicorn 1,000/s, and 500/s where it stands still."""
    facts, place = small("uvicorn", STILL), folder / "b" / "run"
    place.mkdir(parents=True)
    journal.write_manifest(place, facts.manifest)
    with journal.Journal(place):
        pass  # figures are read from the summary alone
    write(facts, place, (Format.CSV,))
    alone = {"uvicorn": {"wrk": [wrk_rps] * 2}, STILL: {"wrk": [wrk_rps / 2] * 2}}
    (folder / "b" / ALONE).write_text(json.dumps(alone), encoding="utf-8")


def test_finished_cases_are_judged_from_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tables on standard output, the same in Markdown beside the cases."""
    finished(tmp_path, 1000.0)
    answer(tmp_path)
    said = capsys.readouterr().out
    assert "Intervals" in said
    assert "Criteria" in said
    assert "stalls for 100 ms in every second" in (tmp_path / DOCUMENT).read_text("utf-8")


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    """It says what to do."""
    with pytest.raises(UsageError, match="holds no finished cases"):
        answer(tmp_path)


def test_each_case_has_its_plain_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as they are installed; where waits are long, none: the wait says it all."""
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    wrk, ab = clients(CASES["h"], 32)
    assert (wrk.name, ab.name) == ("wrk", "ab")
    assert {"-c32", "--timeout=30s"} < set(wrk.arguments("http://here/row", 10))
    assert clients(CASES["f"], 32) == []
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert clients(CASES["h"], 32) == []


def test_what_wrk_counts_as_faults_is_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of a server by answers that were wrong."""
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    (wrk,) = clients(CASES["a"], 32)
    said = "  9 requests in 1.00s\nRequests/sec:      9.00\n"
    assert wrk.read(said) == 9.0
    with pytest.raises(ValueError, match="neither 2xx nor 3xx"):
        wrk.read(said + "  Non-2xx or 3xx responses: 2\n")


@pytest.mark.long
def test_a_case_goes_through_the_whole_program(tmp_path: Path) -> None:
    """A real server under its app, and plain clients where there are any; all is on disk after."""
    out = tmp_path / "out"
    done = bench(
        "evidence", "--known-answers", "--only", "e10", "--rounds", "3", "--budget", "12s",
        "--out", str(out),
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    assert "awaits 10 ms" in (out / DOCUMENT).read_text("utf-8")
    alone = json.loads((out / "e10" / ALONE).read_text("utf-8"))
    assert alone if shutil.which("wrk") else not alone
    with (out / "e10" / "run" / "summary.csv").open(encoding="utf-8") as file:
        assert all(row["throughput_rps"] for row in csv.DictReader(file))
