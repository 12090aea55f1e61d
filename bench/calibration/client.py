"""The seam that all clients share: load a place for one slice, and say what was seen."""

from typing import Final, Protocol

from bench.calibration.measurement import Fault, Measured
from bench.calibration.place import Place

SLICE_S: Final = 1  # wrk and h2load count whole seconds


class LoadClient(Protocol):
    """A client that loads a place; between slices it sends nothing there."""

    @property
    def name(self) -> str:
        """What tables call it."""

    async def load(self, place: Place, seed: int) -> Measured | Fault:
        """Keep its connections busy for SLICE_S. Raises HarnessError and KeeperError."""
