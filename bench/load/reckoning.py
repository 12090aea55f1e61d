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
    """The figures of one slice that come from its samples alone; see `bench.load.order.Report`."""

    outcomes: dict[Outcome, int]
    answered_in_window: int
    in_flight_mean: float
    response: Histogram | None
    service: Histogram
    send_lag: Histogram | None
    answered: int  # with whatever, at whatever time


def reckon(samples: Samples, window: Window, *, planned: bool) -> Reckoning:
    """Count what belongs to the window; `planned` says that requests had intended times."""
    sent, done, code = samples.column("sent"), samples.column("done"), samples.codes()
    due = samples.column("due") if planned else sent
    counted = (due >= window.start) & (due < window.end)
    right = code == Code.OK
    kept = counted & right
    return Reckoning(
        outcomes=_outcomes(code[counted]),
        answered_in_window=int((right & (done >= window.start) & (done < window.end)).sum()),
        in_flight_mean=_in_flight_mean(sent[right], done[right], window),
        response=Histogram.of((done - due)[kept]) if planned else None,
        service=Histogram.of((done - sent)[kept]),
        send_lag=Histogram.of((sent - due)[counted & (sent > 0)]) if planned else None,
        answered=int(np.isin(code, _ANSWERED).sum()),
    )


def _outcomes(codes: NDArray[np.uint8]) -> dict[Outcome, int]:
    counts = np.bincount(codes, minlength=len(Code))
    return {OUTCOMES[code]: int(counts[code]) for code in Code if counts[code]}


def _in_flight_mean(sent: NDArray[np.int64], done: NDArray[np.int64], window: Window) -> float:
    """Time spent in flight within the window / length of the window."""
    overlap = np.minimum(done, window.end) - np.maximum(sent, window.start)
    return float(np.maximum(overlap, 0).sum()) / window.length
