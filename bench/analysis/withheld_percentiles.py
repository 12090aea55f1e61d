"""Which percentiles enough requests stand behind."""

from typing import Final

PERCENTS: Final = (50.0, 90.0, 95.0, 99.0)

BEYOND: Final = 5
"""Requests that lie beyond a percentile, at the least. With so many expected, chance leaves none
beyond the true one in e^-5 of all samples, 0.7 %; of 70 requests, p99 is merely the longest."""


def known(percent: float, requests: int) -> bool:
    """Whether so many requests are enough for a percentile; else it is withheld."""
    return requests * (100 - percent) / 100 >= BEYOND
