"""From samples to figures."""

from collections.abc import Sequence

import numpy as np
import pytest

from bench.domain import Outcome
from bench.load.reckoning import Reckoning, Window, reckon
from bench.load.samples import Code, Samples
from bench.stats.histogram import Histogram

WINDOW = Window(1000, 2000)
Row = tuple[int, int, int, Code]  # due, sent, done, outcome


def reckoned(rows: Sequence[Row], *, planned: bool = True) -> Reckoning:
    """Reckon samples that hold these rows."""
    samples = Samples(len(rows))
    samples.used = len(rows)
    for slot, (due, sent, done, code) in enumerate(rows):
        samples.due[slot], samples.sent[slot], samples.done[slot] = due, sent, done
        samples.code[slot] = code
    return reckon(samples, WINDOW, planned=planned)


def total_ns(histogram: Histogram | None) -> list[int]:
    """The durations in a histogram, which are below what is rounded."""
    assert histogram is not None
    return [int(ns) for ns in np.repeat(np.arange(len(histogram.counts)), histogram.counts)]


@pytest.mark.parametrize(
    ("due", "counted"), [(0, 0), (999, 0), (1000, 1), (1500, 1), (1999, 1), (2000, 0)]
)
def test_a_request_is_counted_where_it_was_due(due: int, counted: int) -> None:
    """The lead-in is not, the window's start is, its end is not; when it was done is no matter."""
    found = reckoned([(due, due, 5000, Code.OK)])
    assert sum(found.outcomes.values()) == counted


@pytest.mark.parametrize(("done", "counted"), [(999, 0), (1000, 1), (9000, 1)])
def test_a_failure_of_the_lead_in_is_counted_if_it_lasts(done: int, counted: int) -> None:
    """A connection that is never served fails once, and that request was sent before the window."""
    found = reckoned([(500, 500, done, Code.TIMEOUT)])
    assert sum(found.outcomes.values()) == counted


def test_in_closed_loop_a_request_is_counted_where_it_was_sent() -> None:
    """There is no due; send lag and response time do not exist."""
    rows = [(0, sent, sent + 10, Code.OK) for sent in (900, 1000, 1990, 2000)]
    found = reckoned(rows, planned=False)
    assert found.outcomes == {Outcome.OK: 2}
    assert (found.response, found.send_lag) == (None, None)
    assert total_ns(found.service) == [10, 10]


@pytest.mark.parametrize(
    ("done", "answered"), [(999, 0), (1000, 1), (1999, 1), (2000, 0), (3000, 0)]
)
def test_throughput_counts_what_was_done_in_the_window(done: int, answered: int) -> None:
    """Whenever it was due: what comes over from the lead-in makes up for what goes over the end."""
    assert reckoned([(500, 500, done, Code.OK)]).answered_in_window == answered


def test_times_are_of_right_answers_only() -> None:
    """Response is done - due, service done - sent; send lag, sent - due, is of all sent."""
    found = reckoned(
        [
            (1000, 1003, 1010, Code.OK),
            (1100, 1107, 1200, Code.WRONG_BODY),
            (1200, 0, 0, Code.UNSENT),
            (1300, 1300, 1400, Code.TIMEOUT),
        ]
    )
    assert total_ns(found.response) == [10]
    assert total_ns(found.service) == [7]
    assert total_ns(found.send_lag) == [0, 3, 7]


def attributed(stamp: int, clock_offset_ns: int | None) -> Reckoning:
    """Reckon one request: due at 1000, free to be sent at 1004, sent at 1007, done at 1050."""
    samples = Samples(1)
    samples.used = 1
    samples.due[0], samples.freed[0], samples.sent[0], samples.done[0] = 1000, 1004, 1007, 1050
    samples.code[0], samples.received[0] = Code.OK, stamp
    return reckon(samples, WINDOW, planned=True, clock_offset_ns=clock_offset_ns)


def test_response_time_is_taken_apart() -> None:
    """Waiting for a connection, the generator's own delay, and service; they add up."""
    found = attributed(stamp=0, clock_offset_ns=None)
    assert total_ns(found.connection_wait) == [4]
    assert total_ns(found.send_lag) == [3]
    assert total_ns(found.service) == [43]
    assert total_ns(found.response) == [50]


def test_the_kernels_stamp_parts_the_clients_delay_from_the_servers() -> None:
    """The stamp is of another clock; what is before it is the corrected response time."""
    found = attributed(stamp=1_000_001_030, clock_offset_ns=1_000_000_000)
    assert total_ns(found.client_delay) == [20]
    assert total_ns(found.stamped) == [50]
    assert total_ns(found.corrected) == [30]


def test_without_stamps_nothing_is_known_of_the_clients_delay() -> None:
    """No sample is empty; no stamps at all, or a clock that was set, is None."""
    assert attributed(stamp=1_000_001_030, clock_offset_ns=None).client_delay is None
    assert total_ns(attributed(stamp=0, clock_offset_ns=1).client_delay) == []


def test_every_outcome_has_its_count() -> None:
    """Those that did not occur are left out."""
    rows = [(1000, 1000, 1001, code) for code in Code for _ in range(int(code) + 1)]
    found = reckoned(rows)
    assert found.outcomes == {Outcome(code.name.lower()): int(code) + 1 for code in Code}


def test_what_was_answered_is_what_cost_the_server() -> None:
    """Right or wrong, counted or not; what timed out or failed is no answer."""
    rows = [(0, 1, 2, code) for code in Code]
    assert reckoned(rows).answered == 3


@pytest.mark.parametrize(
    ("sent", "done", "expected"),
    [(1000, 2000, 1.0), (1200, 1300, 0.1), (0, 1500, 0.5), (1500, 9000, 0.5), (0, 900, 0.0),
     (2000, 2100, 0.0), (0, 9000, 1.0)],
)  # fmt: skip
def test_mean_in_flight_is_time_in_flight_in_the_window(
    sent: int, done: int, expected: float
) -> None:
    """Over the length of the window, whatever part of the request lies in it."""
    found = reckoned([(sent, sent, done, Code.OK)], planned=False)
    assert found.in_flight_mean == pytest.approx(expected)


def test_littles_law_holds_for_busy_connections() -> None:
    """Four connections that are always busy are four requests in flight."""
    rows = [(0, at, at + 25, Code.OK) for at in range(900, 2100, 25) for _ in range(4)]
    assert reckoned(rows, planned=False).in_flight_mean == pytest.approx(4.0)


def test_an_empty_slice_has_empty_figures() -> None:
    """Nothing due, nothing sent: no figure, no error."""
    found = reckoned([])
    assert (found.outcomes, found.answered_in_window, found.in_flight_mean) == ({}, 0, 0.0)
    assert found.service.total == 0
