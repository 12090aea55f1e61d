"""From samples to figures."""

from collections.abc import Sequence

import numpy as np
import pytest

from bench.facts.slice import Outcome, Stalls
from bench.load.reckoning.reckon import Reckoning, Window, reckon
from bench.load.reckoning.samples import Code, Samples
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
    """Service is done - sent; send lag, sent - due, is of all sent, and in no response time."""
    found = reckoned(
        [
            (1000, 1003, 1010, Code.OK),
            (1100, 1107, 1200, Code.WRONG_BODY),
            (1200, 0, 0, Code.UNSENT),
            (1300, 1300, 1400, Code.TIMEOUT),
        ]
    )
    assert total_ns(found.response) == [7]
    assert total_ns(found.service) == [7]
    assert total_ns(found.send_lag) == [0, 3, 7]


def attributed(stamp: int, clock_offset_ns: int | None, *, planned: bool = True) -> Reckoning:
    """Reckon one request: due at 1000, free to be sent at 1004, sent at 1007, done at 1050."""
    samples = Samples(1)
    samples.used = 1
    samples.due[0], samples.freed[0], samples.sent[0], samples.done[0] = 1000, 1004, 1007, 1050
    samples.code[0], samples.received[0] = Code.OK, stamp
    return reckon(samples, WINDOW, planned=planned, clock_offset_ns=clock_offset_ns)


def test_the_generators_own_lateness_is_in_no_response_time() -> None:
    """It is waiting for a connection and service; what the sending was late by stands beside it."""
    found = attributed(stamp=0, clock_offset_ns=None)
    assert total_ns(found.connection_wait) == [4]
    assert total_ns(found.send_lag) == [3]
    assert total_ns(found.service) == [43]
    assert total_ns(found.response) == [47]


@pytest.mark.parametrize(
    ("noticed", "freed", "freed_stamp", "expected"),
    [
        (0, 0, 0, 0),
        (1000, 1040, 0, 40),
        (1010, 1040, 0, 30),
        (1000, 1040, 5025, 25),
        (1010, 1040, 5025, 15),
        (1030, 1040, 5025, 0),
        (0, 1040, 4990, 0),
    ],
    ids=[
        "one was free", "no stamps", "found late", "read late", "both", "later than the answer",
        "the answer came before it was due",
    ],
)  # fmt: skip
def test_the_wait_for_a_connection_is_none_of_the_generators_delays(
    noticed: int, freed: int, freed_stamp: int, expected: int
) -> None:
    """From when it was found due until the answer came that freed one; the rest is lag."""
    samples = Samples(1)
    samples.used = 1
    samples.due[0], samples.sent[0], samples.done[0], samples.code[0] = 1000, 1045, 1050, Code.OK
    samples.noticed[0], samples.freed[0] = noticed, freed
    samples.freed_stamp[0] = freed_stamp
    found = reckon(samples, WINDOW, planned=True, clock_offset_ns=4000)
    assert total_ns(found.connection_wait) == [expected]
    assert total_ns(found.send_lag) == [45 - expected]


def test_the_kernels_stamp_parts_the_clients_delay_from_the_servers() -> None:
    """The stamp is of another clock; response and service end with it, and raw times do not."""
    found = attributed(stamp=1_000_001_030, clock_offset_ns=1_000_000_000)
    assert total_ns(found.client_delay) == [20]
    assert total_ns(found.service) == [23]
    assert total_ns(found.response) == [27]
    assert total_ns(found.raw) == [50]
    assert found.corrected is None


def test_in_closed_loop_a_sample_is_stamped_and_stands_apart() -> None:
    """Service ends when the answer was read, for all alike; of the sample both ends are known."""
    found = attributed(stamp=1_000_001_030, clock_offset_ns=1_000_000_000, planned=False)
    assert total_ns(found.service) == [43]
    assert total_ns(found.raw) == [43]
    assert total_ns(found.corrected) == [23]
    assert total_ns(found.client_delay) == [20]


def test_an_answer_without_a_stamp_ends_when_it_was_read() -> None:
    """It is in the figures, and in none of the stamped."""
    found = attributed(stamp=0, clock_offset_ns=1_000_000_000)
    assert total_ns(found.response) == [47]
    assert (total_ns(found.raw), total_ns(found.client_delay)) == ([], [])


def test_throughput_counts_by_the_kernels_stamp() -> None:
    """An answer that came in the window and was read after it came in the window."""
    samples = Samples(1)
    samples.used = 1
    samples.due[0] = samples.sent[0] = 1500
    samples.done[0], samples.received[0], samples.code[0] = 2005, 11_990, Code.OK
    assert reckon(samples, WINDOW, planned=True, clock_offset_ns=None).answered_in_window == 0
    assert reckon(samples, WINDOW, planned=True, clock_offset_ns=10_000).answered_in_window == 1


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
    assert found.stalls == Stalls(0, 0, 0)
    assert (found.waiting_at_start, found.waiting_at_end) == (0, 0)


@pytest.mark.parametrize(
    ("due", "sent", "done", "at_start", "at_end"),
    [
        (900, 900, 950, 0, 0),
        (900, 900, 1000, 0, 0),
        (900, 900, 1001, 1, 0),
        (1000, 1000, 1500, 1, 0),
        (900, 1100, 1500, 0, 0),
        (1500, 1500, 2000, 0, 0),
        (1500, 1500, 2001, 0, 1),
        (500, 500, 5000, 1, 1),
        (1500, 0, 0, 0, 1),
        (2001, 2001, 2500, 0, 0),
    ],
    ids=[
        "done before", "done as it starts", "waits at the start", "due at the start",
        "sent late, by the generator's fault", "done as it ends", "waits at the end",
        "waits at both", "never sent", "due after",
    ],
)  # fmt: skip
def test_what_waits_when_the_window_begins_and_ends_is_counted(
    due: int, sent: int, done: int, at_start: int, at_end: int
) -> None:
    """From when it was due, the generator's own lateness left out, until it was answered."""
    found = reckoned([(due, sent, done, Code.OK if done else Code.UNSENT)])
    assert (found.waiting_at_start, found.waiting_at_end) == (at_start, at_end)


