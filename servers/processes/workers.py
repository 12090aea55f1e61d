"""How many processes of a server take requests, however that number was set."""

from collections.abc import Collection, Mapping
from pathlib import Path

import psutil

from servers.processes.process_tree import listeners, listening_ports

_OPEN = {psutil.CONN_ESTABLISHED, psutil.CONN_CLOSE_WAIT}


def workers(pids: Collection[int], where: int | Path) -> int | None:
    """Count them while clients are connected; None where nothing can be seen."""
    parents = {pid: _parent(pid) for pid in pids}
    ports = {pid: listening_ports(pid) for pid in pids}
    listening = listeners(pids, where)
    connected = {pid for pid in listening if _has_clients(pid, where)}
    return count(parents, listening, connected, ports, where) or None


def count(
    parents: Mapping[int, int | None],
    listening: Collection[int],
    connected: Collection[int],
    ports: Mapping[int, Collection[int]],
    where: int | Path,
) -> int:
    """Count workers among processes, given the parent and the TCP ports of each.

    A process that starts workers has the socket too, and no client. Below one that has clients are
    those of its app, as a pool's, which have inherited both. A router, which is alone with the
    socket, hands its requests on to its siblings, over a port that their parent opened for them.
    """

    def below(pid: int) -> list[int]:
        children = [other for other in listening if parents[other] == pid]
        if pid in connected or not children:
            return [pid]
        return [found for child in children for found in below(child)]

    first = [pid for pid in listening if parents[pid] not in listening]
    found = [each for pid in first for each in below(pid)]
    if len(found) != 1:
        return len(found)
    parent = parents[found[0]]
    inner = set(ports.get(parent, ())) - {where} if parent is not None else set()
    behind = [
        pid
        for pid, own in ports.items()
        if parents[pid] == parent and pid not in listening and inner & set(own)
    ]
    return len(behind) or 1


def _has_clients(pid: int, where: int | Path) -> bool:
    try:
        if isinstance(where, Path):  # what is accepted has the listener's path
            sockets = psutil.Process(pid).net_connections("unix")
            return sum(str(each.laddr) == str(where) for each in sockets) > 1
        sockets = psutil.Process(pid).net_connections("tcp")
        return any(each.laddr.port == where and each.status in _OPEN for each in sockets)
    except psutil.Error:
        return False


def _parent(pid: int) -> int | None:
    try:
        return int(psutil.Process(pid).ppid())
    except psutil.Error:
        return None
