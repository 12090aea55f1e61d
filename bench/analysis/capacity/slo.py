"""What must hold: `p95<50ms, failures<0.1%` read, and each clause reckoned of what a slice shows.

Each clause is a ratio of sums against a limit, so that slices are pooled by adding. A request that
failed in whatever way, or could not be sent, is slower than any time.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from bench.errors import UsageError
from bench.facts.slice import Observation
from bench.stats.histogram import HIGHEST_NS, MIDPOINTS_NS, Histogram
from bench.stats.units import UNITS_NS

IMPLIED_FAILURES: Final = 0.01
"""What an SLO of the average alone allows: the average is of right answers, and a server that
failed every second request would do well by it."""

_EXAMPLE: Final = '"p95<50ms, failures<0.1%"'
_TIME: Final = re.compile(r"(?:p(\d+(?:\.\d+)?)|avg)<(\d+(?:\.\d+)?)(us|ms|s)")
_SHARE: Final = re.compile(r"failures<(\d+(?:\.\d+)?)%")
_WHOLE: Final = 100.0


@dataclass(frozen=True, slots=True)
class ClauseCounts:
    """What one slice adds to the sums of one clause."""

    numerator: float
    denominator: float


@dataclass(frozen=True, slots=True)
class Percentile:
    """So many per cent of the requests take no longer than a time.

    Which is to say: requests that failed or took longer / requests counted < 1 - `percent` / 100.
    """

    percent: float
    limit_ns: int
    text: str

    @property
    def name(self) -> str:
        """What it bounds, in a word."""
        return f"p{self.percent:g}"

    @property
    def allowed(self) -> float:
        """What the ratio must stay below."""
        return 1 - self.percent / _WHOLE

    def counts(self, seen: Observation) -> ClauseCounts:
        """Requests that failed or took longer, of those counted."""
        return ClauseCounts(seen.requests - within(seen.response, self.limit_ns), seen.requests)


@dataclass(frozen=True, slots=True)
class Average:
    """Right answers take less than a time on average: their time / their number, ns."""

    limit_ns: int
    text: str

    @property
    def name(self) -> str:
        """What it bounds, in a word."""
        return "avg"

    @property
    def allowed(self) -> float:
        """What the ratio must stay below."""
        return float(self.limit_ns)

    def counts(self, seen: Observation) -> ClauseCounts:
        """Time of the right answers, ns, and how many they are."""
        found = seen.response or Histogram.empty()
        return ClauseCounts((found.mean_ns() or 0.0) * found.total, found.total)


@dataclass(frozen=True, slots=True)
class FailureShare:
    """Requests that failed / requests counted; the unsent are among both."""

    share: float
    text: str

    @property
    def name(self) -> str:
        """What it bounds, in a word."""
        return "failures"

    @property
    def allowed(self) -> float:
        """What the ratio must stay below."""
        return self.share

    def counts(self, seen: Observation) -> ClauseCounts:
        """Requests that failed, of those counted."""
        return ClauseCounts(seen.failures, seen.requests)


Clause: TypeAlias = Percentile | Average | FailureShare
Trial: TypeAlias = tuple[ClauseCounts, ...]
"""What one slice adds to each clause of an SLO, in the order of its clauses."""


@dataclass(frozen=True, slots=True)
class Slo:
    """All of these hold, or it does not. `text`: as it was given, but for its spaces."""

    clauses: tuple[Clause, ...]
    text: str

    @property
    def whole(self) -> str:
        """As it was given, with what it implies."""
        return ", ".join(clause.text for clause in self.clauses)

    @property
    def limit_ns(self) -> int:
        """The longest time that a clause names; one does."""
        return max(
            clause.limit_ns for clause in self.clauses if not isinstance(clause, FailureShare)
        )

    def trial(self, seen: Observation) -> Trial:
        """Reckon every clause of one slice."""
        return tuple(clause.counts(seen) for clause in self.clauses)

    def useful(self, seen: Observation) -> int:
        """Right answers that came within the longest time that is named."""
        return within(seen.response, self.limit_ns)


def within(times: Histogram | None, limit_ns: int) -> int:
    """How many of these took no longer."""
    if times is None:
        return 0
    return int(times.counts[: np.searchsorted(MIDPOINTS_NS, limit_ns, side="right")].sum())


def parse(text: str) -> Slo:
    """Read an SLO. Raises UsageError."""
    parts = ["".join(part.split()) for part in text.split(",")]
    clauses = [_clause(part, text) for part in parts]
    names = [clause.name for clause in clauses]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--slo '{text}' bounds {name} twice: bound each once")
    if all(isinstance(clause, FailureShare) for clause in clauses):
        raise UsageError(
            f"--slo '{text}' has no time limit, and a queue may grow long before requests "
            "fail: add one, like p95<50ms or avg<5ms"
        )
    return Slo((*clauses, *_implied(clauses)), ", ".join(parts))


def _clause(part: str, text: str) -> Clause:
    if not part:
        raise UsageError(
            f"--slo '{text}' lacks a clause: separate clauses with commas, like {_EXAMPLE}"
        )
    if found := _TIME.fullmatch(part):
        limit_ns = _limit_ns(part, float(found[2]), found[3])
        if found[1] is None:
            return Average(limit_ns, part)
        return Percentile(_percent(part, float(found[1])), limit_ns, part)
    if found := _SHARE.fullmatch(part):
        return FailureShare(_share(part, float(found[1])), part)
    raise UsageError(
        f"--slo: '{part}' is not a clause: write p95<50ms (us, ms or s), avg<5ms or failures<0.1%"
    )


def _limit_ns(part: str, figure: float, unit: str) -> int:
    limit_ns = round(figure * UNITS_NS[unit])
    if not 0 < limit_ns <= HIGHEST_NS:
        raise UsageError(
            f"--slo: no server can be held to '{part}': name a time above 0, and 60s at most"
        )
    return limit_ns


def _percent(part: str, percent: float) -> float:
    if not 0 < percent < _WHOLE:
        raise UsageError(
            f"--slo: '{part}' names no percentile: name one above 0 and below 100, like p99.9"
        )
    return percent


def _share(part: str, percent: float) -> float:
    if not 0 < percent < _WHOLE:
        raise UsageError(
            f"--slo: '{part}' allows {'everything' if percent else 'less than nothing'}, which "
            "shows nothing: name a share above 0% and below 100%"
        )
    return percent / _WHOLE


def _implied(clauses: Sequence[Clause]) -> Iterator[Clause]:
    """Bound the failures of an SLO that says nothing of them; a percentile bounds them too."""
    if all(isinstance(clause, Average) for clause in clauses):
        yield FailureShare(IMPLIED_FAILURES, f"failures<{IMPLIED_FAILURES * _WHOLE:g}% (implied)")
