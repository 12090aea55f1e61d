"""Rounds: servers are started, warmed up, loaded in their turns and stopped, again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Self

from bench.facts.settings import RunSettings
from bench.facts.slice import Slice
from bench.run.context import Candidate, RunContext
from bench.run.rounds.attempts import Attempts
from bench.run.rounds.experiment_time import ExperimentTime
from bench.run.rounds.participants import Participants
from bench.run.rounds.pilot_messages import beforehand
from bench.run.rounds.precision import PrecisionSoFar
from bench.run.rounds.restless import RestlessServers
from bench.run.rounds.rotations import Rotations
from bench.run.rounds.round_time import RoundTime, StartedRound
from bench.run.rounds.running_servers import RunningServers
from bench.run.rounds.slices import Slicer
from bench.run.rounds.starting_point import StartingPoint
from bench.run.rounds.warm_up import WarmUp
from servers.cleanup import finish


@dataclass(frozen=True, slots=True)
class Experiment:
    """Measures contenders; every fact goes to the journal as soon as it is known.

    What there is to decide, its parts decide: who takes part, how each workload is loaded, and how
    long a round goes on. exposed: round and position of all exposures that a server may have had
    alone. weighed: profiles whose idle WebSockets were.
    """

    settings: RunSettings
    context: RunContext
    so_far: PrecisionSoFar
    start: StartingPoint
    participants: Participants
    time: RoundTime
    slicer: Slicer
    warm_up: WarmUp
    restless: RestlessServers
    exposed: set[tuple[int, int]]
    weighed: set[str]

    @classmethod
    def begun(
        cls,
        contenders: Sequence[Candidate],
        settings: RunSettings,
        context: RunContext,
        so_far: PrecisionSoFar,
        start: StartingPoint,
    ) -> Self:
        """Begin, or go on after what is known; its time goes on from now."""
        for each in start.slices:
            so_far.add(each)
        spent_s = ExperimentTime.begun(start.spent_s).spent_s
        slicer = Slicer(context, settings.client, spent_s)
        restless = RestlessServers(context.watcher, start.restless)
        names = [each.profile.name for each in contenders]
        gated = [each.profile.name for each in contenders if each.gated]
        attempts = Attempts.after(gated, start.launches, start.drains)
        rates, cuts, journal = dict(start.rates), dict(start.cuts), context.journal
        return cls(
            settings=settings,
            context=context,
            so_far=so_far,
            start=start,
            participants=Participants(
                contenders, settings, context.watcher, so_far.baseline, so_far.twin, attempts
            ),
            time=RoundTime(names, settings, so_far, spent_s),
            slicer=slicer,
            warm_up=WarmUp(names, settings, journal, slicer, restless, spent_s, rates, cuts),
            restless=restless,
            exposed=start.exposed,
            weighed=start.weighed,
        )

    @property
    def failed(self) -> set[str]:
        """Profiles that did not start, or died."""
        return self.participants.failed

    async def run(self) -> None:
        """Do all rounds, or until no server has lived to the end of one.

        Raises HarnessError when no offered rate can be found.
        """
        for round_ in count(self.start.turn.round):
            due = self.participants.due(round_, self.time)
            if not due or not await self._round(due, round_):
                return
            self._tell(round_)

    def _tell(self, round_: int) -> None:
        """Say how exactly each profile is known by now, and how long the rest will take."""
        left_s = self.time.left_s(round_)
        stage = None if round_ < self.settings.rounds else self.settings.stage
        self.context.watcher.known(round_, self.so_far.precision(stage), left_s)

    async def _round(self, due: Sequence[Candidate], round_: int) -> bool:
        """Measure those that can live side by side, then the restless, one after the other.

        Returns whether any of them has lived to the end.
        """
        names = [each.profile.name for each in due]
        drawn = self.participants.drawn(due, round_)
        if self.settings.alone:
            return await self._one_at_a_time(drawn, names, round_)
        servers = self._servers(round_)
        together = [each for each in drawn if each.profile.name not in self.restless.profiles]
        if together:
            await self._side_by_side(servers, together, names, len(drawn) - len(together))
        lived = self.participants.any_compared(servers)
        measured = {server.name for server in servers.running} | servers.failures.keys()
        for each in drawn:
            if each.profile.name not in measured:
                lived |= await self._alone(each, names, round_)
        return lived

    async def _one_at_a_time(
        self, due: Sequence[Candidate], names: Sequence[str], round_: int
    ) -> bool:
        """Measure each server while no other lives. Returns whether any has lived to the end."""
        if not self.warm_up.has_all_rates:
            await self._find_rates_alone(due, round_)
        lived = False
        for each in due:
            failed = self.participants.has_failed(each.profile.name, round_)
            if self.warm_up.has_all_rates and not failed:
                lived |= await self._alone(each, names, round_)
        return lived

    async def _find_rates_alone(self, due: Sequence[Candidate], round_: int) -> None:
        """Start each server once more before the first round: one rate must suit them all."""
        seen = self.warm_up.nothing_seen()
        starting_s = 0.0
        for each in due:
            starting_s += await self._pilot_alone(each, round_, seen)
        if any(seen.values()):
            self.warm_up.set_rates(seen)
            self._say_beforehand(round_, len(due), starting_s)

    async def _pilot_alone(
        self, contender: Candidate, round_: int, seen: dict[str, list[Slice]]
    ) -> float:
        """See how long its requests take; returns how long it took to start, seconds."""
        alone = self._servers(round_)
        try:
            starting_s = await self._launch(alone, [contender])
            await self.warm_up.warm_each(alone, seen)
        finally:
            await self._stop(alone)
        return starting_s

    async def _side_by_side(
        self, servers: RunningServers, due: Sequence[Candidate], names: Sequence[str], alone: int
    ) -> None:
        """Start a fresh process of every server, warm up, rotate until the time is spent.

        `alone`: how many others are measured after them.
        """
        round_, began_s = servers.round, self.time.spent_s()
        try:
            starting_s = await self._launch(servers, due)
            self.time.add_least(round_, starting_s)
            await self.warm_up.warm(servers)
            if self.participants.any_compared(servers):  # only then is there a rate to load with
                together = len(servers.running)
                started = StartedRound(round_, began_s, starting_s, together, alone)
                until_s = self.time.until_s(started, self.warm_up.cuts)
                self._say_beforehand(round_, started.servers, started.all_starting_s)
                first_s = await self._rotations(servers, names).visit(self.start, until_s)
                self.time.add_least(round_, first_s)
                await servers.weigh_idle(self.weighed)
        finally:
            await self._stop(servers)

    async def _alone(self, contender: Candidate, names: Sequence[str], round_: int) -> bool:
        """Expose one server to each load while no other lives; it is in no piece.

        What it had before it was known to be restless is not done again. Returns whether it lives.
        """
        began_s, name = self.time.spent_s(), contender.profile.name
        alone = self._servers(round_)
        rotations = self._rotations(alone, names)
        if self.warm_up.has_all_rates and not any(rotations.left_alone(name)):
            return True
        try:
            await self._launch(alone, [contender])
            await self.warm_up.warm(alone)
            if alone.alive:
                await rotations.expose_alone(name)
            await alone.weigh_idle(self.weighed)
        finally:
            await self._stop(alone)
            self.time.add_least(round_, self.time.spent_s() - began_s)
        return bool(alone.alive)

    def _servers(self, round_: int) -> RunningServers:
        return RunningServers(self.context, self.settings, round_)

    def _rotations(self, servers: RunningServers, names: Sequence[str]) -> Rotations:
        return Rotations(
            servers,
            names,
            self.settings,
            self.warm_up.rates,
            self.warm_up.cuts,
            self.so_far,
            self.exposed,
            self.slicer,
            self.restless,
        )

    async def _launch(self, servers: RunningServers, due: Sequence[Candidate]) -> float:
        """Start them; how long that took of those that did start, seconds."""
        starting_s = 0.0
        for each in due:
            began_s = self.time.spent_s()
            await servers.launch([each])
            if each.profile.name not in servers.failures:
                self.participants.note_ready(each.profile.name)
                starting_s += self.time.spent_s() - began_s
        return starting_s

    async def _stop(self, servers: RunningServers) -> None:
        await finish(servers.drain())
        self.participants.note_failures(servers)

    def _say_beforehand(self, round_: int, servers: int, starting_s: float) -> None:
        """Say in the first round how long the run is going to take, where that is a surprise."""
        if round_ > 1 or self.start.slices:
            return
        forecast = self.time.forecast(servers, starting_s, self.warm_up.cuts)
        warning = beforehand(forecast)
        if warning:
            self.context.journal.forecast(forecast.enough_s)
            self.context.watcher.note(warning)