def test_a_request_that_waits_for_a_connection_waits_for_the_server() -> None:
    """Its connection was free after the window had begun: it was due before."""
    samples = Samples(1)
    samples.used = 1
    samples.due[0], samples.freed[0], samples.sent[0], samples.done[0] = 900, 1200, 1203, 1300
    samples.code[0] = Code.OK
    assert reckon(samples, WINDOW, planned=True).waiting_at_start == 1


MS = 1_000_000
LONG = Window(100 * MS, 200 * MS)


def stalled(*rows: Row, planned: bool = True) -> Reckoning:
    """Reckon rows in ms, among answers at once in every other millisecond."""
    quick = [(at, at, at, Code.OK) for at in range(1, 300, 2)]
    samples = Samples(len(rows) + len(quick))
    for due, sent, done, code in [*quick, *rows]:
        slot, samples.used = samples.used, samples.used + 1
        samples.due[slot], samples.sent[slot] = due * MS, sent * MS
        samples.done[slot], samples.code[slot] = done * MS, code
    return reckon(samples, LONG, planned=planned)


def held(began: int, ended: int, code: Code = Code.OK) -> list[Row]:
    """A request a millisecond from then on, all of them answered at the end."""
    return [(at, at, ended, code) for at in range(began, ended)]


BEFORE: list[Row] = [(at, at, at + 1, Code.OK) for at in range(0, 36, 2)]
"""Requests that were answered at once, before a stall, so that it is known how long that takes."""


def only(*rows: Row, planned: bool = True) -> Reckoning:
    """Reckon rows in ms, and no others."""
    samples = Samples(len(rows))
    samples.used = len(rows)
    for slot, (due, sent, done, code) in enumerate(rows):
        samples.due[slot], samples.sent[slot] = due * MS, sent * MS
        samples.done[slot], samples.code[slot] = done * MS, code
    return reckon(samples, LONG, planned=planned)


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize(
    ("began", "ended", "expected"),
    [
        (120, 160, Stalls(1, 40 * MS, 40 * MS)),
        (80, 140, Stalls(1, 40 * MS, 60 * MS)),
        (180, 250, Stalls(1, 20 * MS, 70 * MS)),
        (60, 260, Stalls(1, 100 * MS, 200 * MS)),
        (40, 100, Stalls(0, 0, 0)),
        (120, 129, Stalls(0, 0, 0)),
    ],
    ids=["within", "over the start", "over the end", "over both", "before", "too short"],
)
def test_a_stall_takes_of_the_window_what_lies_in_it(
    began: int, ended: int, expected: Stalls, *, planned: bool
) -> None:
    """From the first request that was not answered until the answers came, in either loop."""
    assert only(*BEFORE, *held(began, ended), planned=planned).stalls == expected


def test_a_server_that_answers_others_meanwhile_does_not_stand_still() -> None:
    """One slow request among quick ones is no stall."""
    assert stalled((120, 120, 180, Code.OK)).stalls == Stalls(0, 0, 0)


@pytest.mark.parametrize("code", [Code.TIMEOUT, Code.RESET])
def test_a_failure_does_not_end_a_stall(code: Code) -> None:
    """Nobody was answered."""
    rows = [*BEFORE, *held(120, 190), (130, 130, 150, code)]
    assert only(*rows).stalls == Stalls(1, 70 * MS, 70 * MS)


@pytest.mark.parametrize("code", [Code.UNSENT, Code.CONNECT_FAILED])
def test_what_was_never_answered_waited_for_as_long_as_anybody_looked(code: Code) -> None:
    """Until the last has timed out; not until the end of time."""
    rows = [(150, 150, 700, Code.TIMEOUT), *((at, 0, 0, code) for at in range(151, 200))]
    assert only(*rows).stalls == Stalls(1, 50 * MS, 550 * MS)
    assert only(*rows[1:]).stalls == Stalls(1, 49 * MS, 49 * MS)


def test_a_window_that_ends_in_a_stall_counts_who_waited_when_it_began() -> None:
    """What comes up in a stall is no queue that grows."""
    rows = [*BEFORE, (150, 150, 170, Code.OK), (165, 165, 250, Code.OK), *held(170, 250)]
    found = only(*rows)
    assert found.stalls == Stalls(1, 30 * MS, 80 * MS)
    assert found.waiting_at_end == 2


def test_who_waits_in_a_stall_longer_than_the_window_counts() -> None:
    """As where work that was put off keeps a server for seconds: it does not keep up."""
    rows = [*BEFORE, *held(170, 280)]
    assert only(*rows).stalls == Stalls(1, 30 * MS, 110 * MS)
    assert only(*rows).waiting_at_end == 31


def test_a_queue_that_grows_is_counted_to_the_end() -> None:
    """It is served all the time, but too slowly."""
    rows = [(at, at, at + (at - 100), Code.OK) for at in range(100, 200)]
    found = only(*rows)
    assert (found.waiting_at_start, found.waiting_at_end) == (0, 49)
