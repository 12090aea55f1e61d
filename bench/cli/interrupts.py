"""Ctrl-C and SIGTERM as a cancellation, so that every `finally` runs; twice, and it is over."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from bench.cli.exit_codes import INTERRUPTED

T = TypeVar("T")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_PR_SET_PDEATHSIG: Final = 1
_PARENT: Final = "WEIGHBRIDGE_PARENT"


def stop_with_parent() -> None:
    """Be sent SIGTERM when the parent dies, if it has told its pid so; Linux only.

    nox ends at SIGTERM without a word to what it runs: a cancelled job would go on measuring.
    """
    parent = os.environ.pop(_PARENT, None)
    if parent is None or sys.platform != "linux":
        return
    if os.getppid() == int(parent):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class InterruptedRunError(Exception):
    """The user, or whoever sent SIGTERM, stopped the work; everything is cleaned up."""


def run_interruptible(
    work: Coroutine[Any, Any, T], stopping: Callable[[], None] = lambda: None
) -> T:
    """Run to the end, or until a signal has cancelled it: then raises InterruptedRunError.

    `stopping` is called at the signal. A second one leaves at once; the keepers of the servers end
    them all the same.
    """
    return asyncio.run(_guarded(work, stopping))


async def _guarded(work: Coroutine[Any, Any, T], stopping: Callable[[], None]) -> T:
    task = asyncio.ensure_future(work)
    interrupted = False

    def on_signal() -> None:
        nonlocal interrupted
        if interrupted:
            os._exit(INTERRUPTED)
        interrupted = True
        task.cancel()
        stopping()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal)
    try:
        return await task
    except asyncio.CancelledError:
        raise InterruptedRunError from None
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
