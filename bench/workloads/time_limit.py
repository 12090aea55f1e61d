"""A bound on how long a user's own code may take: an endless loop is reported, not waited for."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from bench.system.clock import monotonic_ns

AGAIN_S: Final = 1.0
SOON_S: Final = 1e-3  # 0 would stop a timer that has run out meanwhile


class OutOfPatienceError(BaseException):
    """The time is over; no `except Exception` of the code that took it can hide it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt the block after so long, by OutOfPatienceError, and again each second after it.

    Again, since an exception that is raised in a destructor or in a callback of the garbage
    collector goes no further. A timer that ran before (of the caller's) runs on afterwards. Only in
    the main thread of a process, and where there are signals; it does not nest.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return
    began_ns = monotonic_ns()
    before = signal.signal(signal.SIGALRM, _interrupt)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            rest_s = left - (monotonic_ns() - began_ns) / 1e9
            signal.setitimer(signal.ITIMER_REAL, max(rest_s, SOON_S), interval)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise OutOfPatienceError
