"""Facts about process trees: who is in one, its CPU time, its memory, its listening sockets.

A process may end between any two lines here: it then counts as absent, never as an error.
"""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_LINUX = Path("/proc/self/smaps_rollup").exists()
_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_WORKING = (b"R", b"D")  # running or waiting for a core, waiting for a disk: see proc(5)
_WAITED_FOR = slice(13, 15)  # cutime and cstime behind the name in /proc/PID/stat, see proc(5)


def now_ns() -> int:
    """Read the monotonic clock, the one that the keeper reads too."""
    return time.monotonic_ns()


def descendants(pid: int) -> list[int]:
    """Return the live processes below `pid`; it is not among them."""
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return [child.pid for child in children if _lives(child)]


def cpu_ns(pids: Iterable[int]) -> dict[int, int]:
    """Return the CPU time of each process that lives, user and system, all threads, in ns.

    By process, because a sum over a tree whose members have changed is no time at all.
    """
    times = {pid: _cpu_ns(pid) for pid in pids}
    return {pid: spent for pid, spent in times.items() if spent is not None}


@dataclass(frozen=True, slots=True)
class TreeCpu:
    """CPU time of a tree, ns: of the processes that live, and of those that were waited for.

    The kernel gives the second in ticks of 10 ms, cut off.
    """

    live_ns: int
    ended_ns: int

    @property
    def total_ns(self) -> int:
        """Both together: a process that ends passes from the one to the other."""
        return self.live_ns + self.ended_ns


class TreeClock:
    """CPU time of all processes below one, the waited-for children of each included.

    Who they are is found by `look`, which takes a millisecond; `read` takes some microseconds.
    A process that came since the last look is counted whole with the next.
    """

    def __init__(self, root: int) -> None:
        """Look for the first time; `root` itself is not in the tree, but who it reaped is."""
        self._root = root
        self._pids: frozenset[int] = frozenset()
        self.look()

    def look(self) -> int:
        """See who is in the tree now; how many have ended or come since the last look."""
        before, self._pids = self._pids, frozenset(descendants(self._root))
        return len(before ^ self._pids)

    def read(self) -> TreeCpu | None:
        """Return the tree's CPU time; None where none of it lives, or nothing can be read."""
        live = cpu_ns(self._pids)
        if not live:
            return None
        ended = sum(_waited_for_ns(pid) for pid in (self._root, *live))
        return TreeCpu(sum(live.values()), ended)

    def wants_to_run(self) -> bool:
        """Whether any thread of the tree runs, waits for a core, or for a disk.

        CPU time that stands still does not tell: others may have the core.
        """
        return any(_wants_to_run(pid) for pid in self._pids)


def pss_bytes(pids: Iterable[int]) -> int | None:
    """Return the proportional set size of the processes together; None if it cannot be read.

    Shared pages count once over all who share them, so that workers may be added up.
    """
    sizes = []
    for pid in pids:
        try:
            sizes.append(_pss_bytes(Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")))
        except (FileNotFoundError, ProcessLookupError):
            continue  # Gone; or not Linux, where nothing will be added at all.
        except OSError:
            return None
    return sum(sizes) if sizes else None


def listeners(pids: Iterable[int], where: int | Path) -> set[int]:
    """Return those of the processes that hold a socket listening on a port, or on a unix socket.

    On a port of TCP, or of UDP where none does on TCP: HTTP/3 alone.
    """
    if isinstance(where, Path):
        return {pid for pid in pids if str(where) in _unix_sockets(pid)}
    pids = list(pids)
    over_tcp = {pid for pid in pids if where in listening_ports(pid)}
    return over_tcp or {pid for pid in pids if where in _udp_ports(pid)}


def listening_ports(pid: int) -> set[int]:
    """Return the TCP ports that a process listens on; none where that cannot be read."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return set()
    return {socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN}


def _udp_ports(pid: int) -> set[int]:
    """Return the UDP ports on which a process hears whoever speaks to it."""
    try:
        sockets = psutil.Process(pid).net_connections("udp")
    except psutil.Error:
        return set()
    return {each.laddr.port for each in sockets if _is_known(each.laddr, but=each.raddr)}


def _is_known(end: tuple[object, ...], *, but: tuple[object, ...]) -> bool:
    """Tell whether a socket has one end and not the other; an end that is unknown is empty."""
    return len(end) > 0 and len(but) == 0


def kill_session(session: int) -> None:
    """Kill every process of a session: the last resort, when the keeper itself was killed."""
    if session <= 1:
        return
    for pid in psutil.pids():
        with suppress(OSError):
            if os.getsid(pid) == session:
                os.kill(pid, signal.SIGKILL)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _cpu_ns(pid: int) -> int | None:
    try:
        if _LINUX:
            # A process's CPU clock: clock_getcpuclockid(3) as the kernel encodes it.
            return time.clock_gettime_ns((~pid << 3) | 2)
        times = psutil.Process(pid).cpu_times()
        return round((times.user + times.system) * 1e9)
    except (OSError, psutil.Error):
        return None


def _wants_to_run(pid: int) -> bool:
    try:
        with os.scandir(f"/proc/{pid}/task") as threads:
            return any(_state(f"{thread.path}/stat") in _WORKING for thread in threads)
    except OSError:
        return False  # It has ended; or this is not Linux.


def _state(path: str) -> bytes:
    """The state of a thread, a letter; none where it has ended."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - for every thread, after every piece
            return file.read().rpartition(b")")[2].split(maxsplit=1)[0]
    except OSError:
        return b""


def _waited_for_ns(pid: int) -> int:
    """CPU time of the children that a process has waited for, and of theirs, ns."""
    try:
        if _LINUX:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - once for every piece
                fields = file.read().rpartition(b")")[2].split()
            return sum(map(int, fields[_WAITED_FOR])) * _TICK_NS
        times = psutil.Process(pid).cpu_times()
        return round((times.children_user + times.children_system) * 1e9)
    except (OSError, psutil.Error):
        return 0


def _pss_bytes(rollup: str) -> int:
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _unix_sockets(pid: int) -> set[str]:
    """Paths of the sockets of a process, those of accepted connections too."""
    try:
        return {str(socket.laddr) for socket in psutil.Process(pid).net_connections("unix")}
    except psutil.Error:
        return set()
