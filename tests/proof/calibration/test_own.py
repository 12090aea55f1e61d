"""Our own clients: what the generator has observed, as a slice of a calibration."""

import numpy as np

from bench.facts.slice import Observation, Outcome
from bench.proof.calibration.client import ClientSlice, Fault
from bench.proof.calibration.own import measured
from bench.stats.histogram import Histogram
from tests.build.slices import observation


def seen(outcomes: dict[Outcome, int], answered: int, errors: tuple[str, ...] = ()) -> Observation:
    """Half a second, in which every answer took 1 ms."""
    return observation(
        window_ns=500_000_000,
        outcomes=outcomes,
        answered_in_window=answered,
        in_flight_mean=1.0,
        service=Histogram.of(np.full(answered, 1_000_000)),
        waiting_at_start=1,
        waiting_at_end=1,
        cpu_requests=2 * answered,
        connections_opened=3,
        connections_lost=3,
        generator_cpu_ns=10_000_000,
        generator_cpu_share=1.0,
        starved_share=None,
        errors=errors,
    )


def test_right_answers_are_figures() -> None:
    """CPU is over all requests of the slice, not only those of the window."""
    found = measured(seen({Outcome.OK: 100}, 100))
    assert isinstance(found, ClientSlice)
    assert (found.throughput, found.cpu_ns, found.closed) == (200.0, 50_000.0, 3)
    for latency_ns in (found.mean_ns, found.p50_ns, found.p99_ns):
        assert latency_ns is not None
        assert abs(latency_ns / 1e6 - 1) < 0.001


def test_one_wrong_answer_is_a_fault() -> None:
    """With how many there were of each kind, and the first of them in words."""
    outcomes = {Outcome.OK: 97, Outcome.WRONG_BODY: 1, Outcome.TIMEOUT: 2}
    assert measured(seen(outcomes, 97, ("GET /items/7: not an item",))) == Fault(
        "3 of 100 requests failed (2 timeout, 1 wrong_body); the first: GET /items/7: not an item"
    )


def test_no_answer_in_the_window_is_a_fault() -> None:
    """Though nothing was wrong with those that came later."""
    assert measured(seen({Outcome.OK: 2}, 0)) == Fault("0 of 2 requests failed (none right)")


def test_nothing_sent_is_a_fault() -> None:
    """Such as when no connection could be opened before the slice."""
    assert measured(seen({}, 0, ("connect_failed: refused",))) == Fault(
        "nothing was sent: connect_failed: refused"
    )
