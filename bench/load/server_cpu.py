"""What a slice has cost the server: CPU time of its process tree, before and after."""

from dataclasses import replace

from bench.facts.slice import Observation
from servers.processes.process_tree import TreeClock, TreeCpu


def read(tree: TreeClock | None) -> TreeCpu | None:
    """CPU time of a tree so far; None: no tree is followed, or it cannot be read."""
    return None if tree is None else tree.read()


def spent_ns(before: TreeCpu | None, after: TreeCpu | None) -> int | None:
    """CPU time that a tree has spent; None where it cannot be read, or some of it was lost.

    That of a process which nobody waits for is lost when it ends.
    """
    if before is None or after is None or after.total_ns < before.total_ns:
        return None
    return after.total_ns - before.total_ns


def with_processes(
    seen: Observation, tree: TreeClock | None, before: TreeCpu | None
) -> Observation:
    """Count the processes that came or went in a slice, and the CPU time of those that came.

    `before`: what the tree had spent when the slice began. That of processes which have ended since
    is known in ticks of 10 ms: too coarse for pieces.
    """
    if tree is None or before is None:
        return seen
    known, changed, now = tree.read(), tree.look(), tree.read()
    pieces = seen.pieces
    if pieces is not None and now is not None and now.ended_ns != before.ended_ns:
        pieces = replace(pieces, cpu_ns=(None,) * len(pieces.cpu_ns))
    cpu_ns = seen.cpu_ns
    if changed and cpu_ns is not None:
        cpu_ns += spent_ns(known, now) or 0
    return replace(seen, pieces=pieces, cpu_ns=cpu_ns, processes_changed=changed)
