"""The time of an experiment: what its budget and its rounds are reckoned in."""

from dataclasses import dataclass
from typing import Self

from bench.stats.units import NS_PER_S
from bench.system import clock


@dataclass(frozen=True, slots=True)
class ExperimentTime:
    """It goes on where an experiment had stopped; began_ns: when it was 0, by the clock."""

    began_ns: int

    @classmethod
    def begun(cls, spent_s: float) -> Self:
        """It goes on from now; `spent_s`: what was spent of it before."""
        return cls(clock.monotonic_ns() - round(spent_s * NS_PER_S))

    def spent_s(self) -> float:
        """How much of it is spent."""
        return (clock.monotonic_ns() - self.began_ns) / NS_PER_S
