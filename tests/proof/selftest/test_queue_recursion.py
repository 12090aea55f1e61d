"""The queue whose every response time is known."""

import numpy as np
import pytest

from bench.facts.selftest import Finding
from bench.proof.selftest.queue_recursion import by_turn, never_shorter, responses
from bench.proof.selftest.server_record import AnswerTimes, Times

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


def taken(came: Times) -> AnswerTimes:
    """Requests that were taken in the order in which they stand; when they left does not matter."""
    return AnswerTimes(came=came, left=came, turn=np.arange(len(came)))


def test_requests_are_served_in_their_turn() -> None:
    """The second request was taken first: by the kernel's timestamps both came at once."""
    answers = AnswerTimes(
        came=np.array([5, 5, 9]), left=np.array([17, 7, 18]), turn=np.array([4, 3, 5])
    )
    assert by_turn(answers, np.array([10, 2, 1])).tolist() == [12, 2, 9]


@pytest.mark.parametrize(
    ("more_us", "finding"),
    [(0, Finding.HOLDS), (5000, Finding.HOLDS), (-19, Finding.HOLDS), (-21, Finding.FAILS)],
)
def test_no_request_takes_less_than_the_recursion_gives(more_us: int, finding: Finding) -> None:
    """More it may take: a server may be late."""
    arrivals, services = np.arange(100) * 1000 * US, np.full(100, 1500 * US)
    measured = responses(arrivals, services)
    measured[40] += more_us * US
    assert never_shorter("a queue", taken(arrivals), services, measured).finding is finding


def test_times_that_were_taken_for_those_of_other_requests_fail() -> None:
    """Even though all of them together are right."""
    arrivals, services = np.arange(100) * 1000 * US, np.tile([100, 900], 50) * US
    measured = responses(arrivals, services)
    found = never_shorter("a queue", taken(arrivals), services, np.roll(measured, 1))
    assert found.finding is Finding.FAILS


def test_no_request_shows_nothing() -> None:
    """Which is not that all is well."""
    nothing = np.zeros(0, dtype=np.int64)
    assert never_shorter("a queue", taken(nothing), nothing, nothing).finding is Finding.FAILS
