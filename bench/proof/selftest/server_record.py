"""What the exact server has written down itself: the truth that reported times are held against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from bench.facts.slice import Observation
from bench.load.order import Trace
from bench.stats.histogram import Histogram

Times = NDArray[np.int64]

CLOCKS_NS: Final = 20_000
"""By how much readings of two clocks may disagree: the kernel stamps by CLOCK_REALTIME, and the
distance to CLOCK_MONOTONIC is read once a slice, in which it may be slewed."""


@dataclass(frozen=True, slots=True, eq=False)
class AnswerTimes:
    """When requests came to the server and when their answers left it, shape (n,), ns.

    came: by the kernel's timestamp. left: the last reading of the clock before it was written.
    turn: in which place the server took each, from whatever number on. stamped: the kernel's
    timestamp itself, where came is what is known better; None: they are the same.
    """

    came: Times
    left: Times
    turn: Times
    stamped: Times | None = None

    @property
    def as_stamped(self) -> Self:
        """With the times by which the server went.

        A request came no earlier than it was written, and a generator that has to wait for its core
        may write it long after it has noted when it sent it, and the next one too.
        """
        return self if self.stamped is None else replace(self, came=self.stamped, stamped=None)

    @property
    def took(self) -> Times:
        """How long each was at the server."""
        return self.left - self.came


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """The exact server's books of one load, as it gives them, in the order of answers.

    answered: requests, of which the first are written down, as many as there is room for.
    """

    answered: int
    came: Sequence[int]
    left: Sequence[int]
    turn: Sequence[int]
    label: Sequence[int]

    def of(self, sent: Times, labels: Times, *, packed: bool = False) -> AnswerTimes | None:
        """Find the entry of each request, by its label and when it was sent, shape (n,), ns.

        One process sends one request after the other, and over loopback each comes before the next
        is sent: so those of one label came in the order of sending. `packed`: unless several leave
        in one datagram, which has a stamp of its own. None: not as many came as were sent.
        """
        if not len(sent) == len(self.came) == self.answered or not (sent > 0).all():
            return None
        came, left, turn, label = (
            np.array(column, dtype=np.int64)
            for column in (self.came, self.left, self.turn, self.label)
        )
        order, entries = np.lexsort((sent, labels)), np.lexsort((turn, came, label))
        if (labels[order] != label[entries]).any():
            return None
        found = AnswerTimes(*(np.empty_like(came) for _ in range(3)))
        found.came[order] = came[entries]
        stamped = found.came.copy()
        if not packed:
            found.came[:] = np.minimum(stamped, _sent_next(sent))
        found.left[order], found.turn[order] = left[entries], turn[entries]
        return replace(found, stamped=stamped)


def _sent_next(sent: Times) -> Times:
    """When the next request was sent, by request; it had come by then, whatever the kernel says.

    That tells of several which come together over one connection when the last of them did.
    """
    times = np.append(np.unique(sent), np.iinfo(np.int64).max)
    found: Times = times[np.searchsorted(times, sent, side="right")]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """One load on the exact server: what the instrument saw, and what the server wrote down.

    answers: by request, in the order of the trace; None: the books are not of as many requests.
    """

    trace: Trace
    books: ServerRecord
    answers: AnswerTimes | None
    connections: int

    @classmethod
    def of(
        cls,
        trace: Trace,
        books: dict[str, Any],
        connections: int,
        labels: Times | None = None,
        *,
        packed: bool = False,
    ) -> Self:
        """Put both together; `labels` of the requests, None: they have none."""
        kept = ServerRecord(**books)
        known = np.zeros_like(trace.sent) if labels is None else labels
        return cls(trace, kept, kept.of(trace.sent, known, packed=packed), connections)


def counted(trace: Trace) -> NDArray[np.bool_]:
    """Which requests of an open loop were due in the window."""
    within: NDArray[np.bool_] = (trace.due >= trace.start) & (trace.due < trace.end)
    return within


def reported(seen: Observation) -> Histogram:
    """Response times as they were reported."""
    return seen.response or Histogram.empty()


def measured(trace: Trace) -> Times:
    """Time from the sending of each request until its answer had come, ns, by the instrument.

    It came when the kernel stamped it; where it did not, when it was read.
    """
    stamps = trace.received if trace.observation.client_delay is not None else 0 * trace.received
    came: Times = np.where(stamps > 0, stamps, trace.done)
    return came - trace.sent


def waiting_since(trace: Trace) -> Times:
    """Since when each request of an open loop may have waited for a connection, shape (n,), ns.

    Since it was due, or since the generator saw that it was: until then it waited for that alone.
    """
    return np.maximum(trace.due, trace.noticed)


def response_times(since: Times, answers: AnswerTimes, connections: int) -> Times:
    """Response time of each request of an open loop by the server's books, shape (n,), ns.

    With N connections, a request cannot be sent before all but N of those before it were answered:
    what it waited for that is part of it. How late it was sent for other reasons is not.
    """
    waited = np.zeros_like(since)
    freed = np.sort(answers.left)[: max(0, len(since) - connections)]
    waited[connections:] = np.maximum(0, freed - since[connections:])
    return waited + answers.took


def shortest_times(since: Times, answers: AnswerTimes, connections: int) -> Times:
    """The same at the least, whichever connection each request went by, shape (n,), ns.

    Answers that are read at once need not be read in the order in which they came: a request that
    had to wait may have gone by the connection of the first that came afterwards.
    """
    waited, left = np.zeros_like(since), np.sort(answers.left)
    freed, begun = left[: max(0, len(since) - connections)], since[connections:]
    first = left[np.searchsorted(left, begun, side="right").clip(max=len(left) - 1)]
    waited[connections:] = np.where(freed > begun, first - begun, 0)
    return waited + answers.took
