"""Warming up: servers are loaded without counting; the first time shows how to load them all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.analysis.slice_figures import throughput
from bench.errors import HarnessError, UsageError
from bench.facts.journal import Journal
from bench.facts.load import Cell
from bench.facts.settings import RunSettings
from bench.facts.slice import Cut, Outcome, Slice, Verdict
from bench.load.reckoning.samples import MOST_IN_A_SLICE
from bench.plan import schedule
from bench.plan.budget import OVERDRAFT
from bench.plan.offered_rate import offered_rate
from bench.run.rounds.pilot_messages import no_right_answer
from bench.run.rounds.restless import RestlessServers
from bench.run.rounds.running_servers import RunningServer, RunningServers
from bench.run.rounds.slices import Length, Slicer, Turn
from bench.stats.units import NS_PER_S

ROOM: Final = 0.99
"""Of the requests that the generator can write down, that are due on average: random arrivals of a
million differ by a tenth of the rest."""


@dataclass(slots=True)
class WarmUp:
    """Warms servers up, and finds in the first warm-up how each workload is loaded.

    profiles: of all contenders. spent_s: how much of the experiment's time is spent, seconds.
    rates: offered, requests a second, and cuts: how slices are cut, by workload. untried: servers
    for which there was no time when no rate was found.
    """

    profiles: Sequence[str]
    settings: RunSettings
    journal: Journal
    slicer: Slicer
    restless: RestlessServers
    spent_s: Callable[[], float]
    rates: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    untried: list[str] = field(default_factory=list)

    async def warm(self, servers: RunningServers) -> None:
        """Load each server a while without counting; the first time, find the common rate.

        The first time it is loaded for long enough to see how long requests take, and one that does
        not come to rest is stopped: it would disturb all others.
        """
        seen = self.nothing_seen()
        await self.warm_each(servers, seen)
        if servers.alive:
            self.set_rates(seen)

    @property
    def has_all_rates(self) -> bool:
        """Whether it is known how each workload is loaded."""
        return set(self.settings.workloads) <= self.rates.keys()

    def nothing_seen(self) -> dict[str, list[Slice]]:
        """Slices of servers that were warmed up, by workload: none yet."""
        return {workload: [] for workload in self.settings.workloads}

    async def warm_each(self, servers: RunningServers, seen: dict[str, list[Slice]]) -> None:
        """Load each server a while, and add the slices to what was `seen`, by workload."""
        for server in servers.running.copy():
            if self._hopeless(seen):
                self.untried.append(server.name)
                continue
            for workload, warm in seen.items():
                if server.failure is not None:
                    break
                warm.append(await self._warm_one(servers, server, workload))
            server.workers = server.server.count_workers()  # clients are still connected
            await self.restless.retire(servers)

    def set_rates(self, seen: Mapping[str, Sequence[Slice]]) -> None:
        """Decide how each workload is loaded of which that is not known, by what was seen of it."""
        for workload, warm in seen.items():
            if workload not in self.rates:
                self._set_rate(workload, warm)

    def _hopeless(self, seen: Mapping[str, Sequence[Slice]]) -> bool:
        """Whether the budget was spent on servers that do not answer: each may take a minute."""
        if self.rates or self.settings.rate is not None:
            return False
        pilots = [one for warm in seen.values() for one in warm]
        over = self.spent_s() > OVERDRAFT * self.settings.timing.budget_s
        return over and bool(pilots) and not any(one.outcomes.get(Outcome.OK) for one in pilots)

    async def _warm_one(
        self, servers: RunningServers, server: RunningServer, workload: str
    ) -> Slice:
        """Load a server for a while; in the first round until it is seen what requests take."""
        if workload not in self.cuts:
            return await self._pilot(servers, server, workload)
        timing = self.settings.timing
        warm_up_s = schedule.warm_up_s(timing, self.settings.seed, servers.round)
        length = Length(timing.lead_in_s, warm_up_s, self.cuts[workload].drain_s)
        return await self._load(servers, server, workload, length)

    async def _pilot(self, servers: RunningServers, server: RunningServer, workload: str) -> Slice:
        """Load a server, each time for longer, until it is seen what requests take."""
        timing = self.settings.timing
        length = Length(timing.lead_in_s, timing.pilot_s, schedule.LONGEST_PATIENCE_S)
        for left in reversed(range(schedule.PILOTS)):
            began_s = self.spent_s()
            done = await self._load(servers, server, workload, length)
            longest_ns = done.service.percentile_ns(100)
            lasted_s = self.spent_s() - began_s
            # without any answer to go by: longer than the window, and what was sent after it too
            unknown_s = max(length.window_s, lasted_s / 2)
            longest_s = unknown_s if longest_ns is None else longest_ns / NS_PER_S
            only_failed = done.failures > 0 and longest_ns is None
            enough = longest_s * schedule.PILOT_IN_REQUESTS <= length.window_s
            if server.failure or only_failed or enough or not left:
                return done
            lead_in_s = schedule.lead_in_s(timing, longest_s)
            window_s = schedule.PILOT_IN_REQUESTS * longest_s
            length = Length(lead_in_s, window_s, schedule.LONGEST_PATIENCE_S)
        raise AssertionError("a pilot has at least one try")

    async def _load(
        self, servers: RunningServers, server: RunningServer, workload: str, length: Length
    ) -> Slice:
        """A closed loop that is not counted."""
        cell = Cell(server.name, workload, schedule.closed_load(self.settings, workload))
        turn = Turn(servers.round)
        seed = schedule.slice_seed(self.settings.seed, turn.round, turn.rotation)
        return await self.slicer.measure(servers, server, cell, turn, length, seed)

    def _set_rate(self, workload: str, warm: Sequence[Slice]) -> None:
        """Take the rate that was asked for, a log's, or one that every sound server can hold."""
        sound = [one for one in warm if one.verdict is not Verdict.INVALID and one.throughput_rps]
        replay = self.settings.replay_of(workload)
        rate = self.settings.rate if replay is None else replay.rate
        if rate is None:
            if not sound:
                raise HarnessError(no_right_answer(workload, warm, self.untried))
            rate = offered_rate([throughput(each) for each in sound])
        self.rates[workload], self.cuts[workload] = self._cut(workload, rate, sound)
        self.journal.rate(workload, self.rates[workload], self.cuts[workload])

    def _cut(self, workload: str, rate: float, sound: Sequence[Slice]) -> tuple[float, Cut]:
        """The rate, and how slices are cut; of a rate that was not asked for, as much as has room.

        Raises UsageError where one was asked for that has none.
        """
        timing, replay = self.settings.timing, self.settings.replay_of(workload)
        connections = self.settings.connections
        paces = {each.cell.profile: schedule.RequestTimes.of(each, connections) for each in sound}
        if replay is not None:  # which has as much room as it needs
            return rate, schedule.cut(timing, rate, self.profiles, paces, replay.window_s)
        cut = schedule.cut(timing, rate, self.profiles, paces)
        longest_s = schedule.longest_load_s(cut)
        cores = max(1, self.slicer.context.instrument.cores)
        most = ROOM * MOST_IN_A_SLICE * cores / longest_s
        if rate <= most:
            return rate, cut
        if self.settings.rate is not None:
            raise UsageError(
                f"--rate {rate:,.0f} is too much: requests take so long that exposures last "
                f"{longest_s:.1f} s, and {MOST_IN_A_SLICE * cores:,} requests can be written down "
                f"in one; lower it to {int(most):,}, or raise --generator-cores"
            )
        return most, schedule.cut(timing, most, self.profiles, paces)
