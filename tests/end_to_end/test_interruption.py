"""Whatever ends the harness, and whenever: no process stays, and the journal can be read."""

import random
import signal
from pathlib import Path

import pytest

from bench.facts import journal
from tests.end_to_end.program import adopted, run_here, wait_for_lines

# a tree of its own for each: uvicorn's and gunicorn's workers survive a killed parent
RUN = [
    "run", "--no-selftest", "--not-against-itself", "--servers", "uvicorn,gunicorn",
    "--workers", "2", "--tests", "none",
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.long),
        pytest.param(signal.SIGTERM, 130, marks=pytest.mark.long),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("stage", [pytest.param("starting", marks=pytest.mark.long), "measuring"])
def test_a_signal_leaves_no_process_and_a_readable_journal(
    number: signal.Signals, status: int, stage: str, tmp_path: Path
) -> None:
    """A signal at a random moment ends every server, and keeps what was measured.

    Where there is time for a last word, it names the folder and how to read it.
    """
    folder = tmp_path / "run"
    lines = {"starting": random.randint(0, 3), "measuring": random.randint(4, 14)}[stage]  # noqa: S311
    arguments = [*RUN, "--budget", "60s", "--rate", "500", "--out", str(folder)]
    with (
        (tmp_path / "stderr").open("w", encoding="utf-8") as stderr,
        adopted(arguments, stderr) as run,
    ):
        wait_for_lines(folder, lines, run)
        run.send(number)
        end = run.end()
    said = (tmp_path / "stderr").read_text(encoding="utf-8")

    assert end["left"] == [], f"after {lines} lines of the journal"
    assert end["status"] == status, said
    assert "Traceback" not in said
    if (folder / journal.MANIFEST).exists():
        again = run_here("report", str(folder), "--format", "md")
        assert again.returncode == 0, again.stderr
        assert (folder / "report.md").exists()
    if stage == "measuring" and number != signal.SIGKILL:
        last = said.splitlines()[-1]
        assert last.startswith("interrupted; all servers were stopped.")
        assert f"nox -s report -- {folder}" in last
        assert journal.read(folder).ending == "interrupted"


@pytest.mark.long
def test_a_run_whose_parent_is_killed_stops(tmp_path: Path) -> None:
    """Nox ends at SIGTERM without a word: what it runs is told, and leaves nothing."""
    folder = tmp_path / "run"
    parent = (
        "import os, subprocess, sys\n"
        "os.environ['WEIGHBRIDGE_PARENT'] = str(os.getpid())\n"
        "subprocess.run([sys.executable, '-m', 'bench', *sys.argv[1:]])\n"
    )
    arguments = [*RUN, "--budget", "60s", "--rate", "500", "--out", str(folder)]
    with (
        (tmp_path / "stderr").open("w", encoding="utf-8") as stderr,
        adopted(arguments, stderr, program=["-c", parent]) as run,
    ):
        wait_for_lines(folder, 7, run)
        run.send(signal.SIGTERM)
        end = run.end()

    assert end["left"] == []
    assert journal.read(folder).ending == "interrupted"
