"""Three launches of all servers: to search, to verify with fresh processes, to overload.

In each, all servers are alive together and idle unless it is their turn; the steps of their
searches are taken in turn, so that a disturbance of the machine meets all of them alike.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.analysis.capacity.goal import RECOVERY_S, CapacityGoal
from bench.analysis.capacity.phases import Phase, SearchState
from bench.facts.load import Cell, Load
from bench.facts.settings import RunSettings
from bench.facts.slice import Role, Slice
from bench.plan import schedule
from bench.run.context import Candidate, RunContext
from bench.run.rounds.running_servers import RunningServer, RunningServers
from bench.run.rounds.slices import Length, Slicer, Turn
from bench.stats.units import NS_PER_S
from bench.system import clock
from servers.cleanup import finish


@dataclass(slots=True)
class CapacityExperiment:
    """Finds the capacity of contenders; every fact goes to the journal as soon as it is known.

    top_rate: what the generator can offer at most, requests a second. _loaded_s: of each server's
    budget, what is spent.
    """

    contenders: Sequence[Candidate]
    settings: RunSettings
    aim: CapacityGoal
    top_rate: float
    context: RunContext
    courses: dict[str, SearchState] = field(default_factory=dict)  # by profile
    failed: set[str] = field(default_factory=set)  # profiles that did not start, or died
    _loaded_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _began_ns: int = 0

    async def run(self) -> None:
        """Go through all phases; a server whose capacity is not found takes no part in the next."""
        self._began_ns = clock.monotonic_ns()
        await self._launch(Phase.SEARCH, self.contenders)
        for phase in (Phase.VERIFY, Phase.OVERLOAD):
            wanted = [
                contender
                for contender in self.contenders
                if self._wanted(contender.profile.name, phase)
            ]
            await self._launch(phase, wanted)

    def _wanted(self, name: str, phase: Phase) -> bool:
        return name not in self.failed and self._next_rate(name, phase) is not None

    async def _launch(self, phase: Phase, contenders: Sequence[Candidate]) -> None:
        """Start fresh processes, warm them up, and load them in turn until the phase is over."""
        if not contenders:
            return
        servers = RunningServers(self.context, self.settings, phase)
        try:
            await servers.launch(contenders)
            if phase is Phase.OVERLOAD:
                await self._one_after_the_other(servers)
            else:
                await self._in_turn(servers, phase)
        finally:
            await finish(servers.drain())
            self.failed |= servers.failures.keys()

    async def _in_turn(self, servers: RunningServers, phase: Phase) -> None:
        """A slice of each server, again and again."""
        for server in servers.alive:
            await self._warm_up(servers, server)
        length = Length(self.aim.lead_in_s, self.aim.window_s, self.aim.drain_s, goes_on=False)
        rotation, busy = 0, True
        while busy:
            rotation, busy = rotation + 1, False
            for position, server in enumerate(servers.alive):
                rate = self._next_rate(server.name, phase)
                if rate is not None:
                    turn = Turn(phase, rotation, position, Role.EXPOSURE)
                    await self._offer(servers, server, rate, turn, length)
                    busy = True

    async def _one_after_the_other(self, servers: RunningServers) -> None:
        """Overload each server, and see at once how it recovers."""
        for server in servers.alive:
            await self._warm_up(servers, server)
            rotation = 0
            while server.failure is None:
                rate = self._next_rate(server.name, Phase.OVERLOAD)
                if rate is None:
                    break
                rotation += 1
                window_s = self.aim.overload_s if rotation == 1 else RECOVERY_S
                length = Length(0.0, window_s, self.aim.drain_s, goes_on=False)
                await self._offer(
                    servers,
                    server,
                    rate,
                    Turn(Phase.OVERLOAD, rotation, role=Role.EXPOSURE),
                    length,
                )

    def _next_rate(self, name: str, phase: Phase) -> float | None:
        """The next rate of a server, while its time for this phase is not spent."""
        course = self.courses.get(name)
        if course is None:
            return None
        allowed_s = {Phase.SEARCH: self.aim.search_s, Phase.VERIFY: self.aim.verify_s}.get(phase)
        if allowed_s is not None and self._loaded_s[name] + self.aim.slice_s > allowed_s:
            return None
        return course.next_rate(phase)

    async def _warm_up(self, servers: RunningServers, server: RunningServer) -> None:
        """Load a server in closed loop without counting; the first time shows where to begin."""
        timing = self.settings.timing
        length = Length(timing.lead_in_s, timing.pilot_s, schedule.PATIENCE_S)
        load = schedule.closed_load(self.settings, self.settings.workloads[0])
        turn = Turn(servers.round)
        done = await self._measure(servers, server, load, turn, length)
        if servers.round == Phase.SEARCH:
            self.courses[server.name] = SearchState.begun(self.aim, self.top_rate, done)

    async def _offer(
        self,
        servers: RunningServers,
        server: RunningServer,
        rate: float,
        turn: Turn,
        length: Length,
    ) -> None:
        """Offer a rate for one slice; the time it takes is of the server's budget."""
        began_s = self._spent_s()
        load = schedule.open_load(self.settings, self.settings.workloads[0], rate)
        self.courses[server.name].take(await self._measure(servers, server, load, turn, length))
        self._loaded_s[server.name] += self._spent_s() - began_s

    async def _measure(
        self, servers: RunningServers, server: RunningServer, load: Load, turn: Turn, length: Length
    ) -> Slice:
        slicer = Slicer(self.context, self.settings.client, self._spent_s)
        cell = Cell(server.name, self.settings.workloads[0], load)
        seed = schedule.slice_seed(self.settings.seed, turn.round, turn.rotation)
        return await slicer.measure(servers, server, cell, turn, length, seed)

    def _spent_s(self) -> float:
        return (clock.monotonic_ns() - self._began_ns) / NS_PER_S
