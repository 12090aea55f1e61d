"""Whether a server has come to rest: it may work on after its last answer.

It rests when its CPU time stands still and no thread of it wants to run. Work that sleeps first is
not seen.
"""

import select
from dataclasses import dataclass
from typing import Final

from bench.stats.units import NS_PER_S
from bench.system import clock
from servers.processes.process_tree import TreeClock

BUSY_SHARE: Final = 0.1
"""CPU time of the tree / wall time, from which on it works. Idle, servers look after their workers
some times a second, for less."""

LOOK_NS: Final = 500_000
"""How long it is looked at, at the least: each piece of each slice waits so long."""

PATIENCE_NS: Final = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Settled:
    """How it ended.

    after_ns: how long a server worked on, to one look; None: unknown. idle: False where it
    still worked when the time for that was over.
    """

    after_ns: int | None
    idle: bool


def settle(tree: TreeClock | None, patience_ns: int = PATIENCE_NS) -> Settled:
    """Wait until a tree rests, so long at the most."""
    if tree is None:
        return Settled(None, idle=True)
    began_ns = now_ns = clock.monotonic_ns()
    spent = tree.read()
    while now_ns - began_ns < patience_ns:
        select.select([], [], [], LOOK_NS / NS_PER_S)
        before, before_ns = spent, now_ns
        now_ns, spent = clock.monotonic_ns(), tree.read()
        if before is None or spent is None:
            return Settled(None, idle=True)
        still = spent.total_ns - before.total_ns < BUSY_SHARE * (now_ns - before_ns)
        if still and not tree.wants_to_run():
            return Settled(before_ns - began_ns, idle=True)
    return Settled(now_ns - began_ns, idle=False)
