"""Workloads of the reference servers: how long requests are to take, exactly."""

import httpx
import numpy as np
import pytest

from bench.load.scripts.script import LENGTH, Script
from bench.proof.reference.workloads import lying_workload, timed_workload
from bench.proof.reference.workloads.timed_workload import exchanges, time_ns


def times(path: str) -> list[int]:
    """How long the requests of one round of a script take, in order of time."""
    script = Script(exchanges(httpx.URL(f"http://127.0.0.1:8000{path}")), seed=1)
    return sorted(time_ns(line.request) for line in script.sequence_from(0))


def test_a_constant_law_has_one_time() -> None:
    """That of the URL."""
    assert set(times("/queue/constant/600000")) == {600_000}


def test_an_exponential_law_is_exact() -> None:
    """Mean and percentiles are those of the law, whatever part of a script comes first."""
    found = times("/queue/exponential/1000000")
    assert len(set(found)) == LENGTH == timed_workload.LINES
    assert np.mean(found) == pytest.approx(1_000_000, rel=1e-3)
    for percent in (50, 90, 99):
        assert np.percentile(found, percent) == pytest.approx(
            -np.log(1 - percent / 100) * 1_000_000, rel=5e-3
        )


def test_most_are_fast() -> None:
    """And the step lies well between the percentiles p90 and p95."""
    found = times("/delay/two/5000000/50000000")
    assert (found.count(5_000_000), found.count(50_000_000)) == (3768, 328)


def test_requests_name_their_way_and_time() -> None:
    """As the exact server reads it."""
    (exchange,) = exchanges(httpx.URL("http://127.0.0.1:8000/delay/constant/7"))
    assert str(exchange.request.url) == "http://127.0.0.1:8000/delay/7"
    (exchange,) = lying_workload.exchanges(httpx.URL("http://127.0.0.1:8000/wrong-body/7"))
    assert str(exchange.request.url) == "http://127.0.0.1:8000/wrong-body/7"
