"""Facts about process trees: who is in one, its CPU time, its memory, its listening sockets.

A process may end between any two lines here: it then counts as absent, never as an error.
"""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

_LINUX = Path("/proc/self/smaps_rollup").exists()


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


def listeners(pids: Iterable[int], port: int) -> set[int]:
    """Return those of the processes that hold a socket listening on `port`."""
    return {pid for pid in pids if port in _listening_ports(pid)}


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


def _pss_bytes(rollup: str) -> int:
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _listening_ports(pid: int) -> set[int]:
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return set()
    return {socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN}
