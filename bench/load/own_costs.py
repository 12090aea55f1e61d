"""What the generator itself costs, and what kept it from its work: readings of this process."""

import gc
import resource
from dataclasses import dataclass
from typing import Self

from bench.system import clock
from bench.system.cpu_time import waited_ns


@dataclass(frozen=True, slots=True)
class OwnCosts:
    """Since the process began, or between two readings.

    at_ns: wall time; waited_ns: ready to run while another had the core, None: the kernel does not
    say; preemptions: involuntary context switches; collections: runs of the garbage collector.
    """

    at_ns: int
    cpu_ns: int
    waited_ns: int | None
    preemptions: int
    collections: int

    @classmethod
    def now(cls) -> Self:
        """Read them all."""
        switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
        return cls(
            clock.monotonic_ns(), clock.process_cpu_ns(), waited_ns(), switches, _collections()
        )

    def __sub__(self, earlier: "OwnCosts") -> "OwnCosts":
        waited = None
        if self.waited_ns is not None and earlier.waited_ns is not None:
            waited = self.waited_ns - earlier.waited_ns
        return OwnCosts(
            self.at_ns - earlier.at_ns,
            self.cpu_ns - earlier.cpu_ns,
            waited,
            self.preemptions - earlier.preemptions,
            self.collections - earlier.collections,
        )

    @property
    def cpu_share(self) -> float:
        """CPU time / wall time."""
        return self.cpu_ns / self.at_ns

    @property
    def starved_share(self) -> float | None:
        """Time spent waiting for a core / wall time."""
        return None if self.waited_ns is None else self.waited_ns / self.at_ns


def _collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())
