"""How many processes of a server take requests, whoever told it to start so many."""

from collections.abc import Collection, Mapping
from pathlib import Path

import psutil

from servers.process import listeners, listening_ports


def workers(pids: Collection[int], where: int | Path) -> int | None:
    """Count them, by who listens; None where nothing can be seen."""
    parents = {pid: _parent(pid) for pid in pids}
    ports = {pid: listening_ports(pid) for pid in pids}
    return count(parents, listeners(pids, where), ports, where) or None


def count(
    parents: Mapping[int, int | None],
    listening: Collection[int],
    ports: Mapping[int, Collection[int]],
    where: int | Path,
) -> int:
    """Count workers among processes, given the parent and the TCP ports of each.

    A process that starts others has the socket too, and takes no requests: workers are those of
    which no child has it. A router, which is alone with the socket, hands its requests on to its
    siblings, over a port that their parent opened for them.
    """
    last = [pid for pid in listening if not any(parents[other] == pid for other in listening)]
    if len(last) != 1:
        return len(last)
    parent = parents[last[0]]
    inner = set(ports.get(parent, ())) - {where} if parent is not None else set()
    behind = [
        pid
        for pid, own in ports.items()
        if parents[pid] == parent and pid not in listening and inner & set(own)
    ]
    return len(behind) or 1


def _parent(pid: int) -> int | None:
    try:
        return int(psutil.Process(pid).ppid())
    except psutil.Error:
        return None
