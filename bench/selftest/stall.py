"""A server that stands still for a known time: who must be slow, and by how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.domain import Claim
from bench.selftest.claims import claim, noted
from bench.selftest.tolerances import CATCHING_UP_NS
from bench.selftest.words import ms, percent
from bench.stats.histogram import Histogram

GROUP: Final = "A server that stands still for a time S (SIGSTOP)"
_AT: Final = (0.25, 0.5, 0.75)  # of the stall


@dataclass(frozen=True, slots=True)
class Stall:
    """How long a server stood still, at least and at most, ns, by the clock around the signals."""

    least_ns: int
    most_ns: int

    @property
    def middle_ns(self) -> float:
        """Half-way between them."""
        return (self.least_ns + self.most_ns) / 2


def open_loop(stall: Stall, window_ns: int, responses: NDArray[np.int64]) -> list[Claim]:
    """Requests at a constant rate, shape (n,), ns: (S - t) / D of them are slower than t."""
    return [_shares(stall, window_ns, responses), _maximum(stall, responses)]


def _shares(stall: Stall, window_ns: int, responses: NDArray[np.int64]) -> Claim:
    times = [share * stall.middle_ns for share in _AT]
    expected = [(stall.middle_ns - time) / window_ns for time in times]
    measured = [float((responses > time).mean()) for time in times]
    allowed = (
        CATCHING_UP_NS + (stall.most_ns - stall.least_ns) / 2 + window_ns / len(responses)
    ) / window_ns
    return claim(
        GROUP,
        f"S = {ms(stall.middle_ns, digits=0)}: slower than S/4, S/2, 3S/4",
        f"{percent(*expected)} (within {allowed * 100:.1f})",
        percent(*measured),
        holds=_all_within(expected, measured, allowed),
    )


def _all_within(expected: Sequence[float], measured: Sequence[float], allowed: float) -> bool:
    return all(abs(a - b) <= allowed for a, b in zip(expected, measured, strict=True))


def _maximum(stall: Stall, responses: NDArray[np.int64]) -> Claim:
    gap = CATCHING_UP_NS
    low, high = stall.least_ns - gap, stall.most_ns + gap
    longest = int(responses.max(initial=0))
    return claim(
        GROUP,
        "the slowest request",
        f"{low / 1e6:.0f} to {ms(high, digits=0)}",
        ms(longest, digits=0),
        holds=low <= longest <= high,
    )


def closed_loop(stall: Stall, connections: int, services: NDArray[np.int64]) -> Claim:
    """Every connection has one request that waited for the end of the stall, and no other."""
    slow = int((services > stall.middle_ns / 2).sum())
    return claim(
        GROUP,
        "closed loop: slower than S/2",
        f"{connections}, one a connection",
        f"{slow}",
        holds=slow == connections,
    )


def omission(services: Histogram) -> Claim:
    """Note how little a closed loop sees of a stall: coordinated omission."""
    tail = services.percentile_ns(99)
    return noted(GROUP, "closed loop: p99 of the same stall", "none" if tail is None else ms(tail))
