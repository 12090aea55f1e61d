"""A figure and its interval, which travel together."""

from dataclasses import dataclass
from enum import StrEnum
from math import exp, inf

CONFIDENCE = 0.95  # of every interval, unless a function is told otherwise
ROUNDS_NEEDED = 3  # fewer fresh processes than this say nothing about how processes differ


class Replicates(StrEnum):
    """What an interval was made of, and so what it covers."""

    ROUNDS = "rounds"  # fresh processes: the interval covers how one start differs from the next
    SLICES = "slices"  # moments of the same processes: it does not
    NONE = "none"  # there was nothing to compare with: no interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the bounds of its interval, all in one unit.

    `lo` and `hi` are None where the figure was not replicated: there is no interval then, which
    is not the same as a narrow one.
    """

    value: float
    lo: float | None = None
    hi: float | None = None

    def scaled(self, factor: float) -> "Estimate":
        """Change the unit: value and bounds times `factor` (> 0)."""
        return Estimate(
            self.value * factor,
            None if self.lo is None else self.lo * factor,
            None if self.hi is None else self.hi * factor,
        )


def exponential(exponent: float) -> float:
    """E to a power; infinite where float64 ends."""
    return exp(exponent) if exponent < 700 else inf  # noqa: PLR2004
