"""Servers of one or two response times: what every percentile must read."""

from collections.abc import Sequence
from typing import Final

from bench.domain import Claim
from bench.selftest.claims import claim
from bench.selftest.tolerances import FIGURE_ERROR_NS, TAIL_ERROR_NS
from bench.selftest.words import ms, signed_us, us
from bench.stats.histogram import Histogram

GROUP: Final = "Servers of known response times"
BUCKET: Final = 0.0005  # a histogram's value is off by so much of itself, see bench.stats.histogram
_EVERY: Final = (1, 50, 90, 95)
_TWO: Final = (50, 90, 95, 99)
_FAST: Final = 2  # of these, the first two


def constant(true_ns: int, reported: Histogram) -> Claim:
    """Every percentile of a server that always takes the same time is that time."""
    errors = [each - true_ns for each in _percentiles(reported, (*_EVERY, 99))]
    least, limits = -true_ns * BUCKET, [FIGURE_ERROR_NS] * len(_EVERY) + [TAIL_ERROR_NS]
    return claim(
        GROUP,
        f"always {ms(true_ns, digits=0)}: error of p1, p50, p90, p95, p99",
        f"at most {FIGURE_ERROR_NS / 1e3:.0f}; p99 {us(TAIL_ERROR_NS)}",
        signed_us(*errors),
        holds=all(least <= each <= most for each, most in zip(errors, limits, strict=True)),
    )


def two_points(fast_ns: int, slow_ns: int, reported: Histogram) -> Claim:
    """Nine in ten fast, one slow: p90 is the last of the fast, p95 is slow.

    The step between them is unmistakable: what lies beyond the middle is on its other side.
    """
    found = _percentiles(reported, _TWO)
    fast, slow = found[:_FAST], found[_FAST:]
    middle = (fast_ns + slow_ns) / 2
    return claim(
        GROUP,
        f"nine in ten {ms(fast_ns, digits=0)}, one {ms(slow_ns, digits=0)}: p50, p90, p95, p99",
        ms(fast_ns, fast_ns, slow_ns, slow_ns, digits=1),
        ms(*found, digits=1),
        holds=all(fast_ns * (1 - BUCKET) <= each < middle for each in fast)
        and all(slow_ns * (1 - BUCKET) <= each < slow_ns + middle for each in slow),
    )


def _percentiles(reported: Histogram, percents: Sequence[float]) -> list[float]:
    found = [reported.percentile_ns(percent) for percent in percents]
    return [float("nan") if each is None else each for each in found]
