"""The offered rate that all servers get where none was asked for: what the slowest can hold."""

from collections.abc import Sequence
from typing import Final

AUTO_SHARE: Final = 0.5  # of the slowest server's closed-loop throughput, for `--rate auto`


def offered_rate(throughputs: Sequence[float]) -> float:
    """Requests a second that every server can hold: AUTO_SHARE of the slowest's, two digits.

    Raises ValueError when a server answered nothing in the pilot.
    """
    slowest = min(throughputs)
    if slowest <= 0:
        raise ValueError("a server answered nothing in the pilot")
    return float(f"{slowest * AUTO_SHARE:.2g}")
