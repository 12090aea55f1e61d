"""Letting a process stand still, and letting it go on whatever happens."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from bench.proof.selftest.stalling import _stand_still, _stands
from bench.system import clock
from tests.load.server import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")

IDLE = "import signal; signal.pause()"


@pytest.fixture
def pid() -> Iterator[int]:
    """A process that does nothing."""
    with subprocess.Popen([sys.executable, "-c", IDLE]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def runs(pid: int) -> bool:
    """Tell whether it stands no longer."""
    return psutil.Process(pid).status() != psutil.STATUS_STOPPED


async def test_a_process_stands_still_for_so_long(pid: int) -> None:
    """At least, from when it was seen to stand."""
    began = clock.monotonic_ns()
    await _stand_still(pid, 0.05)
    assert clock.monotonic_ns() - began >= 50_000_000
    eventually(lambda: runs(pid))


async def test_it_goes_on_when_the_wait_is_cut_short(pid: int) -> None:
    """By Ctrl-C, say."""
    standing = asyncio.create_task(_stand_still(pid, 60.0))
    async with asyncio.timeout(10):
        while not _stands(pid):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
    standing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await standing
    eventually(lambda: runs(pid))
