"""What the generator must reach beside wrk, and whether it does."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.calibration.found import Figure
from bench.stats.compare import Comparison


class Standing(StrEnum):
    """Where an interval lies of a bound; the value is what tables say."""

    MET = "met"
    NOT_MET = "not met"
    NOT_DECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for ours / wrk, without unit; `least`: it must not be less, else not more."""

    words: str
    figure: Figure
    bound: float
    least: bool

    def standing(self, comparison: Comparison) -> Standing:
        """Met or not if all of the interval says so; not decided without one."""
        lo, hi = comparison.ratio.lo, comparison.ratio.hi
        if lo is None or hi is None:
            return Standing.NOT_DECIDED
        worst, best = (lo, hi) if self.least else (-hi, -lo)
        bound = self.bound if self.least else -self.bound
        if worst >= bound:
            return Standing.MET
        return Standing.NOT_MET if best < bound else Standing.NOT_DECIDED


SPEED: Final = Target(
    "at least 0.8 of wrk's requests a second on the null server",
    Figure.THROUGHPUT, 0.8, least=True,
)  # fmt: skip
COST: Final = Target(
    "at most 1.25 of wrk's CPU a request on the null server",
    Figure.CPU_NS, 1.25, least=False,
)  # fmt: skip
AGREEMENT: Final = Target(
    "at least 0.97 of wrk's requests a second on each server",
    Figure.THROUGHPUT, 0.97, least=True,
)  # fmt: skip
