"""Where a connection's next request comes from, where it is not one of a set sent over and over.

A *visit* is what goes on over one connection at a time: one request after the other, with what the
workload wants to wait in between. Where a connection is lost, or a slice ends, its visit goes on
over another.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Final

import numpy as np

from bench.load.scripts.script import ScriptLine
from bench.system import clock

AHEAD: Final = 32_768  # requests that are made ahead at the most: some 80 MB


class Visit(ABC):
    """One request after the other. `ready_ns`: when the next may be sent, CLOCK_MONOTONIC."""

    def __init__(self) -> None:
        """Be ready at once."""
        self.ready_ns = 0

    @abstractmethod
    def line(self) -> ScriptLine:
        """The next request, which is to be sent now. Raises UsageError."""

    @abstractmethod
    def peek(self) -> ScriptLine:
        """The same, which stays the next. Raises UsageError."""


class Supply(ABC):
    """What the visits to one server send."""

    def __init__(self) -> None:
        """Have no visit yet."""
        self._left: deque[Visit] = deque()
        self.made = 0  # requests that could not be made ahead, so far

    def visit(self) -> Visit:
        """One that was left, else a new one."""
        return self._left.popleft() if self._left else self._new()

    def leave(self, visit: Visit) -> None:
        """Its connection is gone, or the load is over: let it go on over another."""
        self._left.append(visit)

    @abstractmethod
    def _new(self) -> Visit:
        """Begin a visit."""

    def stock(self, requests: int, until_ns: int) -> None:
        """Make so many requests ahead, where that can be, as far as there is time.

        Raises UsageError.
        """
        del requests, until_ns


def paused_mean(pauses: Sequence[tuple[int, int]], start_ns: int, end_ns: int) -> float:
    """How many connections waited as the workload wants, averaged over a window."""
    times = np.array(pauses, dtype=np.int64).reshape(-1, 2)
    overlap = np.minimum(times[:, 1], end_ns) - np.maximum(times[:, 0], start_ns)
    return float(np.maximum(overlap, 0).sum()) / (end_ns - start_ns)


class _Next(Visit):
    """Takes the next request of a row that all visits share."""

    def __init__(self, row: "Stream") -> None:
        super().__init__()
        self._row = row
        self._peeked: ScriptLine | None = None

    def line(self) -> ScriptLine:
        peeked, self._peeked = self._peeked, None
        return peeked or self._row.take()

    def peek(self) -> ScriptLine:
        self._peeked = self._peeked or self._row.take()
        return self._peeked


class Stream(Supply):
    """Requests in a row, without end, that are made when they are needed, or ahead."""

    def __init__(self, lines: Iterator[ScriptLine]) -> None:
        """Take them from an iterator that has no end."""
        super().__init__()
        self._lines = lines
        self._ahead: deque[ScriptLine] = deque()

    @classmethod
    def over(cls, lines: list[ScriptLine]) -> "Stream":
        """The same lines over and over."""
        return cls(cycle(lines))

    def stock(self, requests: int, until_ns: int) -> None:
        """Make requests ahead, as far as there is room and time."""
        ahead, missing = self._ahead, min(requests, AHEAD) - len(self._ahead)
        for _ in range(missing):
            ahead.append(next(self._lines))
            if clock.monotonic_ns() > until_ns:
                return

    def take(self) -> ScriptLine:
        """The next; it is made now where none was made ahead."""
        if self._ahead:
            return self._ahead.popleft()
        self.made += 1
        return next(self._lines)

    def _new(self) -> Visit:
        return _Next(self)
