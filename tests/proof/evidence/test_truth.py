"""What a known server must come to: against brute force, and against closed forms."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.proof.known_answers.recursive_queue import TIMES, RecursiveQueue, figures, poisson
from bench.proof.reference.apps.stall_rules import Rule, rule
from bench.proof.selftest.queue_recursion import responses

ARRIVALS = st.lists(st.integers(0, 5_000), min_size=1, max_size=60).map(
    lambda gaps: [float(each) for each in np.cumsum(gaps)]
)


@pytest.mark.parametrize("every", [1, 3, 7])
@given(arrivals_s=ARRIVALS)
@settings(max_examples=30)
def test_stalls_by_requests_are_longer_services(every: int, arrivals_s: list[float]) -> None:
    """The self-test's recursion comes to the same, when each such request takes longer."""
    queue = RecursiveQueue(200.0, stalls=f"requests/{every}/1000")
    numbers = np.arange(1, len(arrivals_s) + 1)
    services = np.where(numbers % every == 0, 1200, 200)
    expected = responses(np.array(arrivals_s, dtype=np.int64), services)
    assert list(expected) == list(queue.response_times(arrivals_s))


def by_ticks(arrivals: list[int], service: int, after: int, stalls: Rule) -> list[int]:
    """Times of an event loop that is watched from tick to tick: what has come, what it is doing."""
    coming, times = list(enumerate(arrivals)), [0] * len(arrivals)
    now, busy_until = 0, 0
    while coming:
        if now < busy_until:
            now += 1
            continue
        batch = [one for one in coming if one[1] <= now]
        coming = coming[len(batch) :]
        at = now
        for number, arrival in batch:
            at += int(stalls.stall_s(at)) + service
            times[number] = at - arrival
        busy_until = at + after * len(batch)
        now += not batch
    return times


@pytest.mark.parametrize("text", ["never", "requests/3/40", "clock/100/30", "load/90/50"])
def test_a_queue_does_what_a_server_does_from_tick_to_tick(text: str) -> None:
    """Whatever its stalls, and with work after its answers: brute force."""
    random = np.random.default_rng(3)
    arrivals = [int(each) for each in np.cumsum(random.integers(1, 30, 300))]
    expected = by_ticks(arrivals, 7, 4, rule(text))
    queue = RecursiveQueue(7.0, after_s=4.0, stalls=text)
    assert expected == [round(each) for each in queue.response_times([float(a) for a in arrivals])]


def test_a_stalled_share_of_the_time_delays_the_same_share_of_requests() -> None:
    """0.4 s in every 4 s: the share slower than t is (0.4 - t) / 4, as of a frozen server."""
    arrivals_s = [number / 1000 for number in range(400_000)]
    times_s = RecursiveQueue(1e-9, stalls="clock/4/0.4").response_times(arrivals_s)
    found = figures(times_s)
    assert found["p50_ms"] == pytest.approx(0, abs=0.01)
    assert found["p95_ms"] == pytest.approx(200, abs=2)
    assert found["p99_ms"] == pytest.approx(360, abs=2)
    assert found["avg_ms"] == pytest.approx(0.4**2 / 2 / 4 * 1000, rel=0.01)


def test_without_stalls_it_is_the_queue_of_theory() -> None:
    """M/D/1: the mean wait is rho s / (2 (1 - rho)) (Pollaczek and Khinchine)."""
    queue = RecursiveQueue(0.0005)
    times_s = queue.response_times(poisson(1000, 300_000, seed=1))
    assert figures(times_s)["avg_ms"] == pytest.approx(0.75, rel=0.02)


def test_work_after_an_answer_delays_those_that_come_during_it() -> None:
    """And none that have come before it: they are answered first, and their work comes after."""
    queue = RecursiveQueue(1.0, after_s=10.0)
    times_s = queue.response_times([0.0, 3.0, 5.0, 10.0, 40.0])
    # The first works until 11; the next three are answered at 12, 13 and 14, and work until 44.
    assert list(times_s) == [1.0, 9.0, 8.0, 4.0, 5.0]


def test_figures_are_named_as_in_the_summary() -> None:
    """Average and percentiles, of milliseconds."""
    found = figures(np.arange(1, 101) / 1000)
    assert tuple(found) == TIMES
    assert list(found.values()) == pytest.approx([50.5, 50, 90, 95, 99])


def test_arrivals_are_a_poisson_process() -> None:
    """They come at the rate, and gaps are as spread as they are long."""
    gaps = [later - earlier for earlier, later in pairwise(poisson(500, 50_000, seed=4))]
    assert np.mean(gaps) == pytest.approx(0.002, rel=0.03)
    assert np.std(gaps) == pytest.approx(0.002, rel=0.03)
