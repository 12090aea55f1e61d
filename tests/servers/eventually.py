"""Waiting for a condition that no event tells: asked again until a deadline."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

DEADLINE_S = 10.0


async def eventually(condition: Callable[[], bool]) -> bool:
    """Tell whether the condition came true in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - other processes give no event
                await asyncio.sleep(0.005)
            return True
    return condition()


async def pids_in(log: Path, count: int) -> list[int]:
    """Wait for that many lines with a pid in a file that processes write to."""

    def found() -> list[int]:
        return [int(line) for line in log.read_text().split() if line.isdigit()]

    assert await eventually(lambda: len(found()) >= count)
    return found()


def living(pids: Iterable[int]) -> list[int]:
    """Return those of the processes that still run."""
    return [pid for pid in pids if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
