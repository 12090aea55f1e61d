"""Starting one server: on a fresh port, again if that was taken, until it is ready."""

import asyncio
import shlex
import tempfile
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from servers.apps.app import App
from servers.asking.loopback_proxy import door
from servers.certificate import Certificate, made
from servers.command import Address, LaunchPlan, Prefix, launch_line, scrubbed, started_by
from servers.environments.environment import Environment
from servers.errors import CopyError, LaunchError
from servers.folders import laid_out
from servers.import_check.missing_environment import LINES, advice
from servers.logs import tail, telling, what_it_says
from servers.port_conflicts import Taken, says_taken
from servers.ports import free_ports
from servers.processes.keeper_client import KeptProgram, keep
from servers.processes.process_tree import now_ns
from servers.profile import Profile
from servers.readiness import Readiness, ReadinessWait, StrangerError, WrongAnswerError
from servers.readiness_errors import late, waits, wrong
from servers.server import Server
from servers.wait_limit import Patience

_HOST = "127.0.0.1"
_ATTEMPTS = 3  # A port is fresh for a moment only.
LONGEST_PATH: Final = 100  # of a unix socket; see unix(7), and other systems have a few less


class _PortTakenError(Exception):
    """Another program took the port first."""


class _AppsPortError(Exception):
    """A port that the app opens itself is taken; or the server's was, for a moment."""


