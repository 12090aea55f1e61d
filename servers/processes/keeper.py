"""A helper program that starts one command and never lets a process of it outlive its owner.

Run alone, as `python -I -S keeper.py`: standard library only, no imports from this project.

stdin is the lifeline. Its first line is the order, a JSON object; every further line is the
number of a signal for the command. When it ends, because the owner closed it or died in any
way, every descendant is killed. stdout reports, one JSON object a line:

  {"event": "started", "pid": 12, "at_ns": 34}    at_ns: the monotonic clock just before
  {"event": "failed", "error": "..."}             the command could not be started
  {"event": "exited", "status": 0, "cpu_ns": 56}  negative: ended by that signal
  {"event": "empty"}                              no descendant is left, for the first time
  {"event": "cleared", "killed": 0}               the end: so many had to be killed

cpu_ns is the CPU time of the command, user and system, and of the children it has waited for.

Descendants that leave their session, or whose parent died, come back to the keeper, because it
is their subreaper. Linux only: elsewhere the command's process group is all it can reach.
"""

# ruff: noqa: PTH112, PTH123, PTH208
# pathlib would cost a third of its start.

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Keeper:
    """One command, from its start to the end of its last descendant."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.pid: int | None = None
        self.running = False
        self.empty = False

    def keep(self) -> None:
        """Start the command, watch over it until the lifeline ends, leave nothing behind."""
        wake, wake_write = os.pipe()
        for end in (wake, wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        # Handlers rather than SIG_IGN, which the command would inherit: a Ctrl-C is the owner's.
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _ignore)
        try:
            if self.start():
                self.watch(wake)
        finally:
            self.clear()

    def start(self) -> bool:
        """Start the command in a session of its own, pinned, with its output in the log."""
        order = self.order
        try:
            _prctl(_PR_SET_CHILD_SUBREAPER, 1)
            if order["cpus"] is not None and hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, order["cpus"])
            with (
                open(order["log"], "ab") as log,
                open(order["stdout"] or order["log"], "ab") as out,
            ):
                at_ns = time.monotonic_ns()
                child = subprocess.Popen(
                    order["argv"],
                    env=order["env"],
                    cwd=order["cwd"],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_die_with_the_keeper,  # noqa: PLW1509 - it has one thread
                )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            report(event="failed", error=str(error))
            return False
        child.returncode = 0  # Reaped below, not by Popen.
        self.pid, self.running = child.pid, True
        report(event="started", pid=child.pid, at_ns=at_ns)
        return True

    def watch(self, wake: int) -> None:
        """Reap, and pass signals on, until the lifeline ends or the owner does."""
        sources = [0, wake]
        with suppress(AttributeError, OSError):  # Second line of defence: Linux 5.3 and later.
            sources.append(os.pidfd_open(self.order["owner"]))
        while os.getppid() == self.order["owner"]:
            ready = select.select(sources, [], [])[0]
            if wake in ready:  # Emptied before reaping, so that no child's end goes unseen.
                os.read(wake, 4096)
            self.reap(block=False)
            if 0 in ready and not self.obey(os.read(0, 4096)):
                return

    def obey(self, words: bytes) -> bool:
        """Pass signals on to the command; False when the lifeline has ended."""
        for number in words.split():
            if self.running and self.pid is not None:
                with suppress(OSError):
                    os.kill(self.pid, int(number))
        return bool(words)

    def reap(self, *, block: bool) -> bool:
        """Take the exit statuses that are there, or wait for one; False: no child is left."""
        while True:
            try:
                pid, status, used = os.wait4(-1, 0 if block else os.WNOHANG)
            except ChildProcessError:
                if not self.empty:
                    report(event="empty")
                self.empty = True
                return False
            if pid == self.pid:
                self.running = False
                cpu_ns = round((used.ru_utime + used.ru_stime) * 1e9)
                report(event="exited", status=os.waitstatus_to_exitcode(status), cpu_ns=cpu_ns)
            if block or pid == 0:
                return True

    def clear(self) -> None:
        """Kill all descendants, over and over until none is left."""
        killed: set[int] = set()
        if self.pid is not None and not os.path.isdir("/proc"):
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        while self.reap(block=False):
            victims = _descendants()
            killed.update(victims)
            for pid in victims:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.reap(block=True)
        if self.order["scratch"] is not None:
            shutil.rmtree(self.order["scratch"], ignore_errors=True)
        report(event="cleared", killed=len(killed))


def report(**facts: object) -> None:
    """Tell the owner, if there still is one."""
    with suppress(OSError):
        os.write(1, json.dumps(facts).encode() + b"\n")


def _ignore(*_: object) -> None:
    """Wake the loop, no more."""


def _prctl(option: int, value: int) -> None:
    with suppress(AttributeError, OSError):  # Linux only.
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _die_with_the_keeper() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _descendants() -> list[int]:
    """Return the live processes below this one, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if entry.isdigit():
            with suppress(OSError):
                children.setdefault(_parent(entry), []).append(int(entry))
    below, queue = [], [os.getpid()]
    while queue:
        found = children.get(queue.pop(), [])
        below += found
        queue += found
    return below


def _parent(entry: str) -> int:
    with open(f"/proc/{entry}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[1])


def _read_order() -> dict[str, Any] | None:
    """Read the first line of stdin, no byte of what follows; None: the owner is gone already."""
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return json.loads(line) if line.endswith(b"\n") else None


if __name__ == "__main__":
    if (order := _read_order()) is not None:
        Keeper(order).keep()
