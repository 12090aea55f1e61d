"""What the machine is, how its cores are shared out, and what the hypervisor takes of them."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.domain import Machine

_STEAL = 7  # eighth figure of the "cpu" line in /proc/stat, see proc(5)


@dataclass(frozen=True, slots=True)
class Cores:
    """Who runs where: disjoint sets, or None where cores cannot be told apart or there is one."""

    servers: frozenset[int] | None
    generator: frozenset[int] | None

    @property
    def shared(self) -> bool:
        """Whether the generator and the servers must share."""
        return self.generator is None


def share_out() -> Cores:
    """Give the generator the last core this process may use, and the servers all the others."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) == 1:
        return Cores(None, None)
    return Cores(frozenset(usable[:-1]), frozenset(usable[-1:]))


@contextmanager
def pinned(cores: frozenset[int] | None) -> Iterator[None]:
    """Keep this process on `cores` for a while; None: wherever it is."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine(cores: Cores) -> Machine:
    """Read what can change a figure."""
    return Machine(
        cpu=_cpu_model(),
        cores=psutil.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        virtual=_hypervisor(),
        server_cores=tuple(sorted(cores.servers or ())),
        generator_cores=tuple(sorted(cores.generator or ())),
    )


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2] for line in text.splitlines() if line.startswith("model name")]
    return models[0].strip() if models else platform.machine()


def _hypervisor() -> str | None:
    """Name the hypervisor, as far as the machine's firmware tells; None: none is known."""
    try:
        vendor = Path("/sys/class/dmi/id/sys_vendor").read_text(encoding="utf-8").strip()
    except OSError:
        vendor = ""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        flags = ""
    virtual = any(
        line.startswith("flags") and " hypervisor " in f"{line} " for line in flags.splitlines()
    )
    return (vendor or "of unknown make") if virtual else None


@dataclass(frozen=True, slots=True)
class CpuTicks:
    """Ticks of all cores since the machine started."""

    total: int
    stolen: int

    def stolen_share_since(self, earlier: "CpuTicks") -> float:
        """Ticks taken by the hypervisor / all ticks of all cores in between, 0 to 1."""
        total = self.total - earlier.total
        return (self.stolen - earlier.stolen) / total if total else 0.0


def cpu_ticks() -> CpuTicks | None:
    """Read /proc/stat; None where there is none."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    except OSError:
        return None
    ticks = [int(figure) for figure in first.split()[1:9]]
    return CpuTicks(sum(ticks), ticks[_STEAL])
