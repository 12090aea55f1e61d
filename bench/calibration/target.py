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
    """A bound for ours / wrk, without unit; `least`: it must not be less, else not more.

    far: how far the interval may reach beyond the bound; None: not at all.
    """

    words: str
    figure: Figure
    bound: float
    least: bool
    far: float | None = None

    def standing(self, comparison: Comparison) -> Standing:
        """Met if the ratio is within the bound and all of its interval as far as it may reach.

        Not met if all of the interval is beyond the bound; not decided without one.
        """
        ratio, far = comparison.ratio, self.bound if self.far is None else self.far
        if ratio.lo is None or ratio.hi is None:
            return Standing.NOT_DECIDED
        worst, best = (ratio.lo, ratio.hi) if self.least else (ratio.hi, ratio.lo)
        if self._beyond(best, self.bound):
            return Standing.NOT_MET
        missed = self._beyond(ratio.value, self.bound) or self._beyond(worst, far)
        return Standing.NOT_DECIDED if missed else Standing.MET

    def _beyond(self, value: float, bound: float) -> bool:
        return value < bound if self.least else value > bound


SPEED: Final = Target(
    "at least 0.8 of wrk's requests a second on the null server",
    Figure.THROUGHPUT, 0.8, least=True,
)  # fmt: skip
COST: Final = Target(
    "at most 0.95 of wrk's CPU a request on the null server, the interval at most 1.0",
    Figure.CPU_NS, 0.95, least=False, far=1.0,
)  # fmt: skip
SERVER_COST: Final = Target(
    "at most 1.1 of wrk's CPU a request on uvicorn",
    Figure.CPU_NS, 1.1, least=False,
)  # fmt: skip
AGREEMENT: Final = Target(
    "at least 0.97 of wrk's requests a second on each server",
    Figure.THROUGHPUT, 0.97, least=True,
)  # fmt: skip
