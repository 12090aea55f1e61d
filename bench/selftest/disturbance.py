"""Evidence that the machine was disturbed, which does not depend on the figures it may excuse."""

from dataclasses import dataclass
from typing import Final, Self

from bench import clock
from bench.domain import Observation
from bench.ticks import CpuTicks, cpu_ticks, waited_ns

STOLEN_TICKS: Final = 1
"""Of 10 ms: one is enough to spoil a p99 of a millisecond."""

STARVED_SHARE: Final = 0.002
"""Of a process's time that it waited for a core: 8 ms of a slice of 4 s."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The machine, and what is known of a server's process, at one moment.

    waited_ns: ready to run while others had the core; None: the kernel does not say.
    """

    at_ns: int
    ticks: CpuTicks | None
    waited_ns: int | None

    @classmethod
    def now(cls, pid: int) -> Self:
        """Read both."""
        return cls(clock.monotonic_ns(), cpu_ticks(), waited_ns(pid))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What else went on during a slice.

    stolen_ticks: of 10 ms, taken by the hypervisor from any core. starved: share of the slice that
    a process waited for a core. collections: of the generator's garbage.
    """

    stolen_ticks: int
    generator_starved: float
    server_starved: float
    collections: int

    @property
    def words(self) -> str | None:
        """What speaks most for a disturbance, in words; None: nothing does."""
        found = {
            f"{self.stolen_ticks * 10} ms stolen": self.stolen_ticks / STOLEN_TICKS,
            f"generator starved {self.generator_starved:.1%}": (
                self.generator_starved / STARVED_SHARE
            ),
            f"server starved {self.server_starved:.1%}": self.server_starved / STARVED_SHARE,
            f"{self.collections} collections": float(self.collections),
        }
        words, times_too_much = max(found.items(), key=lambda item: item[1])
        return words if times_too_much >= 1 else None


def evidence(before: Reading, after: Reading, seen: Observation) -> Evidence:
    """Put together what was read before and after a slice, and what the generator has noticed."""
    waited_ns = 0
    if before.waited_ns is not None and after.waited_ns is not None:
        waited_ns = after.waited_ns - before.waited_ns
    spent = after.ticks - before.ticks if before.ticks and after.ticks else None
    return Evidence(
        stolen_ticks=spent.stolen if spent else 0,
        generator_starved=seen.starved_share or 0.0,
        server_starved=waited_ns / (after.at_ns - before.at_ns),
        collections=seen.collections,
    )
