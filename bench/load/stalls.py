"""When a server answered nothing although requests waited: pure functions on arrays."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.domain import Stalls

LEAST_NS: Final = 10_000_000
"""A stall at the least: a server that takes all requests of its connections before it answers any
is silent for some milliseconds as a matter of course."""

TIMES_ORDINARY: Final = 2
"""And so many times as long as an ordinary request takes: one answer in ten comes as quickly."""

_ORDINARY_PERCENT: Final = 10
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Silences:
    """Every time in which nothing was answered though something waited, ns, in their order.

    start, end: shape (n,).
    """

    start: Times
    end: Times

    def at_least(self, length_ns: int) -> "Silences":
        """Those that last so long."""
        kept = self.end - self.start >= length_ns
        return Silences(self.start[kept], self.end[kept])

    def within(self, start: int, end: int) -> Stalls:
        """Count those that touch a window, and how much of it they take."""
        total = np.minimum(self.end, end) - np.maximum(self.start, start)
        touching = total > 0
        lengths = (self.end - self.start)[touching]
        return Stalls(
            count=int(touching.sum()),
            total_ns=int(total[touching].sum()),
            longest_ns=int(lengths.max()) if lengths.size else 0,
        )

    def beginning_of(self, at: int) -> int:
        """When the one began that goes on at a time; the time itself where there is none."""
        covering = (self.start < at) & (self.end > at)
        return int(self.start[covering][0]) if covering.any() else at


def silences(since: Times, until: Times, answers: Times) -> Silences:
    """From the requests of a load: since when each waited, until when; and when answers came.

    since, until: shape (n,). answers: shape (m,), not sorted, each of them the end of a wait. A
    wait that failed ends without an answer: a silence goes on if others wait, and else it is over.
    """
    if not since.size:
        return Silences(answers[:0], answers[:0])
    order = np.argsort(since)
    begun, over = since[order], np.maximum.accumulate(until[order])
    apart = begun[1:] > over[:-1]  # in between, nothing waited
    starts, ends = begun[np.append(True, apart)], over[np.append(apart, True)]
    bounds = np.sort(np.concatenate((starts, ends, answers)))
    start, end = bounds[:-1], bounds[1:]
    period = np.searchsorted(starts, start, side="right") - 1
    some = (start < end) & (period >= 0) & (end <= ends[period])
    return Silences(start[some], end[some])


def stall_threshold_ns(took: Times) -> int:
    """How long a silence must last to be a stall, by how long right answers took, shape (n,)."""
    if not took.size:
        return LEAST_NS
    return max(LEAST_NS, int(TIMES_ORDINARY * np.percentile(took, _ORDINARY_PERCENT)))
