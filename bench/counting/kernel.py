"""What a server has the kernel do for a request: system calls, changes of threads, page faults.

None of it is in a count of instructions in user mode. The server runs as it is, without a counter.
"""

import asyncio
import re
import shutil
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.counting.client import CountingClient
from bench.counting.count import Countable, Start, launched, rest
from bench.counting.errors import CountingError
from bench.facts.instructions import KernelWork
from servers.command import Prefix
from servers.errors import LaunchError
from servers.server import Server

REQUESTS: Final = 1_000
TRACED: Final = 200
_UNCOUNTED: Final = 300
_ATTACH_S: Final = 20.0
_STRACE: Final = "strace"
_FAULTS: Final = (7, 9)  # minflt and majflt behind the name in /proc/PID/stat, see proc(5)
_SWITCHES: Final = re.compile(r"ctxt_switches:\s+(\d+)")
_LINE: Final = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", re.MULTILINE)


async def kernel_work(what: Countable, start: Start) -> KernelWork:
    """Start a server, ask it, and see what it had the kernel do. Raises CountingError."""
    try:
        async with launched(what, start, Prefix(), what.start_limit_s) as (server, client):
            await client.ask(_UNCOUNTED)
            await rest(server)
            before = _seen(server.pids())
            await client.ask(REQUESTS)
            await rest(server)
            after = _seen(server.pids())
            calls = await _traced(server, client)
    except LaunchError as error:
        raise CountingError(error.of_itself) from error
    switches, faults = (now - then for now, then in zip(after, before, strict=True))
    return KernelWork(
        what.profile.name,
        what.workload,
        REQUESTS,
        switches,
        faults,
        0 if calls is None else TRACED,
        calls,
    )


def _seen(pids: Iterable[int]) -> tuple[int, int]:
    """Context switches and page faults of these processes, all threads, so far."""
    switches = faults = 0
    for pid in pids:
        for status in Path(f"/proc/{pid}/task").glob("*/status"):
            with suppress(OSError):
                switches += sum(map(int, _SWITCHES.findall(status.read_text("ascii", "replace"))))
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            faults += sum(int(fields[place]) for place in _FAULTS)
    return switches, faults


async def _traced(server: Server, client: CountingClient) -> dict[str, int] | None:
    """System calls by name, counted by strace while it is asked; None where that cannot be."""
    if shutil.which(_STRACE) is None:
        return None
    pids = server.pids()
    with TemporaryDirectory(prefix="weighbridge-") as folder:
        summary = Path(folder) / "calls"
        strace = await asyncio.create_subprocess_exec(
            _STRACE, "-f", "-c", "-o", str(summary), *(f"--attach={pid}" for pid in pids),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            if not await _attached(strace, len(pids)):
                return None
            await client.ask(TRACED)
            await rest(server)
        finally:
            await _detach(strace)
        return calls_of(summary.read_text(encoding="utf-8")) if summary.exists() else None


async def _attached(strace: asyncio.subprocess.Process, processes: int) -> bool:
    """Wait until strace has all processes; False where it may not, or not in time."""
    assert strace.stderr is not None  # noqa: S101 - it has a pipe
    try:
        async with asyncio.timeout(_ATTACH_S):
            while processes and (line := await strace.stderr.readline()):
                processes -= b"attached" in line
    except TimeoutError:
        return False
    return processes == 0


async def _detach(strace: asyncio.subprocess.Process) -> None:
    """Let strace go, and write what it has counted."""
    with suppress(ProcessLookupError):
        strace.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(_ATTACH_S):
            await strace.communicate()
    except TimeoutError:
        with suppress(ProcessLookupError):
            strace.kill()
        await strace.wait()


def calls_of(summary: str) -> dict[str, int]:
    """System calls by name, from what `strace -c` writes."""
    found = {name: int(calls) for calls, name in _LINE.findall(summary)}
    found.pop("total", None)
    return found
