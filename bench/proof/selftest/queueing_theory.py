"""Queueing theory: what a queue with one server must come to, and how far chance may take it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import exp, factorial, floor, fsum, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.facts.selftest import Claim
from bench.proof.selftest.claims import claim
from bench.proof.selftest.formatting import ms
from bench.proof.selftest.queue_recursion import responses
from bench.stats.units import NS_PER_S

GROUP: Final = "A queue with its planned arrivals, compared with theory (999 simulations)"
REPLICATES: Final = 999
_HALVINGS: Final = 60


class Law(StrEnum):
    """How service times are distributed; arrivals are Poisson."""

    EXPONENTIAL = "exponential"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class TheoreticalQueue:
    """M/M/1 or M/D/1: a Poisson process of `rate` requests a second, served in `service_ns`."""

    law: Law
    rate: float
    service_ns: int

    @property
    def load(self) -> float:
        """Share of the time that the server is busy, rho."""
        return self.rate * self.service_ns / NS_PER_S

    @property
    def name(self) -> str:
        """Name it as theory does (Kendall), with its load."""
        return f"{'M/M/1' if self.law is Law.EXPONENTIAL else 'M/D/1'} at {self.load:.0%}"

    def mean_ns(self) -> float:
        """Mean time in the system, ns: Pollaczek and Khinchine (Kleinrock I, 5.6)."""
        doubled = 2 if self.law is Law.CONSTANT else 1
        return self.service_ns * (1 + self.load / (doubled * (1 - self.load)))

    def percentile_ns(self, percent: float) -> float:
        """Percentile of the time in the system, ns.

        M/M/1: it is exponential (Kleinrock I, 5.118). M/D/1: by bisection of Erlang's formula.
        """
        if self.law is Law.EXPONENTIAL:
            return self.mean_ns() * log(100 / (100 - percent))
        return self.service_ns * (1 + _inverse(lambda x: _wait(x, self.load), percent / 100))


def _wait(services: float, load: float) -> float:
    """Probability that a request of M/D/1 waits no longer than so many services.

    Erlang (1909): (1 - rho) * sum over k <= x of (rho (k - x))^k / k! * exp(-rho (k - x)). The
    terms alternate; up to 20 services, doubles leave nine digits right.
    """
    late = [load * (k - services) for k in range(floor(services) + 1)]
    return (1 - load) * fsum(at**k / factorial(k) * exp(-at) for k, at in enumerate(late))


def _inverse(increasing: Callable[[float], float], value: float) -> float:
    """Where an increasing function of x >= 0 reaches a value."""
    low, high = 0.0, 1.0
    while increasing(high) < value:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if increasing(middle) < value else (low, middle)
    return high


@dataclass(frozen=True, slots=True)
class Simulated:
    """Mean and p99 of the time in the system in each of REPLICATES slices, ns."""

    means: NDArray[np.float64]
    tails: NDArray[np.float64]


def simulate(queue: TheoreticalQueue, lead_in: int, counted: int, seed: int) -> Simulated:
    """Slices of the same queue, of which the first `lead_in` requests are not counted.

    A right slice is as good as any of them, so that it is outside of their range by chance in 2
    of 1,000 (Barnard's test; Dwass 1957).
    """
    random = np.random.default_rng(seed)
    shape = (REPLICATES, lead_in + counted)
    arrivals = np.cumsum(random.exponential(NS_PER_S / queue.rate, shape), axis=1).astype(np.int64)
    seen = responses(arrivals, _services(queue, random, shape))[:, lead_in:]
    return Simulated(seen.mean(axis=1), np.percentile(seen, 99, axis=1))


def _services(
    queue: TheoreticalQueue, random: np.random.Generator, shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Service times, ns; exponential ones are the quantiles of the law, each once, shuffled."""
    if queue.law is Law.CONSTANT:
        return np.full(shape, queue.service_ns)
    quantiles = -np.log1p(-(np.arange(shape[1]) + 0.5) / shape[1]) * queue.service_ns
    rows = np.broadcast_to(quantiles.astype(np.int64), shape)
    shuffled: NDArray[np.int64] = random.permuted(rows, axis=1)
    return shuffled


def claims(
    queue: TheoreticalQueue, planned: NDArray[np.int64], simulated: Simulated
) -> list[Claim]:
    """Hold mean and p99 of a plan against theory: times in the system by Lindley's recursion, ns.

    What is planned depends on no machine; whether it was kept is looked at elsewhere.
    """
    mean, tail = float(planned.mean()), float(np.percentile(planned, 99))
    return [
        _claim(queue, "mean", queue.mean_ns(), simulated.means, mean),
        _claim(queue, "p99", queue.percentile_ns(99), simulated.tails, tail),
    ]


def _claim(
    queue: TheoreticalQueue,
    figure: str,
    true_ns: float,
    simulated: NDArray[np.float64],
    planned_ns: float,
) -> Claim:
    low, high = float(simulated.min()), float(simulated.max())
    return claim(
        GROUP,
        f"{queue.name}: {figure}",
        f"{ms(true_ns)} ({low / 1e6:.2f} to {high / 1e6:.2f})",
        ms(planned_ns),
        holds=low <= planned_ns <= high,
    )
