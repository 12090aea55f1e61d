"""Running figures: what counts, what does not, and in which order servers stand."""

from dataclasses import replace

import pytest

from bench.facts.slice import Doubt, DoubtKind, Role, Verdict
from bench.progress.standings import ServerStanding, Standings
from tests.build.slices import OPEN
from tests.progress.made import done

STOLEN = Doubt(DoubtKind.STOLEN_CPU, 0.1)
WRONG = Doubt(DoubtKind.WRONG_RESPONSES, 0.1, fatal=True)


@pytest.fixture
def standings() -> Standings:
    """Of no slice yet."""
    return Standings("uvicorn")


def only(standings: Standings) -> ServerStanding:
    """The one server that there is."""
    (one,) = standings.best_first()
    return one


def test_figures_are_means_over_slices(standings: Standings) -> None:
    """Throughput and CPU of those at saturation, the median of those at the common rate."""
    for answered in (500, 1000):
        standings.add(done(answered_in_window=answered))
    for took_ms in (1, 3):
        standings.add(done(load=OPEN, took_ms=took_ms))

    one = only(standings)

    assert one.throughput_rps.value == 1500.0
    assert one.cpu_us.value == pytest.approx(80.0)
    assert one.median_ms.value == pytest.approx(2.0, rel=0.01)


def test_a_warm_up_counts_for_nothing(standings: Standings) -> None:
    """Neither its figures nor its doubts."""
    standings.add(done(role=Role.WARM_UP, doubts=(STOLEN,)))

    assert standings.best_first() == []


def test_of_an_invalid_slice_only_the_doubts_count(standings: Standings) -> None:
    """Its figures are of answers that were wrong."""
    standings.add(done(verdict=Verdict.INVALID, doubts=(WRONG,)))

    one = only(standings)

    assert one.throughput_rps.value is None
    assert one.doubts == {DoubtKind.WRONG_RESPONSES: 1}


def test_doubts_are_counted_in_slices(standings: Standings) -> None:
    """Each kind by itself, at either load."""
    standings.add(done(doubts=(STOLEN,)))
    standings.add(done(load=OPEN, doubts=(STOLEN, WRONG)))

    assert only(standings).doubts == {DoubtKind.STOLEN_CPU: 2, DoubtKind.WRONG_RESPONSES: 1}


def test_figures_of_another_workload_are_left_out(standings: Standings) -> None:
    """Requests of two kinds have no common throughput."""
    first = done(answered_in_window=500)
    standings.add(first)
    other = replace(first.cell, workload="create_item")
    standings.add(replace(first, cell=other, answered_in_window=100, doubts=(STOLEN,)))

    assert only(standings).throughput_rps.value == 1000.0
    assert only(standings).doubts == {DoubtKind.STOLEN_CPU: 1}


def test_the_highest_throughput_stands_first(standings: Standings) -> None:
    """Servers without one come last, as they came."""
    standings.add(done("unknown", OPEN))
    for profile, answered in (("uvicorn", 500), ("daphne", 100), ("granian", 700)):
        standings.add(done(profile, answered_in_window=answered))

    names = [one.profile for one in standings.best_first()]

    assert names == ["granian", "uvicorn", "daphne", "unknown"]


def test_a_round_sets_the_precision_beside_that_of_the_round_before(standings: Standings) -> None:
    """A server that took no part keeps what is known of it."""
    standings.known({"granian": 0.05, "daphne": 0.08})
    standings.known({"granian": 0.03})

    known = {one.profile: (one.precision, one.precision_before) for one in standings.best_first()}

    assert known == {"granian": (0.03, 0.05), "daphne": (0.08, None)}
