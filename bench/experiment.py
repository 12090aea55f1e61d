"""Rounds, rotations and slices: all servers of a round alive together, each loaded in its turn."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from bench import clock, plan
from bench.domain import Cell, Drain, Launch, Slice
from bench.errors import HarnessError
from bench.journal import Journal
from bench.judge import Surroundings, doubts, verdict
from bench.load.order import Order, Report, Target
from bench.load.process import LoadProcess
from bench.machine import Cores, CpuTicks, cpu_ticks
from bench.plan import Settings, Timing
from servers.app import App
from servers.environment import Environment
from servers.errors import LaunchError
from servers.launch import launch
from servers.profile import Profile
from servers.readiness import Readiness
from servers.server import End, Server

_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Contender:
    """A profile that has passed its gate, with what is needed to start it."""

    profile: Profile
    environment: Environment | None  # None: somebody else runs it


class Watcher(Protocol):
    """Who is told how the experiment goes on; called between slices, never during one."""

    def launching(self, profile: str, round_: int) -> None:
        """A server is about to be started."""

    def measured(self, done: Slice, spent_s: float) -> None:
        """A slice has ended, `spent_s` seconds after the experiment began."""

    def troubled(self, profile: str, trouble: str) -> None:
        """A server did not start, or died."""


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What an experiment works with, the same in all its rounds."""

    app: App
    readiness: Readiness | None
    cores: Cores
    load: LoadProcess
    journal: Journal
    logs: Path
    watcher: Watcher


@dataclass(slots=True)
class _Running:
    """One server of a round: alive, attached to the generator, loaded in its turn."""

    contender: Contender
    server: Server
    held: AsyncExitStack
    targets: dict[str, Target]  # by workload
    pids: tuple[int, ...]
    failure: str | None = None

    @property
    def name(self) -> str:
        """Name of the profile."""
        return self.contender.profile.name


