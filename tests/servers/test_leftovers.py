"""What outlives harness and keeper is found, and named, by the next start."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from servers.processes.keeper_client import keep
from servers.processes.leftovers import Leftover, advice, leftovers
from tests.servers.eventually import eventually, living, pids_in
from tests.servers.tree import SIZE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what runs is read from /proc")


def found() -> set[int]:
    """Who is left over on this machine."""
    return {each.pid for each in leftovers()}


async def test_workers_whose_harness_and_keeper_were_killed_together(tmp_path: Path) -> None:
    """The kernel ends the first process of their tree, and nobody else."""
    log = tmp_path / "log"
    log.touch()
    harness = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.servers.harness", str(log), str(tmp_path / "scratch"), cwd=ROOT
    )
    pids: list[int] = []
    try:
        pids = await pids_in(log, SIZE)
        assert not set(pids) & found()  # their owner lives
        (keeper,) = psutil.Process(harness.pid).children()
        for pid in (harness.pid, keeper.pid):  # none of them has the time to do anything
            os.kill(pid, signal.SIGSTOP)
        for pid in (keeper.pid, harness.pid):
            os.kill(pid, signal.SIGKILL)
        await harness.wait()
        assert await eventually(lambda: len(living(pids)) < SIZE)
        assert living(pids)
        assert await eventually(lambda: set(living(pids)) <= found())
        commands = {each.command for each in leftovers() if each.pid in pids}
        assert all(command.startswith("python") and "-I -S" in command for command in commands)
    finally:
        with suppress(ProcessLookupError):
            harness.kill()
        for pid in living(pids):
            os.kill(pid, signal.SIGKILL)


async def test_what_is_watched_over_is_not_left_over(tmp_path: Path) -> None:
    """That of other runs beside this one neither."""
    log = tmp_path / "log"
    log.touch()
    async with keep(["sleep", "300"], log=log) as kept:
        assert not set(kept.pids()) & found()


def test_the_line_can_be_copied() -> None:
    """Each process with its command, and what ends them."""
    said = advice([Leftover(12, "gunicorn: worker"), Leftover(13, "granian")])
    assert "pid 12 (gunicorn: worker), pid 13 (granian)" in said
    assert said.endswith("end it with 'kill -9 12 13'")
