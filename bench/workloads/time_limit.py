"""A bound on how long a user's own code may take: an endless loop is reported, not waited for."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfPatienceError(BaseException):
    """The time is over; no `except Exception` of the code that took it can hide it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt the block after so long, by OutOfPatienceError.

    Only in the main thread of a process, and where there are signals; it does not nest.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise OutOfPatienceError
