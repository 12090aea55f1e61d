"""The one module that reads clocks, so that tests can put a clock of their own in its place."""

import time
from datetime import UTC, datetime

monotonic_ns = time.monotonic_ns
"""CLOCK_MONOTONIC, ns: the clock that timerfd is armed with, and one for all processes."""

process_cpu_ns = time.process_time_ns
"""CPU time of this process, all threads, ns."""


def wall_iso() -> str:
    """Date and time of day in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
