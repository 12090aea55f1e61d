"""When a server answered nothing although requests waited: pure functions on arrays."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.facts.slice import Stalls

LEAST_NS: Final = 10_000_000
"""A stall at the least: a server that takes all requests of its connections before it answers any
is silent for some milliseconds as a matter of course."""

TIMES_ORDINARY: Final = 2
"""The request whose answer ends a stall has waited so many times as long as one of its kind does
ordinarily: one answer in ten to that kind comes as quickly. A request that takes 1.5 s by itself is
answered when it is done: that is no stall, though nothing else was answered meanwhile."""

TIMES_USUAL: Final = 5
"""And a stall lasts so many times as long as silences do on average. A server that works 15 ms on
each request, one after the other, answers nothing for so long again and again, and does not stand
still. Were its silences exponential, one in 150 would last as long."""

_ORDINARY_SHARE: Final = 0.1
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Silences:
    """Every time in which nothing was answered though something waited, ns, in their order.

    start, end: shape (n,).
    """

    start: Times
    end: Times

    @property
    def length(self) -> Times:
        """How long each lasts, ns, shape (n,)."""
        return self.end - self.start

    def mean_ns(self) -> float:
        """How long they last on average; 0 where there are none."""
        return float(self.length.mean()) if self.start.size else 0.0

    def at_least(self, length_ns: int) -> "Silences":
        """Those that last so long."""
        kept = self.length >= length_ns
        return Silences(self.start[kept], self.end[kept])

    def within(self, start: int, end: int) -> Stalls:
        """Count those that touch a window, and how much of it they take."""
        total = np.minimum(self.end, end) - np.maximum(self.start, start)
        touching = total > 0
        lengths = self.length[touching]
        return Stalls(
            count=int(touching.sum()),
            total_ns=int(total[touching].sum()),
            longest_ns=int(lengths.max()) if lengths.size else 0,
        )

    def beginning_of(self, at: int, most_ns: int) -> int:
        """When the one began that goes on at a time; the time itself where there is none.

        One that lasts for longer than `most_ns` does not count.
        """
        covering = (self.start < at) & (self.end > at) & (self.length <= most_ns)
        return int(self.start[covering][0]) if covering.any() else at


def silences(since: Times, until: Times, answers: Times) -> Silences:
    """From the requests of a load: since when each waited, until when; and when answers came.

    since, until: shape (n,). answers: shape (m,), not sorted, among them the end of each wait but
    for those that failed: a silence goes on then if others wait, and else it is over.
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


def _none() -> Times:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Waits:
    """The requests of a load: since when each waited, until when, and whether it was answered.

    kind: which request of the workload it was, so that it is held against its like. All have shape
    (n,), times are ns. signs: when else the server was heard of, as by an event of a stream; shape
    (m,).
    """

    since: Times
    until: Times
    answered: Flags
    kind: Times
    signs: Times = field(default_factory=_none)

    @property
    def took(self) -> Times:
        """How long each waited, ns."""
        return self.until - self.since


def stalls(waits: Waits) -> Silences:
    """Silences of some length that end with a request which was held up, or with a failure."""
    answers = np.concatenate((waits.until[waits.answered], waits.signs))
    every = silences(waits.since, waits.until, answers)
    found = every.at_least(LEAST_NS)
    order = np.argsort(waits.until, kind="stable")
    ending = order[np.searchsorted(waits.until[order], found.end)]
    held_up = waits.took[ending] >= TIMES_ORDINARY * ordinary_ns(waits)[ending]
    held_up &= found.length >= TIMES_USUAL * every.mean_ns()
    kept = held_up | ~waits.answered[ending]
    return Silences(found.start[kept], found.end[kept])


def ordinary_ns(waits: Waits) -> Times:
    """How long a request of the same kind takes ordinarily, for each, shape (n,); 0: not known.

    The time that one answered request in ten of its kind does not exceed, or the quickest of few.
    """
    kinds, took = waits.kind[waits.answered], waits.took[waits.answered]
    order = np.lexsort((took, kinds))
    known, first, count = np.unique(kinds[order], return_index=True, return_counts=True)
    if not known.size:
        return np.zeros_like(waits.kind)
    quick = took[order][first + (_ORDINARY_SHARE * count).astype(np.int64)]
    place = np.searchsorted(known, waits.kind).clip(max=known.size - 1)
    return np.where(known[place] == waits.kind, quick[place], 0)
