"""Where the time of cores and processes went, as the kernel counts it."""

from dataclasses import dataclass
from pathlib import Path

_IDLE, _WAITING, _STEAL = 3, 4, 7  # places in the "cpu" lines of /proc/stat, see proc(5)


@dataclass(frozen=True, slots=True)
class CpuTicks:
    """Ticks since the machine started, of one core or of all."""

    total: int
    idle: int
    stolen: int

    def __sub__(self, earlier: "CpuTicks") -> "CpuTicks":
        return CpuTicks(
            self.total - earlier.total, self.idle - earlier.idle, self.stolen - earlier.stolen
        )

    def stolen_share_since(self, earlier: "CpuTicks") -> float:
        """Ticks taken by the hypervisor / all ticks in between, 0 to 1."""
        spent = self - earlier
        return spent.stolen / spent.total if spent.total else 0.0


def cpu_ticks(core: int | None = None) -> CpuTicks | None:
    """Read /proc/stat, of one core or (None) of all together; None where it does not say."""
    name = "cpu" if core is None else f"cpu{core}"
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    figures = next((line.split()[1:9] for line in lines if line.split()[:1] == [name]), None)
    if figures is None:
        return None
    ticks = [int(figure) for figure in figures]
    return CpuTicks(sum(ticks), ticks[_IDLE] + ticks[_WAITING], ticks[_STEAL])


def waited_ns() -> int | None:
    """Time that this process was ready to run while others had its cores, ns.

    Of its main thread, since it began: the second figure of /proc/self/schedstat, see sched-stats
    in the kernel's documentation. None where the kernel does not say.
    """
    try:
        return int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