@dataclass(slots=True)
class Experiment:
    """Measures contenders; every fact goes to the journal as soon as it is known."""

    contenders: Sequence[Contender]
    settings: Settings
    laboratory: Laboratory
    rates: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)  # profiles that did not start, or died
    _began_ns: int = 0

    async def run(self) -> None:
        """Do all rounds. Raises HarnessError when no server could be started."""
        self._began_ns = clock.monotonic_ns()
        for round_ in range(1, self.settings.rounds + 1):
            share = round_ / self.settings.rounds
            await self._round(round_, until_s=self.settings.timing.budget_s * share)

    @property
    def _spent_s(self) -> float:
        return (clock.monotonic_ns() - self._began_ns) / _NS

    async def _round(self, round_: int, until_s: float) -> None:
        """Start a fresh process of every server, warm up, rotate until the time is spent."""
        running: list[_Running] = []
        try:
            await self._launch_all(round_, running)
            await self._warm_up(round_, running)
            await self._rotate(round_, running, until_s)
        finally:
            await self._drain_all(round_, running)

    async def _launch_all(self, round_: int, running: list[_Running]) -> None:
        """One after the other, so that no start is slowed by another's; in an order of its own."""
        order = np.random.default_rng([self.settings.seed, round_]).permutation(
            len(self.contenders)
        )
        for index in order:
            contender = self.contenders[index]
            self.laboratory.watcher.launching(contender.profile.name, round_)
            try:
                running.append(await self._launch(contender, round_))
            except LaunchError as error:
                self._failed(contender.profile.name, str(error))
                self._journal_drain(contender.profile.name, round_, str(error))
        if not running:
            raise HarnessError("no server could be started: see the logs in the run's folder")

    async def _launch(self, contender: Contender, round_: int) -> _Running:
        held = AsyncExitStack()
        profile = contender.profile
        server = await held.enter_async_context(self._launcher(contender))
        try:
            targets = {
                workload: Target(
                    f"{profile.name} {round_} {workload}", server.url, workload, self.settings.seed
                )
                for workload in self.settings.workloads
            }
            for target in targets.values():
                await self.laboratory.load.attach(target)
            pids = tuple(server.pids())
            self.laboratory.journal.write(
                Launch(profile.name, round_, server.startup_ns, pids, server.pss_bytes())
            )
        except BaseException:
            await held.aclose()
            raise
        return _Running(contender, server, held, targets, pids)

    def _launcher(self, contender: Contender) -> AbstractAsyncContextManager[Server]:
        laboratory = self.laboratory
        return launch(
            contender.profile,
            contender.environment,
            laboratory.app,
            log=laboratory.logs / f"{contender.profile.slug}.log",
            cpus=laboratory.cores.servers,
            workers=self.settings.workers,
            readiness=laboratory.readiness,
        )

    async def _warm_up(self, round_: int, running: Sequence[_Running]) -> None:
        """Load each server a while without counting; the first time, find the common rate."""
        seen: dict[str, list[float]] = {workload: [] for workload in self.settings.workloads}
        load = plan.closed_load(self.settings)
        timing = replace(self.settings.timing, window_s=self.settings.timing.warm_up_s)
        for server in running:
            for workload, throughputs in seen.items():
                cell = Cell(server.name, workload, load)
                warm = await self._slice(server, cell, round_, 0, 0, timing, warm_up=True)
                throughputs.append(warm.throughput_rps)
        for workload, throughputs in seen.items():
            if workload not in self.rates:
                self._set_rate(workload, throughputs)

    def _set_rate(self, workload: str, throughputs: Sequence[float]) -> None:
        """Take the rate that was asked for, or one that every server answering at all can hold."""
        rate = self.settings.rate
        if rate is None:
            answering = [throughput for throughput in throughputs if throughput > 0]
            if not answering:
                raise HarnessError(
                    f"no server gave a right answer to workload '{workload}' in the pilot: "
                    "see the failures in the run's journal"
                )
            rate = plan.offered_rate(answering)
        self.rates[workload] = rate
        self.laboratory.journal.rate(workload, rate)

    async def _rotate(self, round_: int, running: Sequence[_Running], until_s: float) -> None:
        """Visit every cell again and again, at least once, while another rotation fits."""
        by_name = {server.name: server for server in running}
        cells = plan.cells(self.settings, list(by_name), self.rates)
        rotation, longest_s = 0, 0.0
        while rotation == 0 or self._spent_s + longest_s < until_s:
            rotation += 1
            began_s = self._spent_s
            order = plan.shuffled(cells, self.settings.seed, round_, rotation)
            for position, cell in enumerate(order):
                server = by_name[cell.profile]
                if server.failure is None:
                    await self._slice(
                        server, cell, round_, rotation, position, self.settings.timing
                    )
            longest_s = max(longest_s, self._spent_s - began_s)

    async def _slice(
        self,
        server: _Running,
        cell: Cell,
        round_: int,
        rotation: int,
        position: int,
        timing: Timing,
        *,
        warm_up: bool = False,
    ) -> Slice:
        """Measure, judge and journal one slice."""
        order = Order(
            target=server.targets[cell.workload],
            load=cell.load,
            client=self.settings.client,
            seed=plan.slice_seed(self.settings.seed, round_, rotation),
            lead_in_s=timing.lead_in_s,
            window_s=timing.window_s,
            drain_s=timing.drain_s,
            pids=server.pids,
        )
        before = cpu_ticks()
        report = await self.laboratory.load.run(order)
        around = self._surroundings(server, before)
        done = _slice(cell, report, around, round_, rotation, position, warm_up=warm_up)
        self.laboratory.journal.write(done)
        self.laboratory.watcher.measured(done, self._spent_s)
        self._look_after(server)
        return done

    def _surroundings(self, server: _Running, before: CpuTicks | None) -> Surroundings:
        after = cpu_ticks()
        stolen = after.stolen_share_since(before) if before and after else None
        replaced = set(server.pids) ^ set(server.server.pids())
        return Surroundings(len(replaced), stolen, self.laboratory.cores.shared)

    def _look_after(self, server: _Running) -> None:
        """Take a server that has died out of the round; follow one that replaced a worker."""
        if not server.server.alive:
            said = server.server.tail(1)
            server.failure = (
                f"died under load with exit status {server.server.exit_status}"
                + (f"; it last said: {said[0]}" if said else "")
            )  # fmt: skip
            self._failed(server.name, server.failure)
            return
        server.pids = tuple(server.server.pids())

    def _failed(self, profile: str, trouble: str) -> None:
        self.failed.add(profile)
        self.laboratory.watcher.troubled(profile, trouble)

    async def _drain_all(self, round_: int, running: Sequence[_Running]) -> None:
        """Weigh, detach and stop every server, all at once."""
        weights = {server.name: server.server.pss_bytes() for server in running}
        for server in running:
            for target in server.targets.values():
                with suppress(HarnessError):  # its connections have died with it
                    await self.laboratory.load.detach(target.key)
        endings = await asyncio.gather(
            *(server.held.aclose() for server in running), return_exceptions=True
        )
        for server, ending in zip(running, endings, strict=True):
            failure = server.failure or (str(ending) if ending is not None else None)
            self._journal_drain(server.name, round_, failure, server, weights[server.name])
        for ending in endings:
            if ending is not None and not isinstance(ending, LaunchError):
                raise ending

    def _journal_drain(
        self,
        profile: str,
        round_: int,
        failure: str | None,
        running: _Running | None = None,
        pss_bytes: int | None = None,
    ) -> None:
        ending = running.server.ending if running else None
        killed = ending is not None and ending.how is End.KILLED
        self.laboratory.journal.write(Drain(profile, round_, pss_bytes, killed, failure))


def _slice(
    cell: Cell,
    report: Report,
    around: Surroundings,
    round_: int,
    rotation: int,
    position: int,
    *,
    warm_up: bool,
) -> Slice:
    """Put together what is known of a slice, and judge it."""
    found = doubts(cell.load, report, around)
    return Slice(
        cell=cell,
        round=round_,
        rotation=rotation,
        position=position,
        warm_up=warm_up,
        started_at=report.started_at,
        window_ns=report.window_ns,
        outcomes=report.outcomes,
        answered_in_window=report.answered_in_window,
        response=report.response,
        service=report.service,
        send_lag=report.send_lag,
        cpu_ns=report.cpu_ns,
        cpu_requests=report.cpu_requests,
        connections_opened=report.connections_opened,
        connections_lost=report.connections_lost,
        generator_cpu_share=report.generator_cpu_share,
        stolen_share=around.stolen_share,
        collections=report.collections,
        errors=report.errors,
        doubts=found,
        verdict=verdict(found),
    )
