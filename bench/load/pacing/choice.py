"""What this machine lets the generator do: which timer, which timestamps, and whether to spin.

Spinning is exact to a microsecond, but takes time of a core, up to all of it; where that is not
provably spare it takes from the servers what it seems to gain.
"""

import os
import select
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.facts.run import Instrument, Pacing
from bench.load.pacing.poller import has_timer
from bench.system.cpu_time import CpuTicks, cpu_ticks

ENOUGH_CORES: Final = 3
"""One for the servers, one for the generator, and one for everything else, which a generator that
spins all the time would drive onto the servers' core. With fewer it spins briefly: 60 us a request,
which leave most of its core to whatever else may come."""

IDLE_SHARE: Final = 0.95
"""Of a core that no other program uses: two of the fifty ticks that are looked at."""

_LOOK_MS: Final = 500
_SYSTEM: Final = Path("/sys/devices/system/cpu")
_CGROUPS: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class OwnCores:
    """The cores that a generator's process is pinned to, of those that the program may use.

    own: None where it is not pinned.
    """

    own: frozenset[int] | None
    usable: frozenset[int]


NOT_PINNED: Final = OwnCores(None, frozenset())


def instrument(cores: OwnCores, *, kernel_timestamps: bool) -> Instrument:
    """See what this machine has to offer; takes half a second where a core may be spare."""
    pacing, reason = _pacing(cores)
    return Instrument(pacing, reason, kernel_timestamps, len(cores.own or ()))


def _pacing(cores: OwnCores) -> tuple[Pacing, str]:
    if not has_timer():
        return Pacing.POLL, "this platform has no timerfd"
    taken = why_not_spare(cores)
    if taken is not None:
        return Pacing.TIMER, f"no spinning: {taken}"
    if len(cores.usable) < ENOUGH_CORES:
        few = f"{len(cores.usable)} cores leave none to everything else"
        return Pacing.BRIEF_SPIN, f"the generator's core is spare, but {few}"
    return Pacing.SPIN, "the generator's core is spare"


def why_not_spare(cores: OwnCores) -> str | None:
    """Say what a spinning generator would take from others; None: its core is provably spare."""
    if cores.own is None or len(cores.own) != 1:
        return "the generator has no core of its own"
    (core,) = cores.own
    shared = _siblings(core) & (cores.usable - cores.own)
    if shared:
        return f"core {core} shares its circuits with core {min(shared)} (SMT)"
    if _has_quota():
        return "CPU time is rationed to this process's control group"
    return _why_not_idle(core)


def _siblings(core: int) -> set[int]:
    """Cores in the same physical one, this one included; as far as the kernel tells."""
    try:
        text = (_SYSTEM / f"cpu{core}/topology/thread_siblings_list").read_text(encoding="ascii")
    except OSError:
        return {core}
    return _core_list(text)


def _core_list(text: str) -> set[int]:
    """Read a list of cores as the kernel writes it: "0-3,8"."""
    cores: set[int] = set()
    for piece in text.strip().split(","):
        first, _, last = piece.partition("-")
        cores |= set(range(int(first), int(last or first) + 1))
    return cores


def _has_quota() -> bool:
    """Whether a control group (version 2) limits CPU time, here or above."""
    try:
        entries = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    path = next((entry[3:] for entry in entries if entry.startswith("0::")), "/")
    folder = _CGROUPS / path.lstrip("/")
    return any(_limits(each / "cpu.max") for each in (folder, *folder.parents))


def _limits(file: Path) -> bool:
    try:
        return not file.read_text(encoding="ascii").startswith("max")
    except OSError:
        return False


def _why_not_idle(core: int) -> str | None:
    """Leave the core alone for a while, and see whether others do."""
    before = cpu_ticks(core)
    select.select([], [], [], _LOOK_MS / 1000)
    after = cpu_ticks(core)
    if before is None or after is None:
        return "nothing says how busy its core is"
    return _why_busy(core, before, after)


def _why_busy(core: int, before: CpuTicks, after: CpuTicks) -> str | None:
    spent = after - before
    if spent.stolen:
        return f"the hypervisor takes time of core {core}"
    if spent.total == 0 or spent.idle / spent.total < IDLE_SHARE:
        return f"others use core {core}"
    return None


def usable_cores() -> frozenset[int]:
    """The cores that this process may use now; empty where they cannot be told apart."""
    return frozenset(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ())
