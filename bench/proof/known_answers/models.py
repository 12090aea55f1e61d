"""What must come out of a run, by what its app does: a truth for each figure, as a range."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Mode
from bench.proof.known_answers.recursive_queue import (
    AVERAGE,
    TIMES,
    RecursiveQueue,
    figures,
    poisson,
)

SIMULATED: Final = 300_000
"""Requests in each simulation: a thousand stalls of the rarest kind."""
SEED: Final = 1
ABOVE_MS: Final = 1.0
"""That answers may come later than a wait that was asked for, on average: timers count whole
milliseconds, and the server has its own work."""
LATEST_MS: Final = 1.5
"""The same, of the latest of them."""
RESOLUTION: Final = 0.001
"""Of percentiles, which are kept in buckets of three significant digits: a share of their value."""
LONG_MS: Final = 50.0
"""A wait from which on it tells the throughput, and plain clients do not: they begin with all their
connections at once, and in their few seconds the waves of answers do not come out even."""
_MS: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Truth:
    """Where a figure lies, from lo to hi, in its own unit; source: how that is known."""

    lo: float
    hi: float
    source: str

    @classmethod
    def over(cls, values: Sequence[float], source: str) -> "Truth":
        """All that was found of it."""
        return cls(min(values), max(values), source)


Known: TypeAlias = Iterator[tuple[Mode, str, Truth]]
"""Truths of figures, each by its loop and its name in summary.csv."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one profile from beside the run.

    offered_rps: the run's open loop. alone: requests/s that plain clients reached on it before and
    after the run, by the client's name; bare: the same of the server without stalls, or of this one
    where it is by itself; bare_p50_ms: what the run says of the one without stalls in open loop;
    None: it was not there.
    """

    offered_rps: float
    connections: int
    alone: Mapping[str, Sequence[float]]
    stalls: str = "never"
    bare: Sequence[float] = ()
    bare_p50_ms: float | None = None

    @property
    def reached(self) -> list[float]:
        """By all plain clients together."""
        return [each for some in self.alone.values() for each in some]

    @property
    def clients(self) -> str:
        """Their names."""
        return ", ".join(name for name, some in self.alone.items() if some)


class Model(Protocol):
    """An app, as far as its figures are known beforehand."""

    def truths(self, seen: Seen) -> Known:
        """All that is known of one profile."""


def throughputs(seen: Seen) -> Known:
    """What every app must come to: what is offered, and what plain clients reach."""
    yield Mode.OPEN, THROUGHPUT, Truth(seen.offered_rps, seen.offered_rps, "offered")
    if seen.reached:
        yield Mode.CLOSED, THROUGHPUT, Truth.over(seen.reached, seen.clients)


def _average_in_closed_loop(seen: Seen) -> Known:
    """Little's law: as many are under way as there are connections."""
    if seen.reached:
        values = [_MS * seen.connections / each for each in seen.reached]
        yield Mode.CLOSED, AVERAGE, Truth.over(values, f"{seen.clients}, Little's law")


@dataclass(frozen=True, slots=True)
class Throughput:
    """Nothing but throughput is known."""

    def truths(self, seen: Seen) -> Known:
        """Of both loops."""
        yield from throughputs(seen)


@dataclass(frozen=True, slots=True)
class Stalling:
    """A server that stands still by a rule, and is a queue of constant service beside that.

    The service time follows from what plain clients reach on the server without stalls. What a
    request takes beside its place in the queue (two system calls, a wake-up) is added to all, by
    what the run itself says of the server without stalls; where that was not there, the median is
    not known, and the others are as good as known.
    """

    def truths(self, seen: Seen) -> Known:
        """Times too, where there are stalls and the server was seen without."""
        yield from throughputs(seen)
        yield from _average_in_closed_loop(seen)
        if seen.stalls == "never" or not seen.bare:
            return
        queues = [
            RecursiveQueue(1 / each, stalls=seen.stalls)
            for each in (min(seen.bare), max(seen.bare))
        ]
        arrivals_s = poisson(seen.offered_rps, SIMULATED, SEED)
        opened = [
            _moved(figures(queue.response_times(arrivals_s)), _aside_ms(seen, queue, arrivals_s))
            for queue in queues
        ]
        for name in TIMES:
            if name != MEDIAN or seen.bare_p50_ms is not None:
                yield Mode.OPEN, name, Truth.over([one[name] for one in opened], "Lindley")


def _aside_ms(seen: Seen, queue: RecursiveQueue, arrivals_s: Sequence[float]) -> float:
    """What a request takes beside its place in the queue."""
    if seen.bare_p50_ms is None:
        return 0.0
    alone = figures(RecursiveQueue(queue.service_s).response_times(arrivals_s))
    return seen.bare_p50_ms - alone[MEDIAN]


