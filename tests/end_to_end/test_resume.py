"""A run that was stopped goes on where it stopped, with real servers."""

import json
import signal
from pathlib import Path

import pytest

from bench.facts import journal
from tests.end_to_end.program import adopted, bench, run_here, wait_for_lines

RUN = (
    "run", "--no-selftest", "--not-against-itself", "--servers", "uvicorn", "--tests", "none",
    "--rate", "300", "--rounds", "2", "--budget", "8s", "--seed", "11", "--format", "md",
)  # fmt: skip


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The folder of a run that was killed in its first round, in the midst of a line."""
    folder = tmp_path / "run"
    with (
        (tmp_path / "stderr").open("w", encoding="utf-8") as stderr,
        adopted([*RUN, "--out", str(folder)], stderr) as run,
    ):
        wait_for_lines(folder, 5, run)
        run.send(signal.SIGKILL)
        assert run.end()["left"] == []
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
    assert "was resumed after" in report
    assert "which was cut off was dropped" in report.replace(",", "")

    again = run_here("run", "--resume", str(stopped))

    assert again.returncode == 2
    assert "is finished" in again.stderr


@pytest.mark.long
def test_with_other_arguments_it_is_refused_and_left_as_it_was(stopped: Path) -> None:
    """What differs is named, and nothing is written over."""
    before = (stopped / journal.JOURNAL).read_bytes()

    done = bench(*RUN, "--connections", "16", "--resume", str(stopped))

    assert done.returncode == 2, done.stderr
    assert "settings.connections was 32 and is 16" in done.stderr
    assert (stopped / journal.JOURNAL).read_bytes() == before
