"""Counting by the counters of the CPU, which Linux gives by perf_event_open(2).

They count the kernel's work for a server too, and cycles, and slow nothing down; virtual machines
mostly have none. Structures and numbers are those of linux/perf_event.h.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from bench.counting.errors import CounterError
from bench.counting.meter import MeterReading
from bench.counting.randomisation import without_randomisation
from servers.command import Prefix
from servers.server import Server

_SYSCALL: Final = {"x86_64": 298, "aarch64": 241}.get(platform.machine())
_SIZE: Final = 64  # of perf_event_attr, PERF_ATTR_SIZE_VER0: what follows is 0
_ATTR: Final = struct.Struct("=IIQQQQQIIQ")
_TIMES: Final = 1 | 2  # PERF_FORMAT_TOTAL_TIME_ENABLED, PERF_FORMAT_TOTAL_TIME_RUNNING
_INHERIT, _NO_USER, _NO_KERNEL, _NO_HYPERVISOR = 1 << 1, 1 << 4, 1 << 5, 1 << 6
_CLOEXEC: Final = 8
_READ: Final = struct.Struct("=QQQ")


class CodeSide(IntEnum):
    """Whose work is counted: the bit of perf_event_attr that leaves out the other's."""

    USER = _NO_KERNEL
    KERNEL = _NO_USER


@dataclass(frozen=True, slots=True)
class PerfEvent:
    """What is counted: type and config of perf_event_attr, and whose."""

    type: int
    config: int
    side: CodeSide


INSTRUCTIONS: Final = PerfEvent(0, 1, CodeSide.USER)
_KERNEL_INSTRUCTIONS: Final = PerfEvent(0, 1, CodeSide.KERNEL)
_CYCLES: Final = PerfEvent(0, 0, CodeSide.USER)
_KERNEL_CYCLES: Final = PerfEvent(0, 0, CodeSide.KERNEL)


class ThreadCounter:
    """One event of one thread, and of all threads and processes that it starts from now on."""

    def __init__(self, event: PerfEvent, thread: int) -> None:
        """Count from now on. Raises OSError."""
        flags = _INHERIT | _NO_HYPERVISOR | event.side
        attributes = _ATTR.pack(event.type, _SIZE, event.config, 0, 0, _TIMES, flags, 0, 0, 0)
        if _SYSCALL is None:
            raise OSError("perf_event_open is not known for this kind of machine")
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = libc.syscall(_SYSCALL, attributes, thread, -1, -1, _CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._before = 0

    def read(self) -> int:
        """How often it came since the last reading. Raises CounterError where not all is seen."""
        value, enabled, running = _READ.unpack(os.read(self._fd, _READ.size))
        if running < enabled:
            raise CounterError("the CPU's counters are shared with another program")
        counted, self._before = value - self._before, value
        return int(counted)

    def close(self) -> None:
        """Count no longer."""
        os.close(self._fd)


def why_not() -> str | None:
    """Why instructions cannot be counted by the CPU here, in words; None: they can."""
    try:
        ThreadCounter(INSTRUCTIONS, os.getpid()).close()
    except OSError as error:
        return f"perf_event_open: {error.strerror or error}"
    return None


class HardwareMeter:
    """Counts one server by the CPU's counters."""

    def __init__(self, event: Callable[[PerfEvent], PerfEvent] = lambda event: event) -> None:
        """`event`: puts another in place of each; tests count what any machine can."""
        self._event = event
        self._open: dict[PerfEvent, list[ThreadCounter]] = {}
        self._processes = 0

    @property
    def prefix(self) -> Prefix:
        """Nothing but fixed addresses, where they may be: the server runs as it is."""
        return Prefix(without_randomisation())

    def processes(self, server: Server) -> frozenset[object]:
        """Nothing: what a thread starts is counted with it."""
        del server
        return frozenset()

    async def begin(self, server: Server) -> None:
        """Count every thread of the server; without the kernel's work where that is forbidden."""
        pids = server.pids()
        threads = [thread for pid in pids for thread in _threads(pid)]
        self._processes = len(pids)
        self._open[INSTRUCTIONS] = self._opened(INSTRUCTIONS, threads)
        for event in (_CYCLES, _KERNEL_INSTRUCTIONS, _KERNEL_CYCLES):
            with suppress(CounterError):
                self._open[event] = self._opened(event, threads)

    async def read(self, server: Server) -> MeterReading:
        """Add up what all threads have executed."""
        del server
        found = {event: sum(one.read() for one in every) for event, every in self._open.items()}
        return MeterReading(
            found[INSTRUCTIONS],
            self._processes,
            kernel_instructions=found.get(_KERNEL_INSTRUCTIONS),
            cycles=found.get(_CYCLES),
            kernel_cycles=found.get(_KERNEL_CYCLES),
        )

    def why_lost(self) -> CounterError | None:
        """Nothing: a counter does not end a server."""
        return None

    def close(self) -> None:
        """Let go of all counters."""
        for every in self._open.values():
            for one in every:
                one.close()
        self._open.clear()

    def _opened(self, event: PerfEvent, threads: list[int]) -> list[ThreadCounter]:
        found: list[ThreadCounter] = []
        try:
            for thread in threads:
                with suppress(ProcessLookupError):  # it has ended
                    found.append(ThreadCounter(self._event(event), thread))
        except OSError as error:
            for one in found:
                one.close()
            raise CounterError(f"the CPU's counters cannot be read: {error}") from error
        return found


def _threads(pid: int) -> list[int]:
    try:
        return [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
