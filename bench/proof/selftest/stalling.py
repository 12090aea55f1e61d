"""Letting a reference server stand still in the middle of a slice: SIGSTOP, and always SIGCONT."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.proof.selftest.server_record import Recorded
from bench.proof.selftest.testbed import Plan, Stand
from bench.stats.units import NS_PER_S
from bench.system import clock

_OPENING_S: Final = 0.01
_HEAD_START_NS: Final = 200_000_000  # for the order to come to the generator
_STOP_LIMIT_S: Final = 5.0


async def stalled(stand: Stand, plan: Plan, stall_s: float) -> Recorded:
    """Load the exact server, which stands still in the middle of the window."""
    place = stand.at_once()
    async with stand.at(place) as target:
        await stand.traced(
            target, replace(plan, lead_in_s=0.0, window_s=_OPENING_S)
        )  # opens the connections
        start_ns = clock.monotonic_ns() + _HEAD_START_NS
        begin_ns = start_ns + round((plan.lead_in_s + (plan.window_s - stall_s) / 2) * NS_PER_S)
        planned = replace(plan, start_ns=start_ns)
        loading = asyncio.create_task(stand.recorded_of(target, place, planned))
        try:
            await _until(begin_ns)
            await _stand_still(place.pid, stall_s)
        finally:
            seen = await loading
    return seen


async def _stand_still(pid: int, stall_s: float) -> None:
    """Stop a process, and let it go on so long after it was seen to stand."""
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(_STOP_LIMIT_S):
            while not _stands(pid):  # noqa: ASYNC110 - only its parent would be told
                await asyncio.sleep(0)
        await _until(clock.monotonic_ns() + round(stall_s * NS_PER_S))
    finally:
        os.kill(pid, signal.SIGCONT)


def _stands(pid: int) -> bool:
    """Whether a process is stopped: its state in /proc/PID/stat, see proc(5)."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    return text.rpartition(")")[2].split()[0] == "T"


async def _until(time_ns: int) -> None:
    await asyncio.sleep(max(0.0, (time_ns - clock.monotonic_ns()) / NS_PER_S))
