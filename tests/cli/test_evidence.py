"""An interruption of `evidence` is a line and exit code 130, wherever it comes."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from bench.cli import evidence, regress
from bench.cli.interrupts import InterruptedRunError
from tests.end_to_end.program import run_here

COMMAND = ("evidence", "--gate", "1", "--no-selftest", "--out")


async def interrupted(*_: object) -> float:
    """Measure nothing, for a Ctrl-C comes."""
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.Event().wait()
    return 1.0


async def measured(*_: object) -> float:
    """Find how many loops a request takes, at once."""
    return 100.0


def stopped(*_: object, **__: object) -> NoReturn:
    """Be interrupted where nobody looks for it."""
    raise InterruptedRunError


def test_before_the_first_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is measured what slows a request, where it was a traceback."""
    monkeypatch.setattr(evidence, "loops_in_a_request", interrupted)
    done = run_here(*COMMAND, str(tmp_path / "out"))
    assert (done.returncode, done.stdout) == (130, "")
    assert "interrupted before the first trial" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("module", "name"), [(evidence, "compare_sides"), (regress, "measured"), (evidence, "trials")]
)
def test_in_the_midst_of_a_trial(
    module: Any,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No interruption of any command is a traceback."""
    replacement: Callable[..., object] = stopped
    monkeypatch.setattr(evidence, "loops_in_a_request", measured)
    monkeypatch.setattr(module, name, replacement)
    assert run_here(*COMMAND, str(tmp_path / "out")).returncode == 130
