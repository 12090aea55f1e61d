"""The seam that all clients share: load a place for one slice, and say what was seen."""

from typing import Final, Protocol

from bench.proof.calibration.measurement import ClientSlice, Fault
from bench.proof.calibration.place import CalibrationServer

SLICE_S: Final = 1  # wrk and h2load count whole seconds


class LoadClient(Protocol):
    """A client that loads a place; between slices it sends nothing there."""

    @property
    def name(self) -> str:
        """What tables call it."""

    async def load(self, place: CalibrationServer, seed: int) -> ClientSlice | Fault:
        """Keep its connections busy for SLICE_S. Raises HarnessError and KeeperError."""
