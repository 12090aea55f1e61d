"""Queueing theory: formulas against published figures and against simulation."""

import numpy as np
import pytest

from bench.facts.load import Arrivals
from bench.facts.selftest import Finding
from bench.load.arrivals import intended_ns
from bench.proof.selftest.queue_recursion import responses
from bench.proof.selftest.queueing_theory import (
    REPLICATES,
    Law,
    Simulated,
    TheoreticalQueue,
    claims,
    simulate,
)

MS = 1_000_000


def queue(law: Law, load: float) -> TheoreticalQueue:
    """Service of 1 ms."""
    return TheoreticalQueue(law, load * 1000, MS)


@pytest.mark.parametrize(
    ("law", "load", "mean_ms", "tail_ms"),
    [
        (Law.EXPONENTIAL, 0.5, 2.0, 2 * np.log(100)),
        (Law.EXPONENTIAL, 0.8, 5.0, 5 * np.log(100)),
        (Law.CONSTANT, 0.5, 1.5, None),
        (Law.CONSTANT, 0.8, 3.0, None),
        (Law.CONSTANT, 0.000_001, 1.0, 1.0),
    ],
)
def test_formulas(law: Law, load: float, mean_ms: float, tail_ms: float | None) -> None:
    """By hand, from 1 / (mu - lambda) and rho D / (2 (1 - rho))."""
    assert queue(law, load).mean_ns() / MS == pytest.approx(mean_ms, rel=1e-5)
    if tail_ms is not None:
        assert queue(law, load).percentile_ns(99) / MS == pytest.approx(tail_ms)


@pytest.mark.parametrize("percent", [50, 90, 99])
@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("law", Law)
def test_percentiles_agree_with_a_long_simulation(law: Law, load: float, percent: float) -> None:
    """Of two million requests, to 3 %."""
    random = np.random.default_rng(7)
    n, asked = 2_000_000, queue(law, load)
    arrivals = np.cumsum(random.exponential(MS / load, n)).astype(np.int64)
    services = (
        random.exponential(MS, n).astype(np.int64)
        if law is Law.EXPONENTIAL
        else np.full(n, MS, dtype=np.int64)
    )
    simulated = float(np.percentile(responses(arrivals, services), percent))
    assert asked.percentile_ns(percent) == pytest.approx(simulated, rel=0.03)


def test_simulated_slices_surround_theory() -> None:
    """Means and 99th percentiles of all of them, on average, within a few percent."""
    asked = queue(Law.EXPONENTIAL, 0.6)
    found = simulate(asked, 200, 2000, seed=1)
    assert found.means.shape == found.tails.shape == (REPLICATES,)
    assert found.means.mean() == pytest.approx(asked.mean_ns(), rel=0.02)
    assert found.tails.mean() == pytest.approx(asked.percentile_ns(99), rel=0.05)


@pytest.mark.parametrize("law", Law)
def test_plans_of_the_generator_are_queues_of_theory(law: Law) -> None:
    """By its own arrivals, of 40 seeds, hardly any is outside of the simulations' range."""
    asked = queue(law, 0.6)
    simulated = simulate(asked, 0, 2400, seed=1)
    outside = 0
    for seed in range(40):
        due = intended_ns(Arrivals.POISSON, asked.rate, 4.0, seed)
        services = np.random.default_rng(seed + 99).exponential(MS, len(due)).astype(np.int64)
        seen = responses(due, services if law is Law.EXPONENTIAL else np.full(len(due), MS))
        outside += not simulated.means.min() <= seen.mean() <= simulated.means.max()
    assert outside <= 2


RANGE = Simulated(np.array([1.0 * MS, 2.0 * MS]), np.array([5.0 * MS, 9.0 * MS]))


@pytest.mark.parametrize(
    ("value_ms", "mean", "tail"),
    [
        (0.9, Finding.FAILS, Finding.FAILS),
        (1.5, Finding.HOLDS, Finding.FAILS),
        (2.1, Finding.FAILS, Finding.FAILS),
        (5.5, Finding.FAILS, Finding.HOLDS),
        (9.1, Finding.FAILS, Finding.FAILS),
    ],
)
def test_claims_look_at_the_range(value_ms: float, mean: Finding, tail: Finding) -> None:
    """Of all simulations: nothing is added to it, for no instrument has part in a plan."""
    planned = np.full(100, value_ms * MS).astype(np.int64)
    found = claims(queue(Law.CONSTANT, 0.5), planned, RANGE)
    assert [claim.finding for claim in found] == [mean, tail]
