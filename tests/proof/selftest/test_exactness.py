"""How far figures are from the server's own record, and what no lateness of anybody excuses."""

from dataclasses import replace

import numpy as np
import pytest

from bench.facts.selftest import ErrorBudget, Finding
from bench.proof.selftest import exactness
from bench.proof.selftest.exactness import budget, causes, errors, figure_errors
from bench.proof.selftest.server_record import Recorded
from bench.stats.histogram import Histogram
from tests.build.slices import observation
from tests.build.traces import MS, US, WAY, every, recorded

DUE = every(1, 1000)


def late_now_and_then(late_ns: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Every tenth of the requests, by so much."""
    times = np.zeros(len(DUE), dtype=np.int64)
    times[::10] = late_ns
    return times


def largest(seen: Recorded) -> float:
    """The largest error of a figure."""
    return max(map(abs, errors(seen).values()))


def findings(seen: Recorded) -> list[Finding]:
    """What is found of causes, and of the sum of the parts."""
    return [claim.finding for claim in causes("a load", seen)]


def test_figure_errors_are_reported_less_true() -> None:
    """The slowest tenth is reported 0.5 ms slower than it was."""
    truth = np.linspace(1 * MS, 2 * MS, 1000).astype(np.int64)
    wrong = truth + np.where(np.arange(1000) >= 900, 500 * US, 0)
    found = figure_errors(Histogram.of(wrong), truth)
    assert list(found) == ["avg_ns", "p50_ns", "p90_ns", "p95_ns", "p99_ns"]
    assert [round(error, -4) for error in found.values()] == [50 * US, 0, 0, 500 * US, 500 * US]


def test_nothing_reported_has_no_errors() -> None:
    """And no error is not an error of 0."""
    assert figure_errors(Histogram.empty(), np.ones(10, dtype=np.int64)) == {}


def test_the_budget_is_the_largest_error_whichever_way_it_went() -> None:
    """Of each figure; an experiment without any does not count."""
    found = budget(
        [
            {"avg_ns": 10.0, "p50_ns": -30.0, "p90_ns": 5.0, "p95_ns": 6.0, "p99_ns": 200.0},
            {},
            {"avg_ns": 12.0, "p50_ns": 20.0, "p90_ns": -9.0, "p95_ns": 6.0, "p99_ns": -300.0},
        ]
    )
    assert found == ErrorBudget(
        avg_ns=12.0, p50_ns=30.0, p90_ns=9.0, p95_ns=6.0, p99_ns=300.0, experiments=2
    )


def test_no_experiment_is_no_budget() -> None:
    """Nothing is known, which is not 0."""
    assert budget([]) == ErrorBudget()
    assert budget([{}]).p50_ns is None


def test_the_way_of_the_messages_is_an_error() -> None:
    """From the sending to the server's kernel, and back to ours."""
    assert largest(recorded(DUE, 2 * MS)) == pytest.approx(2 * WAY, abs=1 * US)


def test_a_late_server_is_no_error_of_the_instrument() -> None:
    """What it took beyond what it was to take is the truth."""
    seen = recorded(DUE, 2 * MS + late_now_and_then(40 * MS), connections=1000)
    assert largest(seen) == pytest.approx(2 * WAY, abs=25 * US)
    assert findings(seen) == [Finding.HOLDS, Finding.HOLDS]


def test_a_client_that_reads_late_is_no_error_where_answers_are_stamped() -> None:
    """Its delay is beside the figures, not in them."""
    seen = recorded(DUE, 2 * MS, delay=late_now_and_then(40 * MS))
    assert largest(seen) == pytest.approx(2 * WAY, abs=1 * US)
    assert findings(seen) == [Finding.HOLDS, Finding.HOLDS]


def test_a_client_that_reads_late_is_an_error_where_nothing_is_stamped() -> None:
    """It is in the figures; the logic holds all the same."""
    seen = recorded(DUE, 2 * MS, delay=late_now_and_then(40 * MS), stamped=False)
    assert errors(seen)["p95_ns"] == pytest.approx(40 * MS, rel=0.01)
    assert findings(seen) == [Finding.HOLDS, Finding.HOLDS]


def test_a_client_that_sends_late_is_no_error() -> None:
    """It shifts the arrival, not the answer."""
    lags = np.sort(late_now_and_then(30 * MS))[::-1]
    seen = recorded(DUE, 2 * MS, lag=np.maximum.accumulate(DUE + lags) - DUE)
    assert largest(seen) == pytest.approx(2 * WAY, abs=1 * US)
    assert findings(seen) == [Finding.HOLDS, Finding.HOLDS]


def test_less_time_than_the_server_took_fails() -> None:
    """Here the record says 1 ms more of every request than can be true."""
    seen = recorded(DUE, 2 * MS)
    assert seen.answers is not None
    lying = replace(seen.answers, left=seen.answers.left + 1 * MS)
    assert findings(replace(seen, answers=lying)) == [Finding.FAILS, Finding.HOLDS]


def reporting(seen: Recorded, times: Histogram) -> Recorded:
    """The same load, of which the instrument reports other response times."""
    said = replace(seen.trace.observation, response=times)
    return replace(seen, trace=replace(seen.trace, observation=said))


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (0.5, [Finding.FAILS, Finding.FAILS]),
        (1.0, [Finding.HOLDS, Finding.HOLDS]),
        (2.0, [Finding.HOLDS, Finding.FAILS]),
    ],
)
def test_figures_of_other_times_than_were_measured_fail(
    factor: float, expected: list[Finding]
) -> None:
    """Too short, or too long: then the parts do not add up."""
    seen = recorded(DUE, 50 * MS, connections=1000)
    times = Histogram.of(np.full(len(DUE), round((50 * MS + 2 * WAY) * factor)))
    assert findings(reporting(seen, times)) == expected


def test_nothing_reported_fails() -> None:
    """Where there were requests."""
    assert findings(reporting(recorded(DUE, MS), Histogram.empty())) == [Finding.FAILS] * 2


def test_without_books_nothing_is_claimed_and_nothing_is_exact() -> None:
    """That the books are of other requests fails elsewhere."""
    seen = replace(recorded(DUE, MS), answers=None)
    assert causes("a load", seen) == []
    assert exactness.figures("a load", seen) == []
    assert exactness.closed_loop("a load", seen) == []
    assert errors(seen) == {}


def test_what_is_exact_is_noted() -> None:
    """Figures with their sign, single requests without."""
    figures, requests = exactness.figures("a load", recorded(DUE, 2 * MS))
    assert {figures.finding, requests.finding} == {Finding.NOTED}
    assert figures.measured.count("+10") == 5
    assert requests.measured == "10, 10 us"


def test_a_closed_loop_contains_the_clients_delay() -> None:
    """It is noted, and is not in the budget."""
    seen = recorded(DUE, 2 * MS, delay=90 * US, closed=True)
    (found,) = exactness.closed_loop("busy", seen)
    assert found.measured.count("+100") == 5


def test_lag_is_noted() -> None:
    """Or that nothing is known of it."""
    lags = Histogram.of(np.full(100, 55 * US))
    assert exactness.lag("a load", observation(send_lag=lags)).measured == "55, 55 us"
    assert exactness.lag("a load", observation(send_lag=Histogram.empty())).measured == "none"


def test_how_late_the_server_was_is_noted() -> None:
    """Beyond what it was to take."""
    seen = recorded(DUE, 3 * MS)
    assert seen.answers is not None
    found = exactness.lateness("a load", seen.answers, np.full(len(DUE), 2 * MS))
    assert found.measured == "1,000, 1,000 us"
