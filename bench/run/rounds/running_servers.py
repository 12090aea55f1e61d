"""The servers of one round: started one by one, alive together, weighed and stopped at the end."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial

from bench.errors import AskedError, HarnessError
from bench.facts.server import Drain, IdleConnections, Launch, TlsFacts
from bench.facts.settings import RunSettings
from bench.load.order import Target
from bench.run.context import Candidate, RunContext
from bench.run.rounds.idle_connections import weighed
from servers.errors import LaunchError
from servers.launch import launch
from servers.server import Server, StopKind


@dataclass(slots=True)
class RunningServer:
    """One server of a round: alive, known to the generator, loaded in its turn."""

    name: str
    server: Server
    targets: dict[str, Target]  # by workload
    held: AsyncExitStack = field(repr=False)  # what stops it
    failure: str | None = None  # why it cannot be loaded any more
    restless: bool = False  # it worked on after its load, for longer than could be waited
    workers: int | None = None  # that took requests; None: not looked at, or unknown
    loaded_bytes: int | None = None  # what it weighed after its load; None: not weighed yet
    idle: IdleConnections | None = None  # what idle WebSockets weigh, if that was measured

    @property
    def tree_root(self) -> int | None:
        """The process that all of its own are below; None: unknown."""
        return self.server.tree_root

    @property
    def stamped(self) -> bool:
        """Whether the kernel may stamp its answers: it does on no unix socket."""
        return self.server.address.socket is None

    @property
    def renewed(self) -> bool:
        """Whether every request to it has a connection of its own."""
        return any(target.new_connections for target in self.targets.values())

    def look_after(self) -> None:
        """See whether it has died: whether the process that was launched is gone."""
        self.server.relieve_log()
        if not self.server.alive:
            self.died()

    def died(self) -> str:
        """Note that it ended before it was asked to, and say so."""
        said, status = self.server.tail(1), self.server.exit_status
        how = (
            ": its supervising process was killed"
            if status is None
            else f" with exit status {status}"
        )
        self.failure = f"crashed under load{how}" + (f"; it last said: {said[0]}" if said else "")
        return self.failure


@dataclass(slots=True)
class RunningServers:
    """Starts, holds and stops the servers of one round."""

    context: RunContext
    settings: RunSettings
    round: int
    running: list[RunningServer] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)  # by profile, in words

    async def launch(self, contenders: Sequence[Candidate]) -> None:
        """Start them one after the other, so that no start is slowed by another's.

        Those that do not start are noted in `failures`.
        """
        for contender in contenders:
            name = contender.profile.name
            self.context.watcher.launching(name, self.round)
            try:
                self.running.append(await self._launch(contender))
            except LaunchError as error:
                self.fail(name, error.of_itself)
                self.context.journal.write(
                    Drain(name, self.round, None, killed=False, failure=error.of_itself)
                )

    @property
    def alive(self) -> list[RunningServer]:
        """Those that can still be loaded."""
        return [each for each in self.running if each.failure is None]

    def fail(self, name: str, message: str) -> None:
        """Note that a server did not start, or died."""
        self.failures[name] = message
        self.context.watcher.server_failed(name, message)

    async def _launch(self, contender: Candidate) -> RunningServer:
        held = AsyncExitStack()
        server = await held.enter_async_context(self._launcher(contender))
        try:
            return await self._attach(contender.profile.name, server, held)
        except BaseException:
            await held.aclose()
            raise

    def _launcher(self, contender: Candidate) -> AbstractAsyncContextManager[Server]:
        context, name = self.context, contender.profile.name
        return launch(
            contender.profile,
            contender.environment,
            contender.app,
            log=context.logs / f"{contender.profile.slug}.log",
            cpus=context.cores.servers,
            workers=self.settings.workers,
            deadline_s=context.start_limit_s,
            readiness=context.readiness,
            on_wait=lambda what: context.watcher.waiting(name, what),
        )

    async def _attach(self, name: str, server: Server, held: AsyncExitStack) -> RunningServer:
        """Make a server known to the generator, weigh it, and note that it runs."""
        targets = {
            workload: Target(
                f"{name} {self.round} {workload}",
                server.url,
                self.context.source(workload),
                self.settings.seed,
                None if server.address.is_plain else server.address,
                server.address.protocol,
                self.settings.streams or 1,
                new_connections=bool(self.settings.new_connections),
                resume_tls=bool(self.settings.resume_tls),
            )
            for workload in self.settings.workloads
        }
        for target in targets.values():
            try:
                await self.context.load.attach(target)
            except AskedError as error:
                tail = server.tail()
                raise LaunchError(str(error), server=name, log_tail=tail) from error
        pids = tuple(server.pids())
        self.context.journal.write(
            Launch(name, self.round, server.startup_ns, pids, server.pss_bytes(), _agreed(server))
        )
        return RunningServer(name, server, targets, held)

    async def weigh_idle(self, known: set[str]) -> None:
        """Weigh idle WebSockets of every server that has them and is not `known`; it is then.

        What the servers weigh after their load is read before.
        """
        for each in [server for server in self.alive if server.name not in known]:
            each.loaded_bytes = each.server.pss_bytes()
            for target in each.targets.values():
                each.idle = each.idle or await weighed(
                    each.server, target, self.context.load, partial(self._tell_first, known)
                )
            if each.idle is not None:
                known.add(each.name)

    def _tell_first(self, known: set[str], what: str) -> None:
        """Say it of the first server, once in a run."""
        if not known:
            self.context.watcher.note(what)

    async def retire(self, restless: RunningServer) -> None:
        """Stop one server before the others, which it would disturb."""
        self.running.remove(restless)
        await self._drain([restless])

    async def drain(self) -> None:
        """Weigh every server, close the connections to it, and stop all at once."""
        await self._drain(self.running)

    async def _drain(self, leaving: Sequence[RunningServer]) -> None:
        weights = [each.loaded_bytes or each.server.pss_bytes() for each in leaving]
        for each in leaving:
            for target in each.targets.values():
                with suppress(HarnessError):  # then its connections have died with the generator
                    await self.context.load.detach(target.key)
        endings = await asyncio.gather(
            *(each.held.aclose() for each in leaving), return_exceptions=True
        )
        for each, weight, ending in zip(leaving, weights, endings, strict=True):
            self._note_drain(each, weight, ending)
        for ending in endings:
            if ending is not None and not isinstance(ending, LaunchError):
                raise ending

    def _note_drain(
        self, each: RunningServer, pss_bytes: int | None, error: BaseException | None
    ) -> None:
        """Journal how a server ended; one that had ended before it was asked to has failed."""
        ending = each.server.ending
        if ending is not None and ending.how is StopKind.DIED and each.failure is None:
            self.fail(each.name, each.died())
        if error is not None and each.failure is None:
            self.fail(each.name, str(error))
        failure = self.failures.get(each.name)
        killed = ending is not None and ending.how is StopKind.KILLED
        self.context.journal.write(
            Drain(
                each.name,
                self.round,
                pss_bytes,
                killed=killed,
                failure=failure,
                workers=each.workers,
                idle=each.idle,
            )
        )


def _agreed(server: Server) -> TlsFacts | None:
    """What was agreed upon with a server that speaks TLS."""
    found = server.secured
    if found is None:
        return None
    return TlsFacts(found.version, found.cipher, found.alpn, found.resumed)
