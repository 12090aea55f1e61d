"""A run that was stopped goes on where it stopped, with real servers."""

import json
from pathlib import Path

import pytest

from bench.facts import journal
from bench.formatting import plural
from tests.end_to_end.program import bench, killed, run_here
from tests.run.git import commit_all

RUN = (
    "run", "--no-selftest", "--not-against-itself", "--servers", "uvicorn", "--tests", "none",
    "--rate", "300", "--rounds", "2", "--budget", "5s", "--seed", "11", "--format", "md",
)  # fmt: skip


APP = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"1"})
"""
WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    yield Exchange(httpx.Request("GET", base_url), Checked(lambda response: None))
"""


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The folder of a run that was killed in its first round, in the midst of a line."""
    folder = tmp_path / "run"
    killed(folder, *RUN)
    with (folder / journal.JOURNAL).open("a", encoding="utf-8") as file:
        file.write('{"kind":"slice","cell"')
    _pace_otherwise(folder / "manifest.json")
    return folder


def _pace_otherwise(manifest: Path) -> None:
    """Let the generator's core have been idle if it was not, and busy if it was."""
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    paced = facts["instrument"]["pacing"]
    facts["instrument"]["pacing"] = "timer" if paced == "brief spin" else "brief spin"
    manifest.write_text(json.dumps(facts), encoding="utf-8")


def test_a_killed_run_is_finished_as_it_was_planned(stopped: Path) -> None:
    """By its folder alone: every slice that there was is kept, the rest follows, and it says so."""
    kept = (stopped / journal.JOURNAL).read_text(encoding="utf-8").splitlines()[:-1]

    done = bench("run", "--resume", str(stopped))

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = (stopped / journal.JOURNAL).read_text(encoding="utf-8").splitlines()
    assert lines[: len(kept)] == kept
    assert json.loads(lines[len(kept)])["kind"] == "resumption"
    facts = journal.read(stopped)
    assert facts.ending == "finished"
    turns = [(s.round, s.rotation, s.position) for s in facts.slices if not s.warm_up]
    assert turns == sorted(set(turns))
    assert len(facts.slices) > sum(json.loads(line)["kind"] == "slice" for line in kept)
    assert {round_ for round_, *_ in turns} in ({1}, {1, 2})  # on a busy machine one fits
    report = (stopped / "report.md").read_text(encoding="utf-8")
    counted = sum(json.loads(line).get("role", "warm-up") != "warm-up" for line in kept)
    assert f"was resumed after {plural(counted, 'slice')} at" in report
    assert "which was cut off was dropped" in report.replace(",", "")

    again = run_here("run", "--resume", str(stopped))

    assert again.returncode == 2
    assert "is finished" in again.stderr


@pytest.mark.long
def test_with_other_arguments_it_is_refused_and_left_as_it_was(stopped: Path) -> None:
    """They are named, and nothing is written over."""
    before = (stopped / journal.JOURNAL).read_bytes()

    done = bench(*RUN, "--connections", "16", "--resume", str(stopped))

    assert done.returncode == 2, done.stderr
    assert "as it was started: leave out --servers, " in done.stderr
    assert " --connections" in done.stderr
    assert (stopped / journal.JOURNAL).read_bytes() == before


@pytest.mark.long
def test_a_second_edit_of_an_app_is_refused(tmp_path: Path) -> None:
    """Its repository had changes when the run began: the commit is the same, and marked, still."""
    shop, folder = tmp_path / "shop", tmp_path / "run"
    shop.mkdir()
    (shop / "main.py").write_text(APP, encoding="utf-8")
    (tmp_path / "load.py").write_text(WORKLOAD, encoding="utf-8")
    commit_all(shop)
    (shop / "main.py").write_text(f"{APP}# first edit", encoding="utf-8")
    of_shop = ("--app", "main:app", "--app-dir", str(shop), "--requirements", "none")
    killed(folder, *RUN, *of_shop, "--workload", str(tmp_path / "load.py"))
    before = (folder / journal.JOURNAL).read_bytes()

    (shop / "main.py").write_text(f"{APP}# second edit", encoding="utf-8")
    done = bench("run", "--resume", str(folder))

    assert done.returncode == 2, done.stderr
    assert "the app's files were edited after the run began" in done.stderr
    assert "start a new run" in done.stderr
    assert (folder / journal.JOURNAL).read_bytes() == before

    (shop / "main.py").write_text(f"{APP}# first edit", encoding="utf-8")
    assert bench("run", "--resume", str(folder)).returncode == 0
