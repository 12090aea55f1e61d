"""Counting by valgrind's tool callgrind: no hardware counter is needed, and no noise is counted.

A server is started under it, with address randomisation off where that is permitted. Valgrind's own
`vgdb` tells it what to do: it interrupts a process that waits in the kernel by ptrace. All that
valgrind writes, its pipes too, is in a folder that its owner removes.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.counting.callgrind_file import CodePlace, read_dump
from bench.counting.errors import CounterError, CountingError
from bench.counting.meter import MeterReading
from bench.counting.randomisation import without_randomisation
from bench.system.tasks import gather_all
from servers.command import Prefix
from servers.server import Server

COMMAND_LIMIT_S: Final = 60
"""For one command: a dump takes a second where a process is large."""
_INVOKE_AFTER_MS: Final = 20
_PIPE: Final = re.compile(r"vgdb-from-vgdb-to-(\d+)-")
_HEAD_BYTES: Final = 64 * 1024
_UNKNOWN_INSTRUCTION: Final = re.compile(r"unhandled instruction bytes|SIGILL")
_SIGNAL: Final = re.compile(r"default action of signal (\d+ \((?!SIGTERM)\w+\))")
"""What ended a process; SIGTERM is how it is stopped."""
_REFUSED: Final = re.compile(r"ptrace|Operation not permitted|permission", re.IGNORECASE)


class ValgrindMeter:
    """Counts one server under valgrind; `folder` is a fresh one, for all that it writes."""

    def __init__(self, folder: Path) -> None:
        """Start nothing yet."""
        self._folder = folder
        self._dumps: set[Path] = set()
        self._known: set[int] = set()  # processes that are counted from their reading before on
        self._seen: frozenset[object] = frozenset()  # processes, at that reading

    @property
    def prefix(self) -> Prefix:
        """Valgrind and its options; the hash seed is that of the start's layout."""
        folder = self._folder
        return Prefix(
            (
                *without_randomisation(), "valgrind", "--tool=callgrind", "--instr-atstart=no",
                "--trace-children=yes", "--dump-line=no", f"--vgdb-prefix={folder}/vgdb",
                f"--callgrind-out-file={folder}/out.%p", f"--log-file={folder}/log.%p",
            ),
        )  # fmt: skip

    def processes(self, server: Server) -> frozenset[object]:
        """Those that vgdb can control, and what those have written that have ended."""
        ended = (path for path in self._folder.glob("out.*") if path.name.count(".") == 1)
        return frozenset([*self._counted(server), *ended])

    async def begin(self, server: Server) -> None:
        """Have every process counted from now on."""
        pids = self._counted(server)
        await self._tell(pids, "instrumentation", "on")
        self._known, self._seen = set(pids), self.processes(server)

    async def read(self, server: Server) -> MeterReading:
        """Have every process write a dump, and add them up.

        Of a process that has come or gone since, something is missing or counted twice: a fork
        begins with all that its parent has counted since its last dump, another program with
        counting off.
        """
        pids, seen = self._counted(server), self.processes(server)
        unsure = seen != self._seen
        await self._tell(pids, "dump")
        await self._tell(set(pids) - self._known, "instrumentation", "on")
        self._known, self._seen = set(pids), seen
        fresh = set(self._folder.glob("out.*.*")) - self._dumps
        self._dumps |= fresh
        reading = await asyncio.to_thread(_added, fresh, len(pids))
        return replace(reading, unsure=unsure)

    def why_lost(self) -> CountingError | None:
        """What valgrind has said of a signal, or of an instruction that it does not know."""
        said = "".join(_text(log) for log in self._folder.glob("log.*"))
        if _UNKNOWN_INSTRUCTION.search(said):
            return CounterError("it uses an instruction of the CPU that valgrind does not know")
        ended = _SIGNAL.search(said)
        return CountingError(f"it ended by signal {ended[1]} under valgrind") if ended else None

    def _counted(self, server: Server) -> list[int]:
        """The processes of the server that vgdb can control. Raises CountingError."""
        named = {int(match[1]) for match in map(_PIPE.search, self._pipes()) if match}
        found = [pid for pid in server.pids() if pid in named]
        if not found:
            if server.alive:
                raise CounterError("none of its processes answers valgrind")
            raise CountingError("it has died")
        return found

    def _pipes(self) -> list[str]:
        return [each.name for each in self._folder.glob("vgdb-from-vgdb-to-*")]

    async def _tell(self, pids: Iterable[int], *words: str) -> None:
        await gather_all(self._command(pid, *words) for pid in pids)

    async def _command(self, pid: int, *words: str) -> None:
        """Give one process a command, and wait until it is done. Raises CounterError."""
        process = await asyncio.create_subprocess_exec(
            "vgdb", f"--vgdb-prefix={self._folder}/vgdb", f"--pid={pid}",
            f"--max-invoke-ms={_INVOKE_AFTER_MS}", *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(COMMAND_LIMIT_S):
                said, _ = await process.communicate()
        except TimeoutError:
            raise CounterError(
                f"it did not obey valgrind's '{' '.join(words)}' within {COMMAND_LIMIT_S} s"
            ) from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:
            raise CounterError(_refusal(said.decode(errors="replace")))


def _refusal(said: str) -> str:
    """Why a command was not obeyed."""
    if _REFUSED.search(said):
        return (
            "no process may be traced here, which valgrind needs (ptrace): allow it, as a "
            "container does with --cap-add=SYS_PTRACE"
        )
    last = said.strip().splitlines()[-1:] or ["nothing"]
    return f"valgrind could not be told what to do: {last[0]}"


def _added(dumps: Iterable[Path], processes: int) -> MeterReading:
    """Add up the dumps of several processes. Raises CounterError for one that is damaged."""
    found: defaultdict[int, Counter[CodePlace]] = defaultdict(Counter)
    total = 0
    try:
        for path in dumps:
            dump = read_dump(path.read_text(encoding="utf-8", errors="replace"))
            total += dump.total
            found[int(path.name.split(".")[1])].update(dump.parts)
            path.unlink()
    except (OSError, ValueError) as error:
        raise CounterError(f"what valgrind wrote cannot be read: {error}") from error
    return MeterReading(total, processes, {pid: dict(parts) for pid, parts in found.items()})


def _text(path: Path) -> str:
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_HEAD_BYTES)
    return ""
