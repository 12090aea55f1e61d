"""Kolmogorov and Smirnov's test against published figures."""

import numpy as np
import pytest

from bench.stats.kolmogorov import distance, p_value


@pytest.mark.parametrize(
    ("n", "critical", "p"),
    [
        (10, 0.40925, 0.05),
        (10, 0.48893, 0.01),
        (20, 0.29408, 0.05),
        (20, 0.35241, 0.01),
        (100, 0.13403, 0.05),
        (100, 0.16081, 0.01),
    ],
)
def test_published_critical_values_have_their_p(n: int, critical: float, p: float) -> None:
    """Miller, J. Am. Stat. Assoc. 51 (1956), table 1; Stephens' approximation is off by 4 %."""
    assert p_value(critical, n) == pytest.approx(p, rel=0.04)


@pytest.mark.parametrize(("x", "p"), [(1.22385, 0.1), (1.35810, 0.05), (1.62762, 0.01)])
def test_many_values_have_the_limiting_law(x: float, p: float) -> None:
    """Smirnov, Ann. Math. Stat. 19 (1948)."""
    n = 10**12
    assert p_value(x / n**0.5, n) == pytest.approx(p, rel=1e-4)


def test_no_distance_is_certain() -> None:
    """And any distance less than that."""
    assert p_value(0.0, 10) == 1
    assert p_value(0.05, 10) == pytest.approx(1)


def test_both_series_agree_where_they_meet() -> None:
    """The one for small distances and the one for large."""
    n = 10**12
    below, above = (p_value(x / n**0.5, n) for x in (1.18 - 1e-9, 1.18 + 1e-9))
    assert below == pytest.approx(above, abs=1e-7)


@pytest.mark.parametrize(
    ("cumulative", "expected"),
    [([0.5], 0.5), ([0.0], 1.0), ([0.25, 0.75], 0.25), ([0.5, 0.6, 0.9], 0.5), ([0.1, 0.2], 0.8)],
)
def test_distance_looks_above_and_below_each_step(cumulative: list[float], expected: float) -> None:
    """By hand."""
    assert distance(np.array(cumulative)) == pytest.approx(expected)


def test_right_values_are_rejected_as_often_as_the_level_says() -> None:
    """At 5 %, of 2,000 samples of 200 values."""
    samples = np.sort(np.random.default_rng(1).random((2000, 200)), axis=1)
    rejected = sum(p_value(distance(sample), 200) < 0.05 for sample in samples)
    assert 70 <= rejected <= 130
