"""Arrival processes: pure functions of rate, length and seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.facts.load import DRAWN, Arrivals
from bench.load.arrivals import intended_ns

RATES = st.floats(1, 20_000)
LENGTHS = st.floats(0.001, 0.5)
SEEDS = st.integers(0, 2**31 - 1)
KINDS = st.sampled_from(DRAWN)


@given(kind=KINDS, rate=RATES, length_s=LENGTHS, seed=SEEDS)
def test_times_ascend_within_the_slice(
    kind: Arrivals, rate: float, length_s: float, seed: int
) -> None:
    """Whatever the load: sorted, not before the start, before the end."""
    due = intended_ns(kind, rate, length_s, seed)
    assert due.dtype == np.int64
    assert (np.diff(due) >= 0).all()
    assert ((due >= 0) & (due < length_s * 1e9)).all()


@given(kind=KINDS, rate=RATES, length_s=LENGTHS, seed=SEEDS)
def test_the_same_seed_gives_the_same_times(
    kind: Arrivals, rate: float, length_s: float, seed: int
) -> None:
    """A run can be repeated."""
    once, again = (intended_ns(kind, rate, length_s, seed) for _ in range(2))
    assert once.tolist() == again.tolist()


@given(rate=RATES, length_s=LENGTHS, seed=SEEDS)
def test_constant_gaps_are_constant(rate: float, length_s: float, seed: int) -> None:
    """1/rate, but for rounding; as many as the rate demands, give or take one."""
    due = intended_ns(Arrivals.CONSTANT, rate, length_s, seed)
    assert np.abs(np.diff(due) - 1e9 / rate).max(initial=0) <= 1.5
    assert abs(len(due) - rate * length_s) <= 1


def test_constant_arrivals_begin_at_a_random_phase() -> None:
    """Uniform in the first gap: slices are not in step with each other."""
    phases = [intended_ns(Arrivals.CONSTANT, 100, 0.1, seed)[0] / 1e7 for seed in range(400)]
    assert ks_distance(np.sort(phases)) < critical(400)


def test_poisson_gaps_are_exponential() -> None:
    """Kolmogorov and Smirnov find no difference at one in a thousand."""
    rate = 5000.0
    gaps_s = np.sort(np.diff(intended_ns(Arrivals.POISSON, rate, 4.0, seed=1)) / 1e9)
    assert ks_distance(1 - np.exp(-rate * gaps_s)) < critical(len(gaps_s))


def test_poisson_counts_are_poisson() -> None:
    """Mean and variance of the number of requests are both rate x length."""
    counts = [len(intended_ns(Arrivals.POISSON, 1000, 0.1, seed)) for seed in range(2000)]
    assert np.mean(counts) == pytest.approx(100, rel=0.02)
    assert np.var(counts) == pytest.approx(100, rel=0.15)


def test_different_seeds_give_different_times() -> None:
    """Rotations do not repeat one and the same luck."""
    first = {int(intended_ns(Arrivals.POISSON, 1000, 1, seed)[0]) for seed in range(50)}
    assert len(first) == 50


def ks_distance(cdf: NDArray[np.float64]) -> float:
    """Kolmogorov-Smirnov distance, given the supposed distribution's value at each sorted value."""
    n = len(cdf)
    steps = np.arange(n + 1) / n
    return float(max(np.abs(cdf - steps[1:]).max(), np.abs(cdf - steps[:-1]).max()))


def critical(n: int) -> float:
    """The distance that chance exceeds once in a thousand: sqrt(ln(2 / 0.001) / 2n)."""
    return float(np.sqrt(np.log(2 / 0.001) / (2 * n)))
