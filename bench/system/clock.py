"""The one module that reads clocks, so that tests can put a clock of their own in its place."""

import time
from datetime import UTC, datetime
from typing import Final

_READINGS: Final = 5

monotonic_ns = time.monotonic_ns
"""CLOCK_MONOTONIC, ns: the clock that timerfd is armed with, and one for all processes."""

realtime_ns = time.time_ns
"""CLOCK_REALTIME, ns: the clock that the kernel stamps packets with."""

process_cpu_ns = time.process_time_ns
"""CPU time of this process, all threads, ns."""


def wall_iso() -> str:
    """Date and time of day in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def realtime_offset_ns() -> int:
    """CLOCK_REALTIME - CLOCK_MONOTONIC, ns: the closest of a few readings, to some 0.1 us."""
    readings = []
    for _ in range(_READINGS):
        before, real, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        readings.append((after - before, real - (before + after) // 2))
    return min(readings)[1]
