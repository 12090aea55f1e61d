"""Starting the program in tests."""

import io
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from unittest import mock

import psutil
import pytest

from bench.cli import main
from bench.facts import journal

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 120.0
MOMENTS_S = 60.0


def bench(
    *arguments: str, cwd: Path = ROOT, under: Sequence[str] = (), limit_s: float = LIMIT_S
) -> subprocess.CompletedProcess[str]:
    """Run a command of the program to its end, by another program if one is given."""
    return subprocess.run(
        [*under, sys.executable, "-m", "bench", *arguments],
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def run_here(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What a command that starts nothing says, and its exit code: run in this process.

    A process of its own would take seconds to start; `bench` shows that one says the same.
    """
    output, errors = io.StringIO(), io.StringIO()
    asked = ["bench", *arguments]
    with (
        chdir(cwd),
        redirect_stdout(output),
        redirect_stderr(errors),
        mock.patch.object(sys, "argv", asked),
        pytest.raises(SystemExit) as left,
    ):
        main()
    code = left.value.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess(asked, code, output.getvalue(), errors.getvalue())


def measured(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a measurement to its end, without self-test, A/A and charts, which take time."""
    without = ("--no-selftest", "--not-against-itself", "--format", "md,csv,json")
    return bench("run", *without, *arguments, cwd=cwd)


@dataclass
class Adopted:
    """A running command whose orphans are watched."""

    process: subprocess.Popen[str]
    pid: int

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command itself."""
        psutil.Process(self.pid).send_signal(number)

    def end(self) -> dict[str, Any]:
        """Wait for the command's end; its exit status and what it left behind."""
        output, _ = self.process.communicate(timeout=LIMIT_S)
        found: dict[str, Any] = json.loads(output.splitlines()[-1])
        return found


@contextmanager
def adopted(
    arguments: Sequence[str], stderr: IO[str], program: Sequence[str] = ("-m", "bench")
) -> Iterator[Adopted]:
    """Start a command of the program under an adoptive parent."""
    orphanage = Path(__file__).with_name("orphanage.py")
    command = [sys.executable, str(orphanage), "15", sys.executable, *program, *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        try:
            yield Adopted(process, pid)
        finally:  # the parent ends after it, and ends the others
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()


def wait_for_lines(folder: Path, lines: int, run: Adopted) -> None:
    """Return once the journal has so many lines, or the run has ended."""
    path = folder / journal.JOURNAL
    for _ in range(int(MOMENTS_S / 0.05)):
        if run.process.poll() is not None:
            return
        if path.exists() and path.read_bytes().count(b"\n") >= lines:
            return
        select.select([], [], [], 0.05)
    pytest.fail(f"the journal did not grow to {lines} lines")


def killed(folder: Path, *arguments: str) -> None:
    """Kill a run in its first round."""
    with (
        folder.with_suffix(".stderr").open("w", encoding="utf-8") as stderr,
        adopted([*arguments, "--out", str(folder)], stderr) as run,
    ):
        wait_for_lines(folder, 5, run)
        run.send(signal.SIGKILL)
        assert run.end()["left"] == []
