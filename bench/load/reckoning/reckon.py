"""From the samples of one slice to what is reported of it: pure functions on arrays."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.facts.new_connections import NewConnections
from bench.facts.slice import Outcome, Stalls
from bench.facts.streams import EventStreams
from bench.load.events.reckoning import Answers, event_times, first_bytes, reckon_streams
from bench.load.reckoning.openings import reckon_openings
from bench.load.reckoning.samples import OUTCOMES, Code, Samples
from bench.load.reckoning.stalls import Silences, Waits, stalls
from bench.stats.histogram import Histogram

Times: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
_ANSWERED: Final = (Code.OK, Code.WRONG_STATUS, Code.WRONG_BODY)
ONE_KIND: Final = np.zeros(1, dtype=np.int64)
_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Window:
    """The counted part of a slice, in ns of CLOCK_MONOTONIC: from `start` up to `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How long it was open, ns."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A slice's figures that come from its samples alone; see `bench.facts.slice.Observation`."""

    outcomes: dict[Outcome, int]
    answered_in_window: int
    in_flight_mean: float
    response: Histogram | None
    connection_wait: Histogram | None
    send_lag: Histogram | None
    service: Histogram
    client_delay: Histogram | None
    raw: Histogram | None
    corrected: Histogram | None
    stalls: Stalls
    waiting_at_start: int
    waiting_at_end: int
    answered: int  # with whatever, at whatever time
    statuses: dict[int, int]  # of those counted, the wrong ones: how often each came
    streams: EventStreams | None
    new_connections: NewConnections | None


@dataclass(frozen=True, slots=True)
class _Requests:
    """Every request of a load, in the order of its slots; all arrays have shape (n,), times are ns.

    due: in closed loop, when it was sent. came: when the kernel had the answer, where it said so;
    else done. stamped: where it did. waited: for a connection. lag: of the generator.
    """

    due: Times
    sent: Times
    done: Times
    came: Times
    stamped: Flags
    waited: Times
    lag: Times
    first: Times
    events: Times
    code: NDArray[np.uint8]

    @classmethod
    def of(cls, samples: Samples, *, planned: bool, clock_offset_ns: int | None) -> Self:
        """Read them from the samples; see `reckon`."""
        sent, done, stamps = (samples.column(name) for name in ("sent", "done", "received"))
        due = samples.column("due") if planned else sent
        waited = _waited(samples, due, clock_offset_ns) if planned else np.zeros_like(sent)
        left = sent > 0
        stamped = (stamps > 0) & (done > 0) & (clock_offset_ns is not None)
        return cls(
            due=due,
            sent=sent,
            done=done,
            came=np.where(stamped, stamps - (clock_offset_ns or 0), done),
            stamped=stamped,
            waited=np.where(left, waited, 0),
            lag=np.where(left, sent - due - waited, 0),
            first=first_bytes(samples.events, sent.size, clock_offset_ns),
            events=event_times(samples.events, clock_offset_ns),
            code=samples.codes(),
        )

    @property
    def right(self) -> Flags:
        """Which were answered correctly."""
        found: Flags = self.code == Code.OK
        return found

    @property
    def answered(self) -> Flags:
        """Which were answered, with whatever."""
        found: Flags = np.isin(self.code, _ANSWERED)
        return found

    @property
    def since(self) -> Times:
        """Since when each waited for the server: without the generator's own delay."""
        return self.due + self.lag

    @property
    def until(self) -> Times:
        """Until when: an answer, or a failure; for ever, where neither came."""
        return np.where(self.done > 0, self.came, _NEVER)

    def counted(self, window: Window) -> Flags:
        """Those that were due in it, and those that failed in it although they were due before."""
        stuck = (self.due < window.start) & (self.done >= window.start) & ~self.right
        return ((self.due >= window.start) & (self.due < window.end)) | stuck

    def waiting(self, at: int) -> int:
        """How many waited at a time."""
        return int(((self.since <= at) & (self.until > at)).sum())


def _waited(samples: Samples, due: Times, clock_offset_ns: int | None) -> Times:
    """How long each request waited for a connection, and nothing but that.

    From when the generator found it due, and none free; until the answer came that freed one: that
    the generator was late to find the one, or to read the other, is its own delay.
    """
    noticed, freed, stamps = (samples.column(name) for name in ("noticed", "freed", "freed_stamp"))
    known = (stamps > 0) & (clock_offset_ns is not None)
    free = np.where(known, stamps - (clock_offset_ns or 0), freed)
    waited: Times = np.maximum(0, free - np.maximum(due, noticed))
    return waited


def reckon(
    samples: Samples,
    window: Window,
    *,
    planned: bool,
    clock_offset_ns: int | None = None,
    kinds: Times = ONE_KIND,
) -> Reckoning:
    """Count what belongs to the window.

    That is what was due in it (sent, in closed loop), and what failed in it although it was due
    before: a connection that is never served sends a single request, in the lead-in.

    `planned`: requests had intended times. `clock_offset_ns`: CLOCK_REALTIME - CLOCK_MONOTONIC,
    by which the kernel's stamps are read; None: there are none, or they cannot be trusted.
    `kinds`: which request of the workload each was, by slot, over and over.
    """
    seen = _Requests.of(samples, planned=planned, clock_offset_ns=clock_offset_ns)
    counted = seen.counted(window)
    kept, left = counted & seen.right, counted & (seen.sent > 0)
    stamped = kept & seen.stamped
    came = seen.came if planned else seen.done
    service = came - seen.sent
    in_window = (came >= window.start) & (came < window.end)
    silent = _stalls(seen, window, kinds)
    begun = seen.sent - seen.waited
    answers = Answers(seen.sent, begun, came, seen.right, counted, window.start, window.end)
    known = clock_offset_ns is not None
    return Reckoning(
        outcomes=_outcomes(seen.code[counted]),
        answered_in_window=int((seen.right & in_window).sum()),
        in_flight_mean=_in_flight_mean(seen.sent[seen.right], came[seen.right], window),
        response=Histogram.of((seen.waited + service)[kept]) if planned else None,
        connection_wait=Histogram.of(seen.waited[left]) if planned else None,
        send_lag=Histogram.of(seen.lag[left]) if planned else None,
        service=Histogram.of(service[kept]),
        client_delay=Histogram.of((seen.done - seen.came)[stamped]) if known else None,
        raw=Histogram.of((seen.done - seen.due)[stamped]) if known else None,
        corrected=Histogram.of((seen.came - seen.sent)[stamped]) if known and not planned else None,
        stalls=silent.within(window.start, window.end),
        waiting_at_start=seen.waiting(window.start),
        # a stall is no queue that grows, unless it lasts for longer than the window shows of it
        waiting_at_end=seen.waiting(silent.beginning_of(window.end, window.length)),
        answered=int(seen.answered.sum()),
        statuses=_statuses(samples.statuses, counted),
        streams=reckon_streams(samples.events, answers, clock_offset_ns),
        new_connections=reckon_openings(samples.openings, answers, seen.came, clock_offset_ns),
    )


def _stalls(seen: _Requests, window: Window, kinds: Times) -> Silences:
    """When the server stood still, over the whole load, as far as anybody waited.

    Who has begun to receive a stream waits no more.
    """
    until = np.where(seen.right & (seen.first > 0), seen.first, seen.until)
    until = np.minimum(until, max(window.end, seen.done.max(initial=0)))
    kind = np.resize(kinds, seen.due.size)
    waited = seen.since > 0  # else it was never sent, in closed loop
    since, answered = seen.since[waited], seen.answered[waited]
    return stalls(Waits(since, until[waited], answered, kind[waited], seen.events))


def _outcomes(codes: NDArray[np.uint8]) -> dict[Outcome, int]:
    counts = np.bincount(codes, minlength=len(Code))
    return {OUTCOMES[code]: int(counts[code]) for code in Code if counts[code]}


def _statuses(by_slot: Mapping[int, int], counted: Flags) -> dict[int, int]:
    """How often each came, in the order of their numbers."""
    return dict(
        sorted(Counter(status for slot, status in by_slot.items() if counted[slot]).items())
    )


def _in_flight_mean(sent: Times, came: Times, window: Window) -> float:
    """Time spent in flight within the window / length of the window."""
    overlap = np.minimum(came, window.end) - np.maximum(sent, window.start)
    return float(np.maximum(overlap, 0).sum()) / window.length
