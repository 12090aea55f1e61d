"""Little's law between readings that do not come from each other."""

import pytest

from bench.domain import Finding
from bench.selftest.little import Books, by_both_books, in_flight, same_count, throughput
from tests.selftest.observations import observation

MS = 1_000_000


@pytest.mark.parametrize(
    ("answered", "finding"),
    [
        (3000, Finding.FAILS),
        (3080, Finding.HOLDS),
        (3200, Finding.HOLDS),
        (3216, Finding.HOLDS),
        (3217, Finding.FAILS),
    ],
)
def test_throughput_is_connections_over_service_time(answered: int, finding: Finding) -> None:
    """16 connections, 5 ms: 3,200 a second, and 16 more for the window's ends."""
    seen = observation(answered_in_window=answered)
    assert throughput(16, 5 * MS, seen).finding is finding


@pytest.mark.parametrize(
    ("measured", "finding"),
    [(15.6, Finding.FAILS), (15.9, Finding.HOLDS), (16.0, Finding.HOLDS), (16.1, Finding.FAILS)],
)
def test_nearly_all_connections_are_in_flight(measured: float, finding: Finding) -> None:
    """Never more than there are."""
    assert in_flight(16, measured).finding is finding


@pytest.mark.parametrize(
    ("added_us", "finding"),
    [(-1, Finding.FAILS), (0, Finding.HOLDS), (199, Finding.HOLDS), (201, Finding.FAILS)],
)
def test_time_in_flight_is_that_at_the_server_and_the_way(added_us: int, finding: Finding) -> None:
    """What takes less time than it was at the server is a mistake too."""
    server = Books(1000, 1000 * 5 * MS)
    instrument = Books(1000, 1000 * (5 * MS + added_us * 1000))
    assert by_both_books(server, instrument).finding is finding


@pytest.mark.parametrize(("counted", "finding"), [(7, Finding.HOLDS), (8, Finding.FAILS)])
def test_no_request_is_invented(counted: int, finding: Finding) -> None:
    """Both count the same."""
    assert same_count(Books(9, 0) - Books(2, 0), Books(counted, 0)).finding is finding
