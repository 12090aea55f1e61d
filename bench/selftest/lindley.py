"""A queue with one server: the response time of every request follows from the plan alone."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.domain import Claim
from bench.selftest.claims import claim
from bench.selftest.tolerances import FIGURE_ERROR_NS, MEDIAN_ERROR_NS, TAIL_ERROR_NS
from bench.selftest.words import signed_us, us
from bench.stats.histogram import Histogram

GROUP: Final = "Error of the time in a queue (from Lindley's recursion on the plan)"
_PERCENTILES: Final = (50, 90, 95, 99)


def responses(arrivals: NDArray[np.int64], services: NDArray[np.int64]) -> NDArray[np.int64]:
    """Time in the system of each request, in the order of arrival, along the last axis.

    Lindley (1952): free = max(arrival, free) + service. Unrolled, with C the sum of the services
    so far: free_k = C_k + max over j <= k of (arrival_j - C_(j-1)).
    """
    work = np.cumsum(services, axis=-1)
    free: NDArray[np.int64] = work + np.maximum.accumulate(arrivals - (work - services), axis=-1)
    return free - arrivals


@dataclass(frozen=True, slots=True)
class Readings:
    """Expected and measured response times of the same requests, shape (n,), ns.

    `reported`: the histogram that the instrument made of them.
    """

    expected: NDArray[np.int64]
    measured: NDArray[np.int64]
    reported: Histogram


def claims(queue: str, seen: Readings) -> list[Claim]:
    """Hold every request, and the figures that reports show, against what must be true."""
    return [_of_requests(queue, seen), _of_figures(queue, seen)]


def _of_requests(queue: str, seen: Readings) -> Claim:
    errors = np.abs(seen.measured - seen.expected)
    median, tail = (float(np.percentile(errors, p)) for p in (50, 99))
    return claim(
        GROUP,
        f"{queue}: a request, median, p99",
        f"at most {us(MEDIAN_ERROR_NS, TAIL_ERROR_NS)}",
        us(median, tail),
        holds=median <= MEDIAN_ERROR_NS and tail <= TAIL_ERROR_NS,
    )


def _of_figures(queue: str, seen: Readings) -> Claim:
    *errors, tail = figure_errors(seen)
    return claim(
        GROUP,
        f"{queue}: avg, p50, p90, p95, p99",
        f"at most {FIGURE_ERROR_NS / 1e3:.0f}; p99 {us(TAIL_ERROR_NS)}",
        signed_us(*errors, tail),
        holds=max(map(abs, errors)) <= FIGURE_ERROR_NS and abs(tail) <= TAIL_ERROR_NS,
    )


def figure_errors(seen: Readings) -> list[float]:
    """Reported - expected: of the average, then of each percentile, ns; nothing reported: inf."""
    expected = np.percentile(seen.expected, _PERCENTILES, method="inverted_cdf")
    pairs = [
        (seen.reported.mean_ns(), float(seen.expected.mean())),
        *zip(map(seen.reported.percentile_ns, _PERCENTILES), map(float, expected), strict=True),
    ]
    return [np.inf if found is None else found - true for found, true in pairs]
