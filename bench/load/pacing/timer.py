"""A timer that wakes a poll at an absolute time, to some tens of microseconds.

epoll's own timeout is rounded up to a millisecond; a timerfd is not. `os.timerfd_create` is in the
standard library from Python 3.13; before, the C library is called.
"""

import ctypes
import os
import sys
import time
from typing import Protocol

_ABSOLUTE = 1  # TFD_TIMER_ABSTIME
_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)


class Timer(Protocol):
    """Becomes readable at the time it was armed for, until it is armed again."""

    fd: int

    def arm(self, at_ns: int) -> None:
        """Wake at `at_ns` of CLOCK_MONOTONIC; a time that has passed wakes at once."""

    def close(self) -> None:
        """Give the descriptor back."""


def timer_exists() -> bool:
    """Whether this platform has a timer: Linux does, unless its sandbox forbids it."""
    if sys.platform != "linux":
        return False
    try:
        make_timer().close()
    except (OSError, AttributeError):
        return False
    return True


def make_timer() -> Timer:
    """The timer of this platform. Raises OSError or AttributeError where it has none."""
    return _StandardTimer() if hasattr(os, "timerfd_create") else _LibraryTimer()


class _StandardTimer:
    """timerfd by the standard library."""

    def __init__(self) -> None:
        self.fd: int = os.timerfd_create(  # type: ignore[attr-defined,unused-ignore]
            time.CLOCK_MONOTONIC, flags=_NON_BLOCKING | _CLOSE_ON_EXEC
        )

    def arm(self, at_ns: int) -> None:
        os.timerfd_settime_ns(  # type: ignore[attr-defined,unused-ignore]
            self.fd, flags=_ABSOLUTE, initial=max(at_ns, 1)
        )

    def close(self) -> None:
        os.close(self.fd)


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class _LibraryTimer:
    """timerfd by the C library."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self.fd: int = library.timerfd_create(time.CLOCK_MONOTONIC, _NON_BLOCKING | _CLOSE_ON_EXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._spec = _TimerSpec()
        self._settime = library.timerfd_settime
        self._arguments = (self.fd, _ABSOLUTE, ctypes.byref(self._spec), None)

    def arm(self, at_ns: int) -> None:
        value = self._spec.value
        value.seconds, value.nanoseconds = divmod(max(at_ns, 1), 1_000_000_000)
        if self._settime(*self._arguments) != 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime failed")

    def close(self) -> None:
        os.close(self.fd)
