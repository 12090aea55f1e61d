"""From the samples of one slice to what is reported of it: pure functions on arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.domain import Outcome
from bench.load.samples import OUTCOMES, Code, Samples
from bench.stats.histogram import Histogram

_ANSWERED = (Code.OK, Code.WRONG_STATUS, Code.WRONG_BODY)


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
    """The figures of one slice that come from its samples alone; see `bench.domain.Observation`."""

    outcomes: dict[Outcome, int]
    answered_in_window: int
    in_flight_mean: float
    response: Histogram | None
    connection_wait: Histogram | None
    send_lag: Histogram | None
    service: Histogram
    client_delay: Histogram | None
    stamped: Histogram | None
    corrected: Histogram | None
    answered: int  # with whatever, at whatever time


def reckon(
    samples: Samples, window: Window, *, planned: bool, clock_offset_ns: int | None = None
) -> Reckoning:
    """Count what belongs to the window.

    That is what was due in it (sent, in closed loop), and what failed in it although it was due
    before: a connection that is never served sends a single request, in the lead-in.

    `planned`: requests had intended times. `clock_offset_ns`: CLOCK_REALTIME - CLOCK_MONOTONIC,
    by which the kernel's stamps are read; None: there are none, or they cannot be trusted.
    """
    sent, done, code = samples.column("sent"), samples.column("done"), samples.codes()
    due = samples.column("due") if planned else sent
    right = code == Code.OK
    stuck = (due < window.start) & (done >= window.start) & ~right
    counted = ((due >= window.start) & (due < window.end)) | stuck
    kept, left = counted & right, counted & (sent > 0)
    sendable = np.maximum(due, samples.column("freed"))
    stamps = samples.column("received")
    stamped = kept & (stamps > 0)
    received = None if clock_offset_ns is None else stamps[stamped] - clock_offset_ns
    return Reckoning(
        outcomes=_outcomes(code[counted]),
        answered_in_window=int((right & (done >= window.start) & (done < window.end)).sum()),
        in_flight_mean=_in_flight_mean(sent[right], done[right], window),
        response=Histogram.of((done - due)[kept]) if planned else None,
        connection_wait=Histogram.of((sendable - due)[left]) if planned else None,
        send_lag=Histogram.of((sent - sendable)[left]) if planned else None,
        service=Histogram.of((done - sent)[kept]),
        client_delay=None if received is None else Histogram.of(done[stamped] - received),
        stamped=None if received is None else Histogram.of((done - due)[stamped]),
        corrected=None if received is None else Histogram.of(received - due[stamped]),
        answered=int(np.isin(code, _ANSWERED).sum()),
    )


def _outcomes(codes: NDArray[np.uint8]) -> dict[Outcome, int]:
    counts = np.bincount(codes, minlength=len(Code))
    return {OUTCOMES[code]: int(counts[code]) for code in Code if counts[code]}


def _in_flight_mean(sent: NDArray[np.int64], done: NDArray[np.int64], window: Window) -> float:
    """Time spent in flight within the window / length of the window."""
    overlap = np.minimum(done, window.end) - np.maximum(sent, window.start)
    return float(np.maximum(overlap, 0).sum()) / window.length
