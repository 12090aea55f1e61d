"""The times at which requests were sent, against the process that they were to follow."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.domain import Arrivals, Claim
from bench.selftest.claims import claim
from bench.selftest.tolerances import LEAST_P, MEDIAN_ERROR_NS, TAIL_ERROR_NS
from bench.selftest.words import us
from bench.stats.histogram import Histogram
from bench.stats.kolmogorov import distance, p_value

GROUP: Final = "When requests are sent (n: gaps between them)"
_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Pace:
    """Requests at `rate` a second, whose send lag may be `lag_ns` at the percentile `percent`.

    `spaced`: gaps are so long beside the lag that their law can be seen.
    """

    kind: Arrivals
    rate: float
    percent: float
    lag_ns: int
    spaced: bool = True

    @property
    def name(self) -> str:
        """Kind and rate."""
        return f"{self.kind}, {self.rate:,.0f}/s"


def claims(pace: Pace, sent: NDArray[np.int64], lag: Histogram) -> tuple[Claim, ...]:
    """Hold the times of sending, shape (n,), ns, and the send lag against the pace."""
    spacing = _exponential if pace.kind is Arrivals.POISSON else _constant
    gaps = [spacing(pace, np.diff(sent))] if pace.spaced else []
    return *gaps, _lag(pace, lag)


def _exponential(pace: Pace, gaps: NDArray[np.int64]) -> Claim:
    p = p_value(distance(-np.expm1(-np.sort(gaps) * (pace.rate / _NS))), len(gaps))
    return claim(
        GROUP,
        f"{pace.name}: gaps are exponential",
        f"p at least {LEAST_P} (K.-S.)",
        f"p = {p:.3f}, n = {len(gaps):,}",
        holds=p >= LEAST_P,
    )


def _constant(pace: Pace, gaps: NDArray[np.int64]) -> Claim:
    errors = np.abs(gaps - _NS / pace.rate)
    median, tail = (float(np.percentile(errors, p)) for p in (50, 99))
    return claim(
        GROUP,
        f"{pace.name}: error of a gap, median, p99",
        f"at most {us(MEDIAN_ERROR_NS, TAIL_ERROR_NS)}",
        f"{us(median, tail)}, n = {len(gaps):,}",
        holds=median <= MEDIAN_ERROR_NS and tail <= TAIL_ERROR_NS,
    )


def _lag(pace: Pace, lag: Histogram) -> Claim:
    found = lag.percentile_ns(pace.percent)
    return claim(
        GROUP,
        f"{pace.name}: send lag, p{pace.percent:g}",
        f"at most {us(pace.lag_ns)}",
        "none" if found is None else us(found),
        holds=found is not None and found <= pace.lag_ns,
    )