@dataclass(frozen=True)
class ServerStart:
    """One server to start: what does not change from attempt to attempt."""

    profile: Profile
    environment: Environment
    app: App
    log: Path
    cpus: frozenset[int] | None
    workers: int
    patience: Patience
    readiness: Readiness
    prefix: Prefix = field(default_factory=Prefix)

    async def run(self) -> tuple[Server, AsyncExitStack]:
        """Return the ready server, and what holds it; raises LaunchError and KeeperError."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        reason = ""
        for attempt in range(_ATTEMPTS):
            try:
                return await self._attempt()
            except (_PortTakenError, StrangerError) as error:
                reason = str(error)
            except _AppsPortError as error:
                if attempt:
                    raise self._failed(f"cannot start: {error}", tail(self.log)) from error
                reason = str(error)
        raise LaunchError(
            f"{self.profile.name} found its port taken {_ATTEMPTS} times: {reason}; "
            "stop the programs that open ports on this machine",
            server=self.profile.name,
            log_tail=tail(self.log),
        )

    async def _attempt(self) -> tuple[Server, AsyncExitStack]:
        async with AsyncExitStack() as stack:
            scratch = Path(stack.enter_context(_fresh_folder()))
            try:
                folders = await laid_out(self.app, self.app.target(self.profile), scratch)
                certificate = await self._certificate(folders.home)
                address = self._address(folders.home, certificate)  # now: a copy takes a while
                plan = LaunchPlan(
                    self.profile, self.environment, self.app, address, folders, self.workers
                )
                argv = [*self.prefix.words, *launch_line(plan)]
                offset = self._head(argv)
                keeping = self._keep(argv, plan, scratch)
                kept = await stack.enter_async_context(keeping)
            except CopyError as error:
                raise LaunchError(str(error), server=self.profile.name) from error
            waiting = ReadinessWait(address, self.readiness, kept.pids)
            answering = await self._ready(kept, waiting, offset)
            first_ns = waiting.first_ns or now_ns()
            server = Server(
                profile=self.profile,
                address=address,
                workers=self.workers,
                answering=answering,
                log=self.log,
                argv=tuple(argv),
                startup_ns=first_ns - kept.spawned_ns,
                secured=waiting.secured,
                kept=kept,
                log_offset=offset,
                door=await stack.enter_async_context(door(address)),
            )
            return server, stack.pop_all()

    async def _certificate(self, home: Path) -> Certificate | None:
        """Make a certificate, which goes with the server's home; None: its line names none."""
        if not self.profile.certified:
            return None
        folder = home / "certificate"
        folder.mkdir()
        return await asyncio.to_thread(made, folder)

    def _address(self, home: Path, certificate: Certificate | None) -> Address:
        """Where it is to listen; raises LaunchError where a socket's path would be too long."""
        port, spare_port = free_ports(_HOST, 2)
        tls, protocol = self.profile.tls, self.profile.protocol
        if tls is not None and certificate is not None:
            tls = replace(tls, verified=True, ca=certificate.ca)
        if not self.profile.on_socket:
            return Address(_HOST, port, None, tls, spare_port, protocol, certificate)
        socket = home / "socket"
        if len(str(socket)) > LONGEST_PATH:
            raise LaunchError(
                f"{self.profile.name} cannot listen on a unix socket at '{socket}': paths may "
                f"have {LONGEST_PATH} characters; set TMPDIR to a folder with a shorter path",
                server=self.profile.name,
            )
        return Address(_HOST, port, socket, tls, spare_port, protocol, certificate)

    def _head(self, argv: list[str]) -> int:
        """Write the launch line to the log; return where this launch's output begins."""
        with self.log.open("ab") as log:
            log.write(f"# {self.profile.name}: {shlex.join(argv)}\n".encode())
            return log.tell()

    def _keep(
        self, argv: list[str], plan: LaunchPlan, scratch: Path
    ) -> AbstractAsyncContextManager[KeptProgram]:
        """Keep the server; its keeper removes the scratch folder if this process cannot."""
        env, cwd = started_by(self.prefix, scrubbed(plan)), plan.folders.start
        return keep(argv, log=self.log, env=env, cwd=cwd, cpus=self.cpus, scratch=scratch)

    def _versions(self) -> str:
        """Mention versions that the launch line was not written for: they may lack options."""
        brought = [f"{name} {self.environment.packages[name]}" for name in self.environment.yielded]
        if not brought:
            return ""
        return (
            f"; its launch line is written for other versions than {', '.join(brought)}, which the "
            "app's pins require"
        )

    async def _ready(
        self, kept: KeptProgram, waiting: ReadinessWait, offset: int
    ) -> frozenset[int]:
        asking = asyncio.create_task(waiting.until_ready(self.workers))
        dying = asyncio.create_task(kept.wait())
        both, limit_s = {asking, dying}, self.patience.limit_s
        try:
            await self.patience.first_of(
                both, lambda: waits(waiting, self.patience, tail(self.log, 1, offset))
            )
            lines = tail(self.log, LINES, offset)
            if asking.done():
                return asking.result()
            if dying.done():
                self._look_for_taken_port(kept, waiting.address, lines)
                status = dying.result()
                said = f"ended with exit status {status} before it answered: {telling(lines)}"
                raise self._failed(f"{said}{self._versions()}", lines)
            self._look_for_taken_port(kept, waiting.address, lines)
            raise self._failed(late(waiting, limit_s, self.workers, lines), lines)
        except WrongAnswerError as error:
            lines = tail(self.log, LINES, offset)
            said = f"{wrong(waiting, error.answer)}; {what_it_says(lines)}"
            raise self._failed(said, lines) from error
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    def _look_for_taken_port(self, kept: KeptProgram, address: Address, lines: list[str]) -> None:
        """Raise _PortTakenError or _AppsPortError where the log says that a port was taken."""
        if not says_taken(lines):
            return
        texts = (*self.app.env.values(), *self.profile.env.values())
        taken = Taken(address.host, address.port, kept.pids(), lines, texts)
        if taken.is_own:
            raise _PortTakenError(telling(lines))
        raise _AppsPortError(f"{taken.of_the_app()}; it says: {telling(lines)}")

    def _failed(self, said: str, lines: list[str]) -> LaunchError:
        name = self.profile.name
        parts = (said, advice(lines, self.app), f"its log: {self.log}")
        message = "; ".join(filter(None, parts))
        return LaunchError(f"{name} {message}", server=name, log_tail=lines)


def _fresh_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="weighbridge-", ignore_cleanup_errors=True)
