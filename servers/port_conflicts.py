"""Whose port was taken when a server could not start: its own, or one that its app opens itself."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import psutil

from servers.ports import can_be_bound
from servers.processes.process_tree import descendants, listening_ports

_TAKEN = re.compile(r"address (is )?already in use|connection in use|EADDRINUSE", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d{2,5}(?![\w.]\d)")
_REMEDY = "give each server a port of its own, as in --app-env METRICS_PORT={free_port}"


@dataclass(frozen=True)
class Taken:
    """A server that ended, or does not become ready, because a port was taken.

    pids: its own processes. lines: the end of its log. texts: where its app may have the port from.
    """

    host: str
    port: int
    pids: Collection[int]
    lines: Sequence[str]
    texts: Iterable[str] = ()

    @property
    def is_own(self) -> bool:
        """Whether it is the port that the server was to listen on."""
        if can_be_bound(self.host, self.port):
            return False
        return not any(self.port in listening_ports(pid) for pid in self.pids)

    def of_the_app(self) -> str:
        """Say which port its app opens, who has it, and what to do."""
        ports = self._named()
        holders = {port: pid for port, pid in _listeners().items() if port in ports}
        known = next((port for port in ports if port in holders), None)
        if known is None:
            return (
                "its app opens a port of its own, which is taken: the servers of a round run "
                f"side by side. Measure them one at a time with --alone, or {_REMEDY}"
            )
        return f"its app opens port {known} itself, and {self._who_has_it(holders[known])}"

    def _who_has_it(self, pid: int | None) -> str:
        if pid in self.pids:
            return f"another of its own workers has it: use fewer --workers, or {_REMEDY}"
        if pid in descendants(psutil.Process().pid):
            return (
                "another server of this run has it, because the servers of a round run side by "
                f"side: measure them one at a time with --alone, or {_REMEDY}"
            )
        named = f"pid {pid} ({_name(pid)})" if pid is not None else "another user's process"
        return f"{named} has it, which is not part of this run: stop it, or {_REMEDY}"

    def _named(self) -> list[int]:
        """Numbers that may be a port, of the log's last line first."""
        texts = (*reversed(self.lines), *self.texts)
        numbers = [int(number) for text in texts for number in _NUMBER.findall(text)]
        return [number for number in dict.fromkeys(numbers) if number != self.port]


def says_taken(lines: Iterable[str]) -> bool:
    """Tell whether a log says that a port, its own or another, was taken."""
    return any(_TAKEN.search(line) for line in lines)


def _listeners() -> dict[int, int | None]:
    """Ports on which something listens here, and its pid where that can be read."""
    try:
        found = psutil.net_connections("tcp")
    except psutil.Error:  # only root may read it on some systems
        return {port: pid for pid in descendants(psutil.Process().pid)
                for port in listening_ports(pid)}  # fmt: skip
    return {
        each.laddr.port: each.pid
        for each in found
        if each.laddr and each.status == psutil.CONN_LISTEN
    }


def _name(pid: int) -> str:
    try:
        return str(psutil.Process(pid).name())
    except psutil.Error:
        return "already gone"
