"""What any counter of instructions does: it goes with a server's start, and is read between loads.

Two are there: `bench.counting.valgrind` and `bench.counting.hardware`.
"""

from dataclasses import dataclass, field
from typing import Protocol

from bench.counting.callgrind_file import CodePlace
from bench.counting.errors import CountingError
from servers.command import Prefix
from servers.server import Server


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What all processes of a server have executed since the reading before.

    instructions: in user mode. parts: by process and function, where the counter can tell. unsure:
    whether a process has come or gone since, of which the counter does not see all.
    """

    instructions: int
    processes: int
    parts: dict[int, dict[CodePlace, int]] = field(default_factory=dict)
    kernel_instructions: int | None = None
    cycles: int | None = None
    kernel_cycles: int | None = None
    unsure: bool = False


class Meter(Protocol):
    """Counts one server, from one start to its end."""

    @property
    def prefix(self) -> Prefix:
        """What the server has to be started by."""

    def processes(self, server: Server) -> frozenset[object]:
        """What differs as soon as a process has come or gone of which this counter cannot tell."""

    async def begin(self, server: Server) -> None:
        """Count from now on. Raises CountingError."""

    async def read(self, server: Server) -> MeterReading:
        """Read the counts and reset them; the server must be idle. Raises CountingError."""

    def why_lost(self) -> CountingError | None:
        """What the counter itself says of a server that died under it; None: nothing."""
