"""Queues in virtual time: slices as the generator would see them, and the exact capacity."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from bench.analysis.capacity.goal import CapacityGoal, resolved
from bench.analysis.capacity.phases import START_SHARE
from bench.analysis.capacity.search import Scope, Search
from bench.analysis.capacity.slo import ClauseCounts, Trial
from bench.analysis.capacity.verification import Verification
from bench.proof.selftest.queue_recursion import responses
from bench.proof.selftest.queueing_theory import Law, TheoreticalQueue

NS = 1e9
TOP_RATE = 100_000.0


@dataclass(frozen=True)
class Server:
    """A queue that serves `mu` requests a second; its capacity is where p95 is `limit_s`."""

    law: Law
    mu: float
    limit_s: float

    @property
    def capacity(self) -> float:
        """The exact rate at which p95 reaches the limit, requests a second.

        Of a constant service time by bisection, up to a load at which Erlang's formula is exact.
        """
        if self.law is Law.EXPONENTIAL:
            return self.mu - log(20) / self.limit_s
        low, high = 0.0, 0.95 * self.mu
        for _ in range(60):
            rate = (low + high) / 2
            p95_ns = TheoreticalQueue(self.law, rate, round(NS / self.mu)).percentile_ns(95)
            low, high = (rate, high) if p95_ns < self.limit_s * NS else (low, rate)
        return low

    def aim(self, budget_s: float | None = None, resolution: float = 0.03) -> CapacityGoal:
        """What a search for it would be asked."""
        return resolved(f"p95<{self.limit_s * 1e3:g}ms", resolution, budget_s, 3.0)

    def slice(self, rng: np.random.Generator, rate: float, aim: CapacityGoal) -> Trial:
        """One slice: an empty queue at first, a lead-in, and a window of which all counts."""
        length_s = aim.lead_in_s + aim.window_s
        arrivals_s = np.sort(rng.random(rng.poisson(rate * length_s))) * length_s
        arrivals = (arrivals_s * NS).astype(np.int64)
        counted = responses(arrivals, self._services(rng, len(arrivals)))[
            arrivals_s >= aim.lead_in_s
        ]
        slow = int((counted > self.limit_s * NS).sum())
        return (ClauseCounts(slow, len(counted)),)

    def _services(self, rng: np.random.Generator, requests: int) -> np.typing.NDArray[np.int64]:
        mean_ns = NS / self.mu
        if self.law is Law.CONSTANT:
            return np.full(requests, round(mean_ns))
        return rng.exponential(mean_ns, requests).astype(np.int64)


Offer = Callable[[float], Trial | None]


def searched(aim: CapacityGoal, start: float, offer: Offer, top: float = TOP_RATE) -> Search:
    """Search until nothing is left to learn, or the time that an aim gives is spent."""
    search = Search(aim.slo, Scope(start, top, aim.resolution, aim.search_slices))
    follow(search, offer, aim.search_slices)
    return search


def follow(machine: Search | Verification, offer: Offer, slices: int) -> int:
    """Offer what a state machine asks for, as long as it asks; how many slices that took."""
    for taken in range(slices):
        rate = machine.next_rate()
        if rate is None:
            return taken
        machine.learn(rate, offer(rate))
    return slices


def search_of(server: Server, seed: int, aim: CapacityGoal) -> Search:
    """Search for the capacity of a queue from half of what it serves."""
    rng = np.random.default_rng(seed)
    return searched(aim, server.mu * START_SHARE, lambda rate: server.slice(rng, rate, aim))


def steady(capacity: float) -> Offer:
    """A server that holds p95 below its capacity without exception, and nothing above it."""
    return lambda rate: (ClauseCounts(0 if rate < capacity else 1000, 1000),)
