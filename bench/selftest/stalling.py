"""Letting a reference server stand still in the middle of a slice: SIGSTOP, and always SIGCONT."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench import clock
from bench.load.order import Trace
from bench.selftest.disturbance import Evidence
from bench.selftest.stall import Stall
from bench.selftest.stand import Plan, Stand

_NS: Final = 1e9
_HEAD_START_NS: Final = 200_000_000  # for the connections to be opened
_STOP_LIMIT_S: Final = 5.0


async def stalled(stand: Stand, plan: Plan, stall_s: float) -> tuple[Trace, Evidence, Stall]:
    """Load the server that does nothing, which stands still in the middle of the window."""
    place = stand.nothing()
    start_ns = clock.monotonic_ns() + _HEAD_START_NS
    begin_ns = start_ns + round((plan.lead_in_s + (plan.window_s - stall_s) / 2) * _NS)
    loading = asyncio.create_task(stand.trace(place, replace(plan, start_ns=start_ns)))
    try:
        await _until(begin_ns)
        stood = await _stand_still(place.pid, stall_s)
    finally:
        trace, evidence = await loading
    return trace, evidence, stood


async def _stand_still(pid: int, stall_s: float) -> Stall:
    """Stop a process for so long: from when it was seen to stand, or at most from the signal."""
    asked_ns = clock.monotonic_ns()
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(_STOP_LIMIT_S):
            while not _stands(pid):  # noqa: ASYNC110 - only its parent would be told
                await asyncio.sleep(0)
        stood_ns = clock.monotonic_ns()
        await _until(stood_ns + round(stall_s * _NS))
    finally:
        freed_ns = clock.monotonic_ns()
        os.kill(pid, signal.SIGCONT)
    return Stall(freed_ns - stood_ns, clock.monotonic_ns() - asked_ns)


def _stands(pid: int) -> bool:
    """Whether a process is stopped: its state in /proc/PID/stat, see proc(5)."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    return text.rpartition(")")[2].split()[0] == "T"


async def _until(time_ns: int) -> None:
    await asyncio.sleep(max(0.0, (time_ns - clock.monotonic_ns()) / _NS))
