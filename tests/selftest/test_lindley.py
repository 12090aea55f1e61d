"""The queue whose every response time is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.domain import Finding
from bench.selftest.lindley import Readings, claims, figure_errors, responses
from bench.stats.histogram import Histogram

US = 1000


def one_by_one(arrivals: list[int], services: list[int]) -> list[int]:
    """Lindley's recursion as it is written."""
    free, found = 0, []
    for arrival, service in zip(arrivals, services, strict=True):
        free = max(arrival, free) + service
        found.append(free - arrival)
    return found


@pytest.mark.parametrize(
    ("arrivals", "services", "expected"),
    [
        ([5], [3], [3]),
        ([0, 10], [3, 3], [3, 3]),
        ([0, 1, 2], [10, 10, 10], [10, 19, 28]),
        ([0, 0, 100], [5, 7, 1], [5, 12, 1]),
    ],
)
def test_small_queues(arrivals: list[int], services: list[int], expected: list[int]) -> None:
    """By hand."""
    assert responses(np.array(arrivals), np.array(services)).tolist() == expected


def test_many_queues_at_once_are_the_recursion() -> None:
    """Along the last axis."""
    random = np.random.default_rng(1)
    arrivals = np.sort(random.integers(0, 10**6, (20, 300)), axis=1)
    services = random.integers(0, 6000, (20, 300))
    expected = [
        one_by_one(*pair) for pair in zip(arrivals.tolist(), services.tolist(), strict=True)
    ]
    assert responses(arrivals, services).tolist() == expected


def readings(errors: NDArray[np.int64]) -> Readings:
    """Requests of 1 to 2 ms, measured with these errors."""
    expected = np.linspace(1_000_000, 2_000_000, len(errors)).astype(np.int64)
    measured = expected + errors
    return Readings(expected, measured, Histogram.of(measured))


def findings(errors: NDArray[np.int64]) -> list[Finding]:
    """What is found of requests, and of figures."""
    return [claim.finding for claim in claims("a queue", readings(errors))]


def test_small_errors_hold() -> None:
    """90 us each: within the tolerance of a request and of every figure."""
    assert findings(np.full(1000, 90 * US)) == [Finding.HOLDS, Finding.HOLDS]


def test_the_median_error_is_limited() -> None:
    """110 us each are too many for a request, and not for a figure."""
    assert findings(np.full(1000, 110 * US)) == [Finding.FAILS, Finding.HOLDS]


def test_errors_count_whichever_way_they_go() -> None:
    """Too fast is as wrong as too slow."""
    assert findings(np.full(1000, -250 * US)) == [Finding.FAILS, Finding.FAILS]


def test_the_tail_of_errors_is_limited() -> None:
    """Two in a hundred that are 1.1 ms late."""
    errors = np.zeros(1000, dtype=np.int64)
    errors[::50] = 1100 * US
    assert findings(errors) == [Finding.FAILS, Finding.HOLDS]


def test_figure_errors_are_signed_and_in_order() -> None:
    """Average, p50, p90, p95, p99: the slowest tenth is 0.5 ms slower than it should be."""
    errors = np.zeros(1000, dtype=np.int64)
    errors[-100:] = 500 * US
    found = [round(error, -4) for error in figure_errors(readings(errors))]
    assert found == [50 * US, 0, 0, 500 * US, 500 * US]


def test_nothing_reported_is_an_infinite_error() -> None:
    """An empty histogram has no figures."""
    ones = np.ones(10, dtype=np.int64)
    seen = Readings(ones, ones, Histogram.empty())
    assert [claim.finding for claim in claims("a queue", seen)] == [Finding.HOLDS, Finding.FAILS]
