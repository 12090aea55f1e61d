"""What the machine is, and how its cores are shared out."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.facts.run import Machine


@dataclass(frozen=True, slots=True)
class Cores:
    """Who runs where: disjoint sets, or None where cores cannot be told apart or there is one."""

    servers: frozenset[int] | None
    generator: frozenset[int] | None
    usable: int = 0  # how many there are for both

    @property
    def shared(self) -> bool:
        """Whether the generator and the servers must share."""
        return self.generator is None


def share_out(generators: int = 1) -> Cores:
    """Give the last cores this process may use to the generators, and the servers all the others.

    Where there are not enough, or cores cannot be chosen, none is pinned.
    """
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None, os.cpu_count() or 1)
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) <= generators or not _may_pin():
        return Cores(None, None, len(usable))
    return Cores(frozenset(usable[:-generators]), frozenset(usable[-generators:]), len(usable))


def _may_pin() -> bool:
    """Try it without changing anything: a container's sandbox may forbid it."""
    try:
        os.sched_setaffinity(0, os.sched_getaffinity(0))
    except OSError:
        return False
    return True


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
