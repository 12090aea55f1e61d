"""The plan, and that a load has kept it."""

from dataclasses import replace

import numpy as np
import pytest

from bench.facts.load import Arrivals
from bench.facts.selftest import Finding
from bench.load.arrivals import intended_ns
from bench.proof.selftest.arrivals import ArrivalPace, claims
from bench.proof.selftest.server_record import Recorded
from tests.build.traces import BEGIN, MS, Times, recorded

POISSON = ArrivalPace(Arrivals.POISSON, 1000.0)
CONSTANT = ArrivalPace(Arrivals.CONSTANT, 1000.0)
HOLDS, FAILS = Finding.HOLDS, Finding.FAILS


def plan(kind: Arrivals, rate: float = 1000.0) -> Times:
    """Four seconds of a plan."""
    return intended_ns(kind, rate, 4.0, seed=3) + BEGIN


def findings(pace: ArrivalPace, planned: Times, seen: Recorded) -> list[Finding]:
    """What is found of the law, the plan, the order, and the server's books."""
    return [claim.finding for claim in claims(pace, planned, seen)]


@pytest.mark.parametrize("pace", [POISSON, CONSTANT], ids=["poisson", "constant"])
@pytest.mark.parametrize("stall_ms", [0, 200])
def test_a_plan_that_is_kept_holds_however_late_the_generator_is(
    pace: ArrivalPace, stall_ms: int
) -> None:
    """All that was due while it stood still is sent at once, in its order."""
    due = plan(pace.kind)
    begin = int(due[1000])
    stalled = (due >= begin) & (due < begin + stall_ms * MS)
    late = np.where(stalled, begin + stall_ms * MS + np.arange(len(due)), due)
    lag = np.maximum.accumulate(late) - due
    assert findings(pace, due, recorded(due, MS, lag=lag)) == [HOLDS] * 4


def test_gaps_of_another_law_fail() -> None:
    """Of another rate by a tenth, or evened out."""
    slower, even = plan(Arrivals.POISSON, 900.0), plan(Arrivals.CONSTANT)
    for pace, due in ((POISSON, slower), (POISSON, even), (CONSTANT, slower)):
        assert findings(pace, due, recorded(due, MS)) == [FAILS, HOLDS, HOLDS, HOLDS]


def test_a_timer_of_a_millisecond_in_the_plan_is_seen() -> None:
    """It sends in bunches."""
    due = -(-plan(Arrivals.POISSON) // MS) * MS
    assert findings(POISSON, due, recorded(due, MS))[0] is FAILS


def test_a_plan_that_is_shifted_fails() -> None:
    """As by a generator that catches up: after a stall of its own all is due later."""
    planned = plan(Arrivals.CONSTANT)
    due = planned + np.where(np.arange(len(planned)) > 2000, 50 * MS, 0)
    assert findings(CONSTANT, planned, recorded(due, MS))[1] is FAILS


def test_a_plan_that_is_cut_short_fails() -> None:
    """What was not sent was due all the same."""
    planned = plan(Arrivals.CONSTANT)
    assert findings(CONSTANT, planned, recorded(planned[:-1], MS))[1] is FAILS


def changed(seen: Recorded, slot: int, sent_ns: int) -> Recorded:
    """The same load, of which one request was sent at another time."""
    sent = seen.trace.sent.copy()
    sent[slot] = sent_ns
    return replace(seen, trace=replace(seen.trace, sent=sent))


def test_unsent_early_and_disordered_requests_fail() -> None:
    """One is enough."""
    due = plan(Arrivals.CONSTANT)
    seen = recorded(due, MS)
    for sent_ns in (0, int(due[7]) - 1, int(due[9])):
        assert findings(CONSTANT, due, changed(seen, 7, sent_ns))[2] is FAILS


def test_over_streams_the_order_is_not_asked_for() -> None:
    """Requests that are due together are sent by connection; unsent and early ones fail still."""
    due = plan(Arrivals.CONSTANT)
    seen = recorded(due, MS)
    swapped = changed(seen, 7, int(due[9]))
    assert claims(CONSTANT, due, swapped)[2].finding is FAILS
    assert claims(CONSTANT, due, swapped, ordered=False)[2].finding is HOLDS
    for sent_ns in (0, int(due[7]) - 1):
        found = claims(CONSTANT, due, changed(seen, 7, sent_ns), ordered=False)
        assert found[2].finding is FAILS


def test_what_came_before_it_was_due_fails() -> None:
    """By the server's books, whatever the generator says."""
    due = plan(Arrivals.CONSTANT)
    seen = recorded(due, MS)
    assert seen.answers is not None
    early = replace(seen.answers, came=seen.answers.came - MS)
    assert findings(CONSTANT, due, replace(seen, answers=early))[3] is FAILS


def test_without_books_the_generators_own_claims_remain() -> None:
    """Of the law, the plan and the order."""
    due = plan(Arrivals.CONSTANT)
    seen = replace(recorded(due, MS), answers=None)
    assert findings(CONSTANT, due, seen) == [HOLDS] * 3
