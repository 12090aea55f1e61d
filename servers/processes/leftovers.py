"""Processes that outlived their run: left where harness and keeper were killed together.

The kernel ends a server's first process then, and its workers go on. Whatever is started here has a
variable that names its owner, by which the next start finds it. Linux only.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OWNER: Final = "WEIGHBRIDGE_OWNER"
"""The variable: the owner's pid, and when it was started, in the kernel's ticks since the boot."""
_PROC: Final = Path("/proc")
_STARTED: Final = 19  # starttime behind the name in /proc/PID/stat, see proc(5)
_SHOWN: Final = 60  # characters of a command line


@dataclass(frozen=True, slots=True)
class Leftover:
    """A process that no keeper watches any more."""

    pid: int
    command: str


def owner() -> str:
    """Return what identifies this process among all since the boot."""
    return f"{os.getpid()}-{_started(os.getpid())}"


def leftovers() -> list[Leftover]:
    """Return the user's processes that were started by a run which has ended."""
    return [Leftover(pid, _command(pid)) for pid, named in _owned() if not _lives(named)]


def advice(found: list[Leftover]) -> str:
    """Say what is still running, and how to end it."""
    names = ", ".join(f"pid {each.pid} ({each.command})" for each in found)
    pids = " ".join(str(each.pid) for each in found)
    return (
        f"left over from a run that was killed, and still running: {names}; this disturbs the "
        f"measurement: end it with 'kill -9 {pids}'"
    )


def _owned() -> Iterator[tuple[int, str]]:
    """Processes with the variable, and what it says."""
    mark = f"{OWNER}=".encode()
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # it has ended, or is another user's
            for variable in (entry / "environ").read_bytes().split(b"\0"):
                if variable.startswith(mark):
                    yield int(entry.name), variable[len(mark) :].decode(errors="replace")


def _lives(named: str) -> bool:
    """Whether an owner runs; a value that cannot be read is not ours."""
    pid, _, started = named.partition("-")
    return not pid.isdigit() or _started(int(pid)) == started


def _started(pid: int) -> str:
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return ""
    return stat.rpartition(b")")[2].split()[_STARTED].decode()


def _command(pid: int) -> str:
    """The command line without the program's folder, cut; empty where it has ended meanwhile."""
    try:
        line = (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
    program, _, rest = line.partition("\0")
    text = " ".join(f"{Path(program).name} {rest}".replace("\0", " ").split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
