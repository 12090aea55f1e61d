"""Intended send times as pure functions of rate, length and seed."""

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from bench.facts.load import Arrivals


def intended_ns(arrivals: Arrivals, rate: float, duration_s: float, seed: int) -> NDArray[np.int64]:
    """Offsets from the start at which requests are due, ns, ascending, all below `duration_s`.

    `rate` is requests a second and must be positive. Constant gaps are 1/rate from a random phase
    (else every slice would begin in step with the timer); Poisson gaps are exponential with mean
    1/rate.
    """
    random = np.random.default_rng(seed)
    match arrivals:
        case Arrivals.CONSTANT:
            phase = random.random() / rate
            due_s = phase + np.arange(int(duration_s * rate) + 1) / rate
        case Arrivals.POISSON:
            due_s = _poisson(random, rate, duration_s)
        case Arrivals.LOG:
            raise ValueError("a log says itself when its requests are due")
        case _:
            assert_never(arrivals)
    within = due_s[due_s < duration_s]
    return (within * 1e9).astype(np.int64)


def _poisson(random: np.random.Generator, rate: float, duration_s: float) -> NDArray[np.float64]:
    """Arrival times of a Poisson process: given how many there are, they are uniform and sorted.

    Source: Kingman, Poisson Processes (1993), section 2.4.
    """
    count = random.poisson(rate * duration_s)
    return np.sort(random.random(count)) * duration_s
