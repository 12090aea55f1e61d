"""What is told while a run goes on: on a terminal, elsewhere, and to programs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.facts import journal
from tests.end_to_end.on_terminal import CTRL_C, OnTerminal, on_terminal
from tests.end_to_end.program import LIMIT_S, ROOT, bench, run_here

RUN = (
    "run", "--servers", "uvicorn", "--rounds", "1", "--no-selftest", "--not-against-itself",
    "--tests", "none", "--rate", "500", "--format", "md",
)  # fmt: skip
SHORT = ("--budget", "3s")
BAR = "Ctrl-C stops"


def shows_the_display(run: OnTerminal) -> bool:
    """Whether the whole of it is there: the table with a server, and the bar below it."""
    lines = run.terminal.lines
    return BAR in "".join(lines[-1:]) and any(line.startswith("uvicorn ") for line in lines)


@pytest.mark.long
def test_a_small_terminal_shows_a_table_and_keeps_the_report_alone(tmp_path: Path) -> None:
    """Of what was shown while it ran nothing is left, and of the report nothing is lost."""
    folder = tmp_path / "run"
    arguments = ["-m", "bench", *RUN, *SHORT, "--out", str(folder)]
    with on_terminal(arguments, width=70, height=12) as run:
        run.until(shows_the_display)
        assert run.terminal.cursor_is_shown
        status = run.end()

    assert status == 0, run.sent
    left = run.terminal.lines
    assert any(line.startswith("no self-test: ") for line in left)
    assert [line for line in left if BAR in line or line.startswith("so far")] == []
    assert "".join(left).replace(" ", "").endswith("report.md")
    assert run.terminal.cursor_is_shown


def test_ctrl_c_leaves_a_clean_terminal_and_says_what_is_kept(tmp_path: Path) -> None:
    """In the midst of a run: how much there is, how to read it, how to go on. No process stays."""
    folder = tmp_path / "run"
    arguments = ["-m", "bench", *RUN, "--budget", "60s", "--out", str(folder)]
    with on_terminal(arguments, width=400, height=24) as run:
        run.until(shows_the_display)
        started = psutil.Process(run.process.pid).children(recursive=True)
        run.press(CTRL_C)
        status = run.end()

    assert status == 130, run.sent
    assert started
    assert psutil.wait_procs(started, timeout=LIMIT_S)[1] == [], "these processes stay"
    *_, stopping, last = run.terminal.lines
    assert stopping == "stopping all servers; press Ctrl-C again to quit at once"
    kept = sum(not one.warm_up for one in journal.read(folder).slices)
    assert last == (
        f"interrupted; all servers were stopped. {kept} slices are kept in {folder}/: 'nox -s "
        f"report -- {folder}' writes their report, 'nox -s bench -- --resume {folder}' resumes "
        "the run"
    )
    assert kept > 0
    assert BAR not in "".join(run.terminal.lines)
    assert run.terminal.cursor_is_shown


@pytest.mark.long
def test_elsewhere_there_are_few_lines_and_no_control_codes(tmp_path: Path) -> None:
    """Also where the environment asks for colours, as that of CI does."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *RUN, *SHORT, "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FORCE_COLOR": "1", "TERM": "xterm"},
    )

    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0] == "preparing the environments of 1 servers"
    assert [line for line in lines if not line.isprintable()] == []
    assert lines[-1] == "writing the report"
    assert len(lines) < 10, done.stderr


def test_events_tell_programs_all_of_it(
    whole_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """One JSON object a line and nothing else; the report is on standard output as ever."""
    folder, done = whole_run

    assert done.returncode == 0, done.stderr
    assert "Written to" in done.stdout
    events = [json.loads(line) for line in done.stderr.splitlines()]
    kinds = {event["kind"] for event in events}
    assert kinds == {"phase", "note", "launching", "measured", "known", "ended"}
    slices = journal.read(folder).slices
    measured = [event for event in events if event["kind"] == "measured"]
    assert [event["ended_s"] for event in measured] == [
        pytest.approx(one.ended_s, rel=1e-5) for one in slices
    ]
    times = [event["time"] for event in events]
    assert times == sorted(times)
    del events[-1]["time"]
    assert events[-1] == {
        "kind": "ended", "how": "finished", "exit_code": 0, "folder": str(folder),
        "slices": sum(not one.warm_up for one in slices), "can_go_on": False, "error": None,
    }  # fmt: skip


@pytest.mark.long
def test_quiet_is_quiet(tmp_path: Path) -> None:
    """Nothing but the report, on standard output."""
    done = bench(*RUN, *SHORT, "--quiet", "--out", str(tmp_path / "run"))

    assert done.returncode == 0
    assert done.stderr == ""
    assert "Written to" in done.stdout


def test_two_ways_of_telling_exclude_each_other() -> None:
    """Said in one line, as every wrong usage; an event, since those were asked for."""
    done = run_here("run", "--quiet", "--json-events")

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "--quiet and --json-events exclude each other" in json.loads(line)["error"]


def test_an_error_is_the_last_event(tmp_path: Path) -> None:
    """So that every line of standard error is one."""
    done = bench("run", "--json-events", "--servers", "nonesuch", "--out", str(tmp_path / "run"))

    assert done.returncode == 2
    event = json.loads(done.stderr)
    assert (event["kind"], event["how"], event["exit_code"]) == ("ended", "failed", 2)
    assert "nonesuch" in event["error"]
    assert event["folder"] is None
