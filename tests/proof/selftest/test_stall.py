"""A server that stands still: who must have waited."""

from dataclasses import replace

import numpy as np
import pytest

from bench.facts.selftest import Finding
from bench.facts.slice import Stalls
from bench.proof.selftest.server_record import Recorded
from bench.proof.selftest.stall import closed_loop, omission, open_loop
from bench.stats.histogram import Histogram
from tests.build.traces import BEGIN, MS, Times, every, recorded

DUE = every(2, 1000)
ASKED = 500 * MS
HOLDS, FAILS = Finding.HOLDS, Finding.FAILS


def waits(stall_ms: float = 500) -> Times:
    """How long the server took for each, if it stood still for so long from 0.7 s on."""
    since = BEGIN + 700 * MS
    within = (since <= DUE) & (since + stall_ms * MS > DUE)
    return np.where(within, since + stall_ms * MS - DUE, 100_000).astype(np.int64)


def load(stall_ms: float = 500, delay: Times | int = 0) -> Recorded:
    """An open loop on that server, with a connection for every request."""
    return recorded(DUE, waits(stall_ms), delay=delay, connections=1000)


def reporting(
    seen: Recorded, times: Histogram | None = None, stalls: Stalls | None = None
) -> Recorded:
    """The same load, of which the instrument reports something else."""
    said = seen.trace.observation
    said = replace(said, response=times or said.response, stalls=stalls or said.stalls)
    return replace(seen, trace=replace(seen.trace, observation=said))


def findings(seen: Recorded) -> list[Finding]:
    """What is found of the server, of the slow requests, and of the stall reported."""
    return [claim.finding for claim in open_loop(ASKED, seen)]


def test_a_stall_that_is_charged_to_all_that_were_due_in_it_holds() -> None:
    """Exactly as the books have it: 250 requests, half of them slower than S/2."""
    server, slower, stall = open_loop(ASKED, load())
    assert {server.finding, slower.finding, stall.finding} == {HOLDS}
    assert slower.expected == "188-188, 125-125, 62-62"
    assert stall.measured == "500 ms"


@pytest.mark.parametrize("stall_ms", [500, 700])
def test_a_server_that_stood_still_for_another_time_is_judged_by_that(stall_ms: float) -> None:
    """It was woken late, or the machine stood still with it."""
    assert findings(load(stall_ms)) == [HOLDS, HOLDS, HOLDS]


def test_a_server_that_did_not_stand_still_shows_nothing() -> None:
    """Whatever is reported."""
    assert findings(load(100))[0] is FAILS


def test_a_client_that_reads_late_changes_nothing() -> None:
    """By 30 ms, all that the stall held up."""
    late = np.where(waits() > MS, 30 * MS, 0)
    assert findings(load(delay=late)) == [HOLDS, HOLDS, HOLDS]


def test_coordinated_omission_fails() -> None:
    """Only 32 requests have seen the stall; the slowest is as slow as it must be."""
    times = np.full(len(DUE), 100_000)
    times[:32] = ASKED
    assert findings(reporting(load(), Histogram.of(times))) == [HOLDS, FAILS, HOLDS]


def test_a_stall_that_is_charged_to_more_than_waited_fails() -> None:
    """No request can have waited longer than until its answer was read."""
    times = Histogram.of(waits() + 100 * MS)
    assert findings(reporting(load(), times)) == [HOLDS, FAILS, HOLDS]


@pytest.mark.parametrize(
    ("longest_ms", "finding"), [(0, FAILS), (430, FAILS), (440, HOLDS), (570, FAILS)]
)
def test_the_stall_reported_is_the_servers(longest_ms: int, finding: Finding) -> None:
    """To an eighth of it."""
    stalls = Stalls(count=1, total_ns=longest_ms * MS, longest_ns=longest_ms * MS)
    assert findings(reporting(load(), stalls=stalls))[2] is finding


def test_a_message_that_was_long_on_its_way_excuses_the_stall_by_as_much() -> None:
    """The client read the clock, and had to wait for a core before it could send."""
    seen = load()
    assert seen.answers is not None
    first = int(np.argmax(seen.answers.took))
    came = seen.answers.came.copy()
    came[first : first + 50] = came[first + 50]
    late = replace(seen, answers=replace(seen.answers, came=came))
    assert findings(late) == [HOLDS, HOLDS, HOLDS]


def closed(slow: int) -> Recorded:
    """A closed loop of 32 connections, of which so many requests waited for the end of a stall."""
    took = np.full(2000, MS)
    took[1000 : 1000 + slow] = 500 * MS
    return recorded(every(1, 2000), took, closed=True, connections=32)


def test_a_closed_loop_has_one_slow_request_a_connection() -> None:
    """By the server's books."""
    (found,) = closed_loop(closed(32))
    assert (found.finding, found.expected, found.measured) == (
        HOLDS,
        "32-32, by the server's record",
        "32",
    )


@pytest.mark.parametrize("slow", [31, 33])
def test_a_slow_request_that_the_books_do_not_have_fails(slow: int) -> None:
    """Or one that is missing."""
    seen = closed(32)
    said = replace(seen.trace.observation, service=closed(slow).trace.observation.service)
    (found,) = closed_loop(replace(seen, trace=replace(seen.trace, observation=said)))
    assert found.finding is FAILS


def test_without_books_nothing_is_claimed() -> None:
    """That they are of other requests fails elsewhere."""
    seen = replace(load(), answers=None)
    assert [*open_loop(ASKED, seen), *closed_loop(seen)] == []


def test_what_a_closed_loop_omits_is_noted() -> None:
    """Its p99 knows nothing of the stall."""
    times = np.full(5000, MS)
    times[:32] = 500 * MS
    claim = omission(Histogram.of(times))
    assert claim.finding is Finding.NOTED
    assert claim.measured == "1.00 ms"
