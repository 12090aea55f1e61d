"""A lock between programs, which ends with the one that holds it."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

POLL_S = 0.05


@asynccontextmanager
async def locked(path: Path, limit_s: float) -> AsyncIterator[None]:
    """Hold the lock of that file, among tasks and programs; raises TimeoutError after limit_s."""
    with path.open("ab") as file:
        async with asyncio.timeout(limit_s):
            while not _try_lock(file.fileno()):  # noqa: ASYNC110 - flock has no event to await
                await asyncio.sleep(POLL_S)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
