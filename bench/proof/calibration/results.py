"""What a calibration has found: every slice, and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from statistics import median
from typing import Final

from bench.proof.calibration.client import ClientSlice, Fault
from bench.stats.compare import Comparison, compare

NULL: Final = "null server"


class CalibrationFigure(Enum):
    """A figure of one slice; the value is its field's name."""

    THROUGHPUT = "throughput"
    CPU_NS = "cpu_ns"
    MEAN_NS = "mean_ns"
    P50_NS = "p50_ns"
    P99_NS = "p99_ns"


@dataclass(slots=True)
class Calibration:
    """Slices by (place, client), in their order; who was to be compared where; who did not start.

    `contests` has the clients of each place. `absent` says why, by place: it has no slices then.
    """

    contests: Mapping[str, tuple[str, ...]]
    absent: Mapping[str, str] = field(default_factory=dict)
    slices: dict[tuple[str, str], list[ClientSlice | Fault]] = field(default_factory=dict)

    def add(self, place: str, client: str, seen: ClientSlice | Fault) -> None:
        """Take in one slice."""
        self.slices.setdefault((place, client), []).append(seen)

    def values(self, place: str, client: str, figure: CalibrationFigure) -> list[float]:
        """A figure of every slice that has it, if the client had no fault on that place at all."""
        return list(self._series(place, client, figure).values())

    def median(self, place: str, client: str, figure: CalibrationFigure) -> float | None:
        """The median of these; None where there are none."""
        values = self.values(place, client, figure)
        return median(values) if values else None

    def compare(
        self, place: str, subject: str, reference: str, figure: CalibrationFigure
    ) -> Comparison | None:
        """Subject / reference on one place, paired by slice; None: there is nothing to compare."""
        series = (self._series(place, client, figure) for client in (subject, reference))
        return compare(*series)

    def fault(self, place: str, client: str) -> str | None:
        """Why a client has no figures on a place: its first fault, and in how many slices."""
        slices = self.slices.get((place, client), [])
        faults = [seen for seen in slices if isinstance(seen, Fault)]
        if not faults:
            return None
        return f"{faults[0].words} (in {len(faults)} of {len(slices)} slices)"

    def closed(self, place: str, client: str) -> float:
        """Connections that the server closed in a slice, mean; ours alone count them."""
        slices = self.slices.get((place, client), [])
        seen = [each.closed for each in slices if isinstance(each, ClientSlice)]
        return sum(seen) / len(seen) if seen else 0.0

    def starved(self, client: str) -> float | None:
        """Share of the time in which a client was kept from its core, median over all slices."""
        shares = [
            each.starved
            for (_, name), slices in self.slices.items()
            for each in slices
            if name == client and isinstance(each, ClientSlice) and each.starved is not None
        ]
        return median(shares) if shares else None

    def _series(
        self, place: str, client: str, figure: CalibrationFigure
    ) -> dict[tuple[int, int], float]:
        if self.fault(place, client) is not None:
            return {}
        return {
            (number, 1): value
            for number, seen in enumerate(self.slices.get((place, client), []))
            if (value := getattr(seen, figure.value)) is not None
        }
