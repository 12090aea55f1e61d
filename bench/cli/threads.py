"""Threads that a workload has started: the program does not wait for them when it has ended."""

import atexit
import os
import sys
import threading
from collections.abc import Collection
from typing import Final

from bench.stats.units import NS_PER_S
from bench.system import clock

_PATIENCE_S: Final = 1.0
"""For threads that are about to end anyway, as those of an executor that was shut down."""


def leave(code: int, before: Collection[threading.Thread]) -> None:
    """End the process if threads would keep it that were not there before; else return.

    Python waits at its end for every thread that is no daemon, and a workload's may never end.
    """
    until_ns = clock.monotonic_ns() + _PATIENCE_S * NS_PER_S
    ours = {*before, threading.current_thread()}
    for thread in threading.enumerate():
        if thread not in ours and not thread.daemon:
            thread.join(max(0.0, (until_ns - clock.monotonic_ns()) / NS_PER_S))
            if thread.is_alive():
                break
    else:
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no other way past the threads
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
