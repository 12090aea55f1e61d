"""The owner's side of the keeper: run a program so that no path leaves a process behind."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from servers.cleanup import finish
from servers.errors import KeeperError
from servers.processes import process_tree
from servers.processes.leftovers import OWNER, owner

_KEEPER = Path(__file__).resolve().with_name("keeper.py")
_CLEAR_S = 10.0  # How long a keeper may take to kill everything: only the kernel can delay it.


class KeptProgram:
    """A program under its keeper. All times are of the monotonic clock, in ns."""

    def __init__(self, name: str, keeper: asyncio.subprocess.Process) -> None:
        self.name = name
        self.pid = 0
        """The program's own process, the root of its tree."""
        self.spawned_ns = 0
        """When the program was started."""
        self.exited_ns: int | None = None
        """When its end was heard of; None: it runs."""
        self.status: int | None = None
        """Its exit status, negative where a signal ended it; None: it runs, or is not known."""
        self.cpu_ns: int | None = None
        """CPU time of the program and of the children it waited for; None: it runs, or is not
        known. What its other descendants used is not in it."""
        self.leftovers: int | None = None
        """Processes that had to be killed in the end; None: not over yet."""
        self._keeper = keeper
        self._error: str | None = None
        self._started, self._exited, self._emptied = (asyncio.Event() for _ in range(3))
        self._listening = asyncio.create_task(self._listen())

    @property
    def root_pid(self) -> int:
        """The keeper: all processes of the program's tree are below it, whoever started them."""
        return self._keeper.pid

    @property
    def running(self) -> bool:
        """Whether the program itself runs: its children may, when it does not."""
        return not self._exited.is_set()

    def pids(self) -> list[int]:
        """Return the live processes of the program's tree; the keeper is not one of them."""
        return process_tree.descendants(self._keeper.pid)

    async def wait(self) -> int:
        """Wait for the program's end and return its exit status; raises KeeperError."""
        await self._exited.wait()
        if self.status is None:
            raise KeeperError(self._error or f"the keeper of {self.name} was lost")
        return self.status

    async def wait_empty(self) -> None:
        """Wait until no process of its tree is left."""
        await self._emptied.wait()

    async def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the program, if it still runs."""
        await self._tell(f"{int(number)}\n")

    async def start(self, order: Mapping[str, object]) -> None:
        """Give the keeper its order: keep() does; raises KeeperError."""
        await self._tell(json.dumps(order) + "\n")
        await self._started.wait()
        if self._error is not None:
            raise KeeperError(self._error)

    async def _tell(self, line: str) -> None:
        if self._keeper.stdin is None:
            raise KeeperError(f"the keeper of {self.name} has no lifeline")
        with suppress(ConnectionError):  # What _listen finds out is the better message.
            self._keeper.stdin.write(line.encode())
            await self._keeper.stdin.drain()

    async def _listen(self) -> None:
        if self._keeper.stdout is None:
            raise KeeperError(f"the keeper of {self.name} has no report")
        async for line in self._keeper.stdout:
            facts = json.loads(line)
            match facts["event"]:
                case "started":
                    self.pid, self.spawned_ns = facts["pid"], facts["at_ns"]
                    self._started.set()
                case "failed":
                    self._error = f"{self.name} could not be started: {facts['error']}"
                case "exited":
                    self.cpu_ns = facts["cpu_ns"]
                    self._end(facts["status"])
                case "empty":
                    self._emptied.set()
                case "cleared":
                    self.leftovers = facts["killed"]
        if self.leftovers is None:
            self._error = self._error or f"the keeper of {self.name} was lost"
            process_tree.kill_session(self.pid)
        self._end(self.status)
        self._started.set()
        self._emptied.set()

    def _end(self, status: int | None) -> None:
        if self.running:
            self.status, self.exited_ns = status, process_tree.now_ns()
            self._exited.set()

    async def close(self) -> None:
        """End the lifeline and see the whole tree gone: keep() does; raises KeeperError."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        _, late = await asyncio.wait({self._listening}, timeout=_CLEAR_S)
        left = self.pids() if late else []
        if late and not left:  # it is only late to say so: it has no turn, or a folder to remove
            _, late = await asyncio.wait({self._listening}, timeout=_CLEAR_S)
        if late:
            self._keeper.kill()
        await self._keeper.wait()
        await self._listening
        if left:
            raise KeeperError(
                f"processes of {self.name} cannot be killed: {left}; look at them with ps"
            )


@asynccontextmanager
async def keep(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    cpus: frozenset[int] | None = None,
    stdout: Path | None = None,
    scratch: Path | None = None,
) -> AsyncIterator[KeptProgram]:
    """Run a program; on leaving, its whole tree is killed and reaped, whatever happened.

    The same when this process dies, by SIGKILL too. Output is appended to `log`, or stdout's
    part to `stdout`. `env` and `cwd` are this process's unless given, `cpus` those that it and
    its children may use, `scratch` a directory that is removed at the end. To `env` a variable is
    added by which `servers.processes.leftovers` finds what the kernel does not end.
    Raises KeeperError when the program cannot be started.
    """
    order = {
        "argv": list(argv),
        "env": {**(os.environ if env is None else env), OWNER: owner()},
        "cwd": _absolute(cwd or Path()),
        "log": _absolute(log),
        "stdout": _absolute(stdout),
        "cpus": sorted(cpus) if cpus else None,
        "scratch": _absolute(scratch),
        "owner": os.getpid(),
    }
    spawning = asyncio.ensure_future(_spawn(Path(argv[0]).name, log))
    try:
        kept = await asyncio.shield(spawning)
        await kept.start(order)
        yield kept
    finally:
        await finish(_close(spawning))


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


async def _close(spawning: asyncio.Future[KeptProgram]) -> None:
    await asyncio.wait({spawning})
    if spawning.exception() is None:
        await spawning.result().close()


async def _spawn(name: str, log: Path) -> KeptProgram:
    with log.open("ab") as errors:
        keeper = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(_KEEPER),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    return KeptProgram(name, keeper)
