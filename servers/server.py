"""A server that is up: where it listens, which processes it is, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from servers.asking.probe_answer import Secured
from servers.bounded_log import relieve
from servers.command import Address
from servers.errors import ServerError
from servers.logs import last_exception, tail
from servers.processes import process_tree
from servers.processes.keeper_client import KeptProgram
from servers.processes.workers import workers
from servers.profile import Profile

_WHOLE_WINDOW = 10_000  # lines: more than `tail` reads of a log's end


class StopKind(StrEnum):
    """How a server left."""

    DRAINED = "drained"
    """It ended by itself within the grace after SIGTERM."""
    KILLED = "killed"
    """It did not, and was killed."""
    DIED = "died"
    """It had ended before it was asked to."""


@dataclass(frozen=True)
class ServerStop:
    """The end of a server, as a fact."""

    how: StopKind
    drain_ns: int | None
    """From SIGTERM to the end of its first process; None unless it was drained."""
    exit_status: int | None
    """Of its first process, negative where a signal ended it; None: not known."""
    leftovers: int
    """Processes of its tree that were left then, and were killed."""


@dataclass
class Server:
    """A server under test, ready. One that is run externally has no processes here."""

    profile: Profile
    address: Address
    workers: int
    answering: frozenset[int]
    """The processes that answered, or listen; empty for one that is run externally."""
    log: Path
    argv: tuple[str, ...] = ()
    startup_ns: int | None = None
    """From the start of its first process to the end of the first right answer."""
    secured: Secured | None = None
    """What was agreed upon in the TLS handshake of that answer; None: it speaks no TLS."""
    kept: KeptProgram | None = None
    log_offset: int = 0
    door: str | None = None
    """A URL that passes on to it, for clients that cannot ask it; see `loopback_proxy`."""
    ending: ServerStop | None = None
    """How it ended; None while launch() is not left."""
    last_said: list[str] | None = None
    """The last lines of its log, kept when it ended: the log may have been cut since."""

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.profile.name

    @property
    def url(self) -> str:
        """Where any HTTP client can ask it: no slash at the end."""
        if self.door is not None:
            return self.door
        return self.profile.url or f"http://{self.address.authority}"

    @property
    def root_pid(self) -> int | None:
        """The first process of its tree; None: it is run externally."""
        return self.kept.pid if self.kept else None

    @property
    def tree_root(self) -> int | None:
        """The process that its whole tree is below; None: it is run externally."""
        return self.kept.root_pid if self.kept else None

    @property
    def alive(self) -> bool:
        """Whether its first process runs; true for one that is run externally."""
        return self.kept is None or self.kept.running

    @property
    def exit_status(self) -> int | None:
        """Its first process's exit status, negative where a signal ended it; None: it runs."""
        return self.kept.status if self.kept else None

    async def wait(self) -> int:
        """Wait until its first process has ended and return the exit status."""
        if self.kept is None:
            raise ServerError(f"{self.name} is run externally: its end cannot be waited for")
        return await self.kept.wait()

    def pids(self) -> list[int]:
        """Return the live processes of its tree; costs a look through /proc, 1 to 3 ms."""
        return self.kept.pids() if self.kept else []

    def cpu_ns(self) -> dict[int, int]:
        """Return the CPU time of each process of its tree, in ns."""
        return process_tree.cpu_ns(self.pids())

    def pss_bytes(self) -> int | None:
        """Return the memory of its tree, shared pages once; None: it cannot be read."""
        return process_tree.pss_bytes(self.pids())

    def count_workers(self) -> int | None:
        """Return how many of its processes take requests; asked while clients are connected."""
        return workers(self.pids(), self.address.where) if self.kept else None

    def tail(self, lines: int = 20) -> list[str]:
        """Return the last lines of this launch's log, at most 20 when it has ended."""
        if self.last_said is not None:
            return self.last_said[-lines:]
        return tail(self.log, lines, self.log_offset)

    def last_exception(self) -> str | None:
        """Return the last exception in this launch's log, as its traceback ends; None: none."""
        return last_exception(tail(self.log, _WHOLE_WINDOW, self.log_offset))

    def relieve_log(self) -> None:
        """Keep its log from growing on disk, between loads."""
        relieve(self.log)
