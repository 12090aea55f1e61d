"""What is written down of streams while the window is open: when each right event came."""

from array import array
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.facts.streams import EventFault

MOST_EVENTS: Final = 4_000_000
"""Of one slice, whose times are written down: 100 MB. Those that come after are verified alone."""


class EventLog:
    """Right events of all streams of a slice, in the order in which they came.

    first: by slot, when the first bytes of an answer were read (CLOCK_MONOTONIC), and the kernel's
    stamp of them (CLOCK_REALTIME; 0: it has none), ns. faults: by slot.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.first: dict[int, tuple[int, int]] = {}
        self.faults: dict[int, dict[EventFault, int]] = {}
        self._slots, self._read, self._stamps = array("q"), array("q"), array("q")
        self._read_ns = self._stamp_ns = 0

    def read_at(self, slot: int, read_ns: int, stamp_ns: int) -> None:
        """Bytes of an answer were read, at a time; the events that follow came with them."""
        self._read_ns, self._stamp_ns = read_ns, stamp_ns
        self.first.setdefault(slot, (read_ns, stamp_ns))

    def forget(self, slot: int) -> None:
        """What was read of an answer was no stream."""
        self.first.pop(slot, None)

    def came(self, slot: int) -> None:
        """A right event came with what was read last."""
        if len(self._slots) < MOST_EVENTS:
            self._slots.append(slot)
            self._read.append(self._read_ns)
            self._stamps.append(self._stamp_ns)

    def charge(self, slot: int, faults: Mapping[EventFault, int]) -> None:
        """Write down what was wrong with the events of a stream that is over."""
        if faults:
            self.faults[slot] = dict(faults)

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Copies of slots, times of reading and stamps, each of shape (n,), by event."""
        slots, read, stamps = (
            np.array(each, dtype=np.int64) for each in (self._slots, self._read, self._stamps)
        )
        return slots, read, stamps
