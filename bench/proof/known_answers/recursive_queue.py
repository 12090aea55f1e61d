"""What a server of which everything is known must come to: pure, by recursion on its requests."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.proof.reference.apps.stall_rules import rule

AVERAGE: Final = "avg_ms"
PERCENTILES: Final = {"p50_ms": 50, "p90_ms": 90, "p95_ms": 95, "p99_ms": 99}
TIMES: Final = (AVERAGE, *PERCENTILES)
"""Names of the figures of times, as in summary.csv."""

_MS: Final = 1000.0


@dataclass(frozen=True, slots=True)
class RecursiveQueue:
    """A server that answers one request at a time, in the order in which they come.

    service_s: how long it takes until it answers. after_s: how long it works on for each; as an
    event loop does, it answers all that have come before it does that work, and then looks again.
    stalls: when it stands still before an answer, see `bench.proof.reference.apps.stall_rules`.
    """

    service_s: float
    after_s: float = 0.0
    stalls: str = "never"

    def response_times(self, arrivals_s: Sequence[float]) -> NDArray[np.float64]:
        """Response times of requests that come at these times, in their order, s.

        Without work after answers it is Lindley's recursion (1952): free = max(arrival, free) +
        service, where a stall that is due when a request is begun is part of its service.
        """
        stalls, free_s, answered = rule(self.stalls), 0.0, 0
        times = np.empty(len(arrivals_s))
        while answered < len(arrivals_s):
            free_s = max(free_s, arrivals_s[answered])
            come = bisect_right(arrivals_s, free_s, lo=answered)
            for index in range(answered, come):
                free_s += stalls.stall_s(free_s) + self.service_s
                times[index] = free_s - arrivals_s[index]
            free_s += self.after_s * (come - answered)
            answered = come
        return times


def poisson(rate: float, requests: int, seed: int) -> list[float]:
    """Arrival times of so many requests at a rate, s."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, requests)
    return [float(each) for each in np.cumsum(gaps)]


def figures(times_s: NDArray[np.float64]) -> Mapping[str, float]:
    """Average and percentiles, ms, by name."""
    found = np.percentile(times_s, list(PERCENTILES.values()), method="inverted_cdf")
    each = [float(times_s.mean()), *map(float, found)]
    return {name: value * _MS for name, value in zip(TIMES, each, strict=True)}
