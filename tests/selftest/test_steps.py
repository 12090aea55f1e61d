"""Servers of one or two response times."""

import numpy as np
import pytest

from bench.domain import Finding
from bench.selftest.steps import constant, two_points
from bench.stats.histogram import Histogram

MS = 1_000_000


def of(*times: tuple[float, int]) -> Histogram:
    """So many times in ms, each so often."""
    return Histogram.of(np.concatenate([np.full(n, int(t * MS)) for t, n in times]))


@pytest.mark.parametrize(
    ("reported", "finding"),
    [
        (of((50.1, 1000)), Finding.HOLDS),
        (of((50.1, 980), (50.9, 20)), Finding.HOLDS),
        (of((50.1, 980), (51.1, 20)), Finding.FAILS),
        (of((50.3, 1000)), Finding.FAILS),
        (of((49.0, 20), (50.1, 980)), Finding.FAILS),
        (of((25.0, 1000)), Finding.FAILS),
        (Histogram.empty(), Finding.FAILS),
    ],
)
def test_a_constant_server_reads_the_same_everywhere(reported: Histogram, finding: Finding) -> None:
    """50 ms at every percentile; 25 is what autocannon's correction makes of it."""
    assert constant(50 * MS, reported).finding is finding


@pytest.mark.parametrize(
    ("reported", "finding"),
    [
        (of((5.1, 900), (50.1, 100)), Finding.HOLDS),
        (of((5.1, 899), (50.1, 101)), Finding.FAILS),
        (of((5.1, 951), (50.1, 49)), Finding.FAILS),
        (of((4.9, 900), (50.1, 100)), Finding.FAILS),
        (of((5.1, 900), (49.0, 100)), Finding.FAILS),
        (of((5.1, 900), (90.0, 100)), Finding.FAILS),
        (Histogram.empty(), Finding.FAILS),
    ],
)
def test_the_step_lies_between_p90_and_p95(reported: Histogram, finding: Finding) -> None:
    """p90 of nine in ten is the last of the fast ones: one fast request less and it is slow."""
    assert two_points(5 * MS, 50 * MS, reported).finding is finding
