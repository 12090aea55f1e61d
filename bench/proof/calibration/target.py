"""What the generator must reach beside wrk, and whether it does."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.proof.calibration.results import CalibrationFigure
from bench.stats.compare import Comparison


class TargetStanding(StrEnum):
    """Where an interval lies of a bound; the value is what tables say."""

    MET = "met"
    NOT_MET = "not met"
    NOT_DECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class CalibrationTarget:
    """A bound for ours / wrk, without unit; `least`: it must not be less, else not more.

    far: how far the interval may reach beyond the bound; None: not at all.
    """

    words: str
    figure: CalibrationFigure
    bound: float
    least: bool
    far: float | None = None

    def standing(self, comparison: Comparison) -> TargetStanding:
        """Met if the ratio is within the bound and all of its interval as far as it may reach.

        Not met if all of the interval is beyond the bound; not decided without one.
        """
        ratio, far = comparison.ratio, self.bound if self.far is None else self.far
        if ratio.lo is None or ratio.hi is None:
            return TargetStanding.NOT_DECIDED
        worst, best = (ratio.lo, ratio.hi) if self.least else (ratio.hi, ratio.lo)
        if self._beyond(best, self.bound):
            return TargetStanding.NOT_MET
        missed = self._beyond(ratio.value, self.bound) or self._beyond(worst, far)
        return TargetStanding.NOT_DECIDED if missed else TargetStanding.MET

    def _beyond(self, value: float, bound: float) -> bool:
        return value < bound if self.least else value > bound


SPEED: Final = CalibrationTarget(
    "at least 0.8 of wrk's requests a second on the null server",
    CalibrationFigure.THROUGHPUT, 0.8, least=True,
)  # fmt: skip
COST: Final = CalibrationTarget(
    "at most 0.95 of wrk's CPU per request on the null server, the interval at most 1.0",
    CalibrationFigure.CPU_NS, 0.95, least=False, far=1.0,
)  # fmt: skip
SERVER_COST: Final = CalibrationTarget(
    "at most 1.1 of wrk's CPU per request on uvicorn",
    CalibrationFigure.CPU_NS, 1.1, least=False,
)  # fmt: skip
STREAMS_SPEED: Final = CalibrationTarget(
    "at least 1.0 of h2load's requests a second over h2c on nginx",
    CalibrationFigure.THROUGHPUT, 1.0, least=True,
)  # fmt: skip
STREAMS_COST: Final = CalibrationTarget(
    "at most 1.0 of h2load's CPU per request over h2c on nginx",
    CalibrationFigure.CPU_NS, 1.0, least=False,
)  # fmt: skip
AGREEMENT: Final = CalibrationTarget(
    "at least 0.97 of wrk's requests a second on each server",
    CalibrationFigure.THROUGHPUT, 0.97, least=True,
)  # fmt: skip
