"""What a fresh process says of the bracket that the first one left."""

import pytest

from bench.analysis.capacity.goal import CapacityGoal
from bench.analysis.capacity.search import WIDEN, Search
from bench.analysis.capacity.slo import ClauseCounts
from bench.analysis.capacity.verification import ENOUGH, MOVES, BracketState, Verification
from bench.proof.selftest.queueing_theory import Law
from tests.analysis.capacity.queues import Offer, Server, follow, searched, steady

AIM: CapacityGoal = Server(Law.EXPONENTIAL, 2000, 0.02).aim()
MOST = (MOVES + 2) * ENOUGH * 2


@pytest.fixture
def search() -> Search:
    """A search that has found 9,000 requests a second, within 3 %."""
    return searched(AIM, 5000, steady(9000))


def verified(search: Search, offer: Offer) -> Verification:
    """Verify to the end, which comes in bounded time."""
    verification = Verification(search)
    assert follow(verification, offer, MOST) < MOST
    return verification


def test_a_process_like_the_first_confirms(search: Search) -> None:
    """Both ends stand, after two slices each."""
    found = verified(search, steady(9000))

    assert found.standing is BracketState.CONFIRMED
    assert (found.low, found.high) == (search.stands, search.fails)
    assert [len(rate.trials) for rate in found.tried.values()] == [2, 2]


def test_what_stays_undecided_is_not_refuted(search: Search) -> None:
    """Close to the limit a fresh process need not pass: it must not fail."""
    shares = iter([20, 80] * MOST)

    found = verified(search, lambda _: (ClauseCounts(next(shares), 1000),))

    assert found.standing is BracketState.CONFIRMED
    assert [len(rate.trials) for rate in found.tried.values()] == [ENOUGH, ENOUGH]


def test_a_slower_process_lowers_the_lower_end(search: Search) -> None:
    """To a rate that it holds; the upper end stays where the first process failed."""
    found = verified(search, steady(8000))

    assert found.standing is BracketState.MOVED
    assert found.low is not None
    assert 8000 / WIDEN / 1.1 < found.low < 8000
    assert found.high == search.fails


def test_a_faster_process_raises_the_upper_end(search: Search) -> None:
    """To a rate that it does not hold either."""
    found = verified(search, steady(9800))

    assert found.standing is BracketState.MOVED
    assert found.low == search.stands
    assert found.high is not None
    assert 9800 <= found.high < 9800 * WIDEN * 1.1


def test_a_process_that_holds_nothing_refutes(search: Search) -> None:
    """An end is moved so many times and no more; then there is no capacity to report."""
    found = verified(search, steady(0))

    assert found.standing is BracketState.REFUTED
    assert found.low is None


def test_slices_that_the_client_spoils_end_too(search: Search) -> None:
    """Where nothing can be learned, nothing is refuted."""
    found = verified(search, lambda _: None)

    assert found.next_rate() is None
    assert found.low == search.stands


def test_without_a_bracket_there_is_nothing_to_verify() -> None:
    """A server that holds nowhere is not started again."""
    found = Verification(searched(AIM, 5000, steady(0)))

    assert found.next_rate() is None
    assert found.standing is BracketState.OPEN


def test_a_capacity_beyond_the_generator_has_one_end() -> None:
    """The highest rate that can be offered is verified alone."""
    found = verified(searched(AIM, 5000, steady(1e9), top=20_000), steady(1e9))

    assert found.standing is BracketState.CONFIRMED
    assert (found.low, found.high) == (20_000, None)