def _moved(found: Mapping[str, float], by_ms: float) -> dict[str, float]:
    return {name: value + by_ms for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class WaitingModel:
    """A server that awaits before it answers; while it waits it answers others.

    share: of the requests that are kept waiting; the others are answered at once.
    """

    wait_ms: float
    share: float = 1.0

    def truths(self, seen: Seen) -> Known:
        """Average and percentiles: what was awaited, and hardly more."""
        yield from self._throughputs(seen)
        points = {AVERAGE: self.share * self.wait_ms}
        points |= {name: self.wait_ms for name, above in _ABOVE.items() if above < self.share}
        for name in TIMES:
            above_ms = ABOVE_MS if name == AVERAGE else LATEST_MS
            yield Mode.OPEN, name, _waited(points.get(name, 0.0), above_ms)

    def _throughputs(self, seen: Seen) -> Known:
        """Little's law on the wait, where that is long; else what plain clients reach."""
        if self.wait_ms < LONG_MS:
            yield from throughputs(seen)
            yield from _average_in_closed_loop(seen)
            return
        average = _waited(self.share * self.wait_ms, ABOVE_MS)
        rates = [_MS * seen.connections / each for each in (average.lo, average.hi)]
        yield Mode.OPEN, THROUGHPUT, Truth(seen.offered_rps, seen.offered_rps, "offered")
        yield Mode.CLOSED, THROUGHPUT, Truth.over(rates, "the wait, Little's law")
        yield Mode.CLOSED, AVERAGE, average


def _waited(at_ms: float, above_ms: float) -> Truth:
    return Truth(at_ms * (1 - RESOLUTION), at_ms * (1 + RESOLUTION) + above_ms, "the wait")


_ABOVE: Final = {"p50_ms": 0.5, "p90_ms": 0.1, "p95_ms": 0.05, "p99_ms": 0.01}
"""Share of the requests that take longer than each percentile."""


@dataclass(frozen=True, slots=True)
class Working:
    """A server that works in its event loop after each answer, and answers no other meanwhile.

    What a request takes beside its place in the queue is not known, and so neither is the median.
    """

    work_ms: float

    def truths(self, seen: Seen) -> Known:
        """A queue, in which nobody waits for the work after its own answer."""
        yield from throughputs(seen)
        yield from _average_in_closed_loop(seen)
        after_s = self.work_ms / _MS
        queues = [RecursiveQueue(max(0.0, 1 / each - after_s), after_s) for each in seen.reached]
        arrivals_s = poisson(seen.offered_rps, SIMULATED, SEED)
        found = [figures(queue.response_times(arrivals_s)) for queue in queues]
        for name in TIMES if found else ():
            if name != MEDIAN:
                yield Mode.OPEN, name, Truth.over([one[name] for one in found], "recursion")


@dataclass(frozen=True, slots=True)
class Bound:
    """A point that a figure must keep to, in its own unit; None: no bound to that side."""

    mode: Mode
    figure: str
    words: str
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Throughput in closed loop within a share of what plain clients reach."""

    share: float

    def bound(self, seen: Seen) -> Bound | None:
        """From the least to the most that they reach."""
        if not seen.reached:
            return None
        lo, hi = min(seen.reached) * (1 - self.share), max(seen.reached) * (1 + self.share)
        words = f"within {self.share:.0%} of {seen.clients}"
        return Bound(Mode.CLOSED, THROUGHPUT, words, lo, hi)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must hold of a case beside its intervals.

    bounds: of the app as it is; of the one without stalls beside it, `near` alone. apart: the run
    must tell the two apart.
    """

    near: Near | None = None
    bounds: Sequence[Bound] = field(default_factory=tuple)
    apart: bool = False

    def all_of(self, seen: Seen, *, bare: bool) -> list[Bound]:
        """For one profile; `bare`: it is the one without stalls, beside one that has some."""
        near = self.near.bound(seen) if self.near else None
        return [*([near] if near else []), *(() if bare else self.bounds)]


def works_at_least(us: float) -> tuple[Bound, Bound]:
    """CPU a request in both loops."""
    words = f"at least {us:,.0f} us"
    return Bound(Mode.OPEN, CPU, words, us), Bound(Mode.CLOSED, CPU, words, us)


def just_above(wait_ms: float) -> Bound:
    """The average in open loop: the wait, and at most 5 % and 1 ms above it."""
    words = f"{wait_ms:,g} ms, at most 5 % and 1 ms above"
    return Bound(Mode.OPEN, AVERAGE, words, wait_ms, 1.05 * wait_ms + ABOVE_MS)
