"""Rounds, rotations and slices: all servers of a round alive together, each loaded in its turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Self

import numpy as np

from bench.analysis.slice_figures import throughput
from bench.errors import HarnessError
from bench.facts.load import Arrivals, Cell, Mode
from bench.facts.run import Facts
from bench.facts.server import Drain, Launch
from bench.facts.settings import RunSettings
from bench.facts.slice import Cut, Outcome, Role, Slice, Verdict
from bench.plan import schedule
from bench.plan.budget import OVERDRAFT, Outlook
from bench.plan.forecast import Forecast
from bench.plan.offered_rate import offered_rate
from bench.plan.time_shares import Shares
from bench.run.context import Candidate, RunContext
from bench.run.rounds.attempts import Attempts
from bench.run.rounds.pilot_messages import beforehand, no_right_answer
from bench.run.rounds.precision import PrecisionSoFar
from bench.run.rounds.running_servers import RunningServer, RunningServers
from bench.run.rounds.slices import Length, Slicer, Turn
from bench.stats.units import NS_PER_S
from bench.system import clock
from servers.cleanup import finish

RESTLESS: Final = "keeps working after its load: it is measured with no other server running"


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where an experiment begins: from nothing, or after the last slice of one that had stopped."""

    slices: Sequence[Slice] = ()
    rates: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    launches: Sequence[Launch] = ()
    drains: Sequence[Drain] = ()

    @classmethod
    def after(cls, facts: Facts) -> Self:
        """Go on after what is known."""
        return cls(facts.slices, dict(facts.rates), dict(facts.cuts), facts.launches, facts.drains)

    @property
    def spent_s(self) -> float:
        """Of the experiment's time."""
        return max((each.ended_s for each in self.slices), default=0.0)

    @property
    def turn(self) -> Turn:
        """The last that was taken in the last round, by servers that live side by side.

        Whoever is measured alone comes after them, in a rotation that they have had.
        """
        round_ = self.slices[-1].round if self.slices else 1
        taken = (
            Turn(each.round, each.rotation, each.position, each.role)
            for each in self.slices
            if each.round == round_ and not each.warm_up
        )
        none = Turn(round_, 0, -1)
        return max(taken, key=lambda turn: (turn.rotation, turn.position), default=none)

    @property
    def exposed(self) -> set[tuple[int, int]]:
        """Round and position of all exposures that a server may have had alone."""
        return {
            (each.round, each.position)
            for each in self.slices
            if each.rotation == schedule.ALONE_ROTATION
        }

    def role_at(self, round_: int, rotation: int) -> Role:
        """What a rotation that was broken off is for, or the first of a round."""
        last = self.turn
        broken_off = rotation and (last.round, last.rotation) == (round_, rotation)
        return last.role if broken_off else Role.EXPOSURE


@dataclass(slots=True)
class Experiment:
    """Measures contenders; every fact goes to the journal as soon as it is known.

    rates: offered, requests a second, and cuts: how slices are cut, by workload; both are found in
    the first warm-up. failed: profiles that did not start, or died. restless: profiles that do not
    come to rest after a load, and are measured alone.
    """

    contenders: Sequence[Candidate]
    settings: RunSettings
    context: RunContext
    so_far: PrecisionSoFar
    start: StartingPoint = field(default_factory=StartingPoint)
    rates: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    restless: set[str] = field(default_factory=set)
    _exposed: set[tuple[int, int]] = field(default_factory=set)  # see `Start.exposed`
    _attempts: Attempts = field(default_factory=Attempts)
    _weighed: set[str] = field(default_factory=set)  # whose idle WebSockets were
    _began_ns: int = 0
    _untried: list[str] = field(default_factory=list)  # for want of time, when no rate was found
    _least_round_s: float = 0.0  # that rounds took: launches, first rotations, servers alone
    _rounds_left: int | None = None  # of the fixed ones, that fit; None: not reckoned yet
    _needed: dict[str, int] | None = None  # rounds in all, by profile; None: not reckoned yet

    async def run(self) -> None:
        """Do all rounds, or until no server has lived to the end of one.

        Raises HarnessError when no offered rate can be found.
        """
        self._began_ns = clock.monotonic_ns() - round(self.start.spent_s * NS_PER_S)
        self.rates |= self.start.rates
        self.cuts |= self.start.cuts
        self._exposed |= self.start.exposed
        self.restless |= {one.cell.profile for one in self.start.slices if not one.settled}
        self._attempts.know(self.start.launches, self.start.drains)
        self._weighed |= {drain.profile for drain in self.start.drains if drain.idle}
        self._attempts.ready |= {
            contender.profile.name for contender in self.contenders if contender.gated
        }
        for each in self.start.slices:
            self.so_far.add(each)
        for round_ in count(self.start.turn.round):
            due = self._due(round_)
            if not due:
                return
            servers = RunningServers(self.context, self.settings, round_)
            least_s, self._least_round_s = self._least_round_s, 0.0
            lived = await self._round(servers, due)
            self._least_round_s = max(least_s, self._least_round_s)
            if not lived:
                return
            self._tell(round_)

    def _spent_s(self) -> float:
        return (clock.monotonic_ns() - self._began_ns) / NS_PER_S

    def _due(self, round_: int) -> Sequence[Candidate]:
        """Who takes part in a round: all in the fixed ones, then those not known well enough.

        Where servers take so long to start, or to answer, that what no round can do without
        exceeds its share of the budget, there are fewer.
        """
        if round_ <= self.settings.rounds:
            ends_s = self._spent_s() + self._least_round_s
            within = ends_s <= OVERDRAFT * self.settings.timing.budget_s
            fits = within and self._rounds_left != 1
            return self.contenders if fits or not self._least_round_s else ()
        needed = self._rounds_needed()
        able = self._able(self.contenders)
        due = [each for each in able if needed.get(each.profile.name, 0) >= round_]
        if not due or self._spent_s() + self._round_s(due) > self.settings.timing.budget_s:
            return ()
        always = {self.so_far.baseline, self.so_far.twin}
        return [each for each in able if each in due or each.profile.name in always]

    def _able(self, due: Sequence[Candidate]) -> list[Candidate]:
        """Those that are started again, whatever has happened."""
        return [
            each
            for each in due
            if self._attempts.given_up(each.profile.name) is None
            and not (each.profile.name == self.so_far.twin and self._is_twin_idle)
        ]

    @property
    def _is_twin_idle(self) -> bool:
        """Whether there is no time for pieces, by the plan: the twin is there for little else."""
        settings = self.settings
        return not settings.alone and not schedule.leaves_time_for_pieces(
            settings.timing, settings.rounds, len(self.contenders), len(settings.workloads)
        )

    def _rounds_needed(self) -> dict[str, int]:
        """Reckoned once, when the fixed rounds are over; empty where no precision is wanted."""
        if self.settings.precision is None:
            return {}
        if self._needed is None:
            self._needed = self.so_far.rounds_needed(self.settings.precision, self.settings.rounds)
        return self._needed

    def _round_s(self, due: Sequence[Candidate]) -> float:
        """How long a round of these takes, by how long a fixed one took with all."""
        fixed_s = self.settings.timing.stage_s / self.settings.rounds
        return fixed_s * len(due) / len(self.contenders)

    def _tell(self, round_: int) -> None:
        """Say how exactly each profile is known by now, and how long the rest will take."""
        if round_ < self.settings.rounds:
            stage, left_s = None, self.settings.timing.stage_s - self._spent_s()
        else:
            stage, left_s = self.settings.stage, self._later_s(round_)
        self.context.watcher.known(round_, self.so_far.precision(stage), max(0.0, left_s))

    def _later_s(self, round_: int) -> float:
        """How long the rounds after this one take that are needed, as far as the budget goes."""
        needed = self._rounds_needed()
        last = max(needed.values(), default=0)
        missing = (
            [
                contender
                for contender in self.contenders
                if needed.get(contender.profile.name, last) >= later
            ]
            for later in range(round_ + 1, last + 1)
        )
        budget_s = self.settings.timing.budget_s - self._spent_s()
        return min(budget_s, sum(self._round_s(due) for due in missing))

    async def _round(self, servers: RunningServers, due: Sequence[Candidate]) -> bool:
        """Measure those that can live side by side, then the restless, one after the other.

        Returns whether any of them has lived to the end.
        """
        names = [each.profile.name for each in due]
        order = np.random.default_rng([self.settings.seed, servers.round]).permutation(len(due))
        drawn = self._able([due[index] for index in order])
        if self.settings.alone:
            return await self._one_at_a_time(drawn, names, servers.round)
        together = [each for each in drawn if each.profile.name not in self.restless]
        if together:
            await self._side_by_side(servers, together, names, len(drawn) - len(together))
        lived = self._compared(servers)
        measured = {server.name for server in servers.running} | servers.failures.keys()
        for each in drawn:
            if each.profile.name not in measured:
                lived |= await self._alone(each, names, servers.round)
        return lived

    async def _one_at_a_time(
        self, due: Sequence[Candidate], names: Sequence[str], round_: int
    ) -> bool:
        """Measure each server while no other lives. Returns whether any has lived to the end."""
        await self._find_rates_alone(due, round_)
        lived = False
        for each in due:
            if self.rates and round_ not in self._attempts.failed[each.profile.name]:
                lived |= await self._alone(each, names, round_)
        return lived

    async def _find_rates_alone(self, due: Sequence[Candidate], round_: int) -> None:
        """Start each server once more before the first round: one rate must suit them all."""
        if set(self.settings.workloads) <= self.rates.keys():
            return
        seen = self._nothing_seen()
        starting_s = 0.0
        for each in due:
            starting_s += await self._pilot_alone(each, round_, seen)
        if any(seen.values()):
            self._set_rates(seen)
            self._say_beforehand(round_, len(due), starting_s)

    async def _pilot_alone(
        self, contender: Candidate, round_: int, seen: dict[str, list[Slice]]
    ) -> float:
        """See how long its requests take; returns how long it took to start, seconds."""
        alone = RunningServers(self.context, self.settings, round_)
        try:
            starting_s = await self._launch(alone, [contender])
            await self._warm_each(alone, seen)
        finally:
            await finish(alone.drain())
            self._note_failures(alone)
        return starting_s

    async def _side_by_side(
        self, servers: RunningServers, due: Sequence[Candidate], names: Sequence[str], alone: int
    ) -> None:
        """Start a fresh process of every server, warm up, rotate until the time is spent.

        `alone`: how many others are measured after them.
        """
        began_s = self._spent_s()
        try:
            starting_s = await self._launch(servers, due)
            self._least_round_s += starting_s
            await self._warm_up(servers)
            if self._compared(servers):  # and only then is there a rate to load them with
                until_s = self._until_s(servers, began_s, starting_s, alone)
                await self._rotate(servers, names, until_s)
                await servers.weigh_idle(self._weighed)
        finally:
            await finish(servers.drain())
            self._note_failures(servers)

    def _compared(self, servers: RunningServers) -> bool:
        """Whether any server lives that the run is about: the baseline's twin alone is none."""
        return any(server.name != self.so_far.twin for server in servers.alive)

    async def _launch(self, servers: RunningServers, due: Sequence[Candidate]) -> float:
        """Start them; how long that took of those that did start, seconds."""
        starting_s = 0.0
        for each in due:
            began_s = self._spent_s()
            await servers.launch([each])
            if each.profile.name not in servers.failures:
                self._attempts.ready.add(each.profile.name)
                starting_s += self._spent_s() - began_s
        return starting_s

    def _note_failures(self, servers: RunningServers) -> None:
        """Note who failed in a round, and say at once who is not started again for it."""
        for name in servers.failures:
            self.failed.add(name)
            self._attempts.failed[name].add(servers.round)
            reason = self._attempts.given_up(name)
            if reason is not None and servers.round < self.settings.rounds:
                self.context.watcher.server_failed(name, reason)

    async def _alone(self, contender: Candidate, names: Sequence[str], round_: int) -> bool:
        """Expose one server to each load while no other lives; it is in no piece.

        What it had before it was known to be restless is not done again. Returns whether it lives.
        """
        began_s, name = self._spent_s(), contender.profile.name
        if self.rates and not any(self._left_alone(name, names, round_)):
            return True
        alone = RunningServers(self.context, self.settings, round_)
        try:
            await self._launch(alone, [contender])
            await self._warm_up(alone)
            for block in self._left_alone(name, names, round_) if alone.alive else ():
                await self._expose(alone, block, schedule.ALONE_ROTATION)
            await alone.weigh_idle(self._weighed)
        finally:
            await finish(alone.drain())
            self._note_failures(alone)
            self._least_round_s += self._spent_s() - began_s
        return bool(alone.alive)

    def _left_alone(
        self, name: str, names: Sequence[str], round_: int
    ) -> list[list[tuple[int, Cell]]]:
        """The exposures of a server that it has not had in a round, by block."""
        return [
            [
                (place, cell)
                for place, cell in block
                if cell.profile == name and (round_, place) not in self._exposed
            ]
            for block in self._blocks(names, round_, schedule.ALONE_ROTATION)
        ]

    def _until_s(
        self, servers: RunningServers, began_s: float, starting_s: float, alone: int
    ) -> float:
        """Until when, of the experiment's time, a fixed round may go on with those side by side."""
        exposed_s = sum(cut.exposures_s + 2 * cut.lead_in_s for cut in self.cuts.values())
        each_s = max(schedule.LAUNCH_S, starting_s / len(servers.running))
        alone_s = alone * (each_s + exposed_s)
        least_s = starting_s + len(servers.running) * exposed_s + alone_s
        outlook = Outlook(self.settings, servers.round, began_s, starting_s, least_s)
        self._rounds_left = outlook.rounds_left
        self._say_beforehand(
            servers.round, len(servers.running) + alone, starting_s + alone * each_s
        )
        return outlook.until_s - alone_s

    def _say_beforehand(self, round_: int, servers: int, starting_s: float) -> None:
        """Say in the first round how long the run is going to take, where that is a surprise."""
        if round_ > 1 or self.start.slices:
            return
        settings, ready_s = self.settings, self._spent_s()
        forecast = Forecast(
            timing=settings.timing,
            rounds=settings.rounds,
            servers=servers,
            cuts=tuple(self.cuts.values()),
            ready_s=ready_s,
            starting_s=starting_s,
            alone=settings.alone,
        )
        warning = beforehand(forecast)
        if warning:
            self.context.journal.forecast(forecast.enough_s)
            self.context.watcher.note(warning)

    async def _warm_up(self, servers: RunningServers) -> None:
        """Load each server a while without counting; the first time, find the common rate.

        The first time it is loaded for long enough to see how long requests take, and one that does
        not come to rest is stopped: it would disturb all others.
        """
        seen = self._nothing_seen()
        await self._warm_each(servers, seen)
        if servers.alive:
            self._set_rates(seen)

    def _nothing_seen(self) -> dict[str, list[Slice]]:
        return {workload: [] for workload in self.settings.workloads}

    async def _warm_each(self, servers: RunningServers, seen: dict[str, list[Slice]]) -> None:
        for server in servers.running.copy():
            if self._hopeless(seen):
                self._untried.append(server.name)
                continue
            for workload, warm in seen.items():
                if server.failure is not None:
                    break
                warm.append(await self._warm(servers, server, workload))
            server.workers = server.server.count_workers()  # clients are still connected
            await self._retire_restless(servers)

    def _set_rates(self, seen: dict[str, list[Slice]]) -> None:
        for workload, warm in seen.items():
            if workload not in self.rates:
                self._set_rate(workload, warm)

    def _hopeless(self, seen: Mapping[str, Sequence[Slice]]) -> bool:
        """Whether the budget was spent on servers that do not answer: each may take a minute."""
        if self.rates or self.settings.rate is not None:
            return False
        pilots = [one for warm in seen.values() for one in warm]
        over = self._spent_s() > OVERDRAFT * self.settings.timing.budget_s
        return over and bool(pilots) and not any(one.outcomes.get(Outcome.OK) for one in pilots)

    async def _retire_restless(self, servers: RunningServers) -> None:
        """Stop whoever worked on after its load, and measure it alone; the last is so already."""
        for server in [each for each in servers.alive if each.restless]:
            if len(servers.running) == 1:
                return
            self.restless.add(server.name)
            self.context.watcher.server_failed(server.name, RESTLESS)
            await servers.retire(server)

    async def _warm(self, servers: RunningServers, server: RunningServer, workload: str) -> Slice:
        """Load a server for a while; in the first round until it is seen what requests take."""
        timing = self.settings.timing
        if workload in self.cuts:
            warm_up_s = schedule.warm_up_s(timing, self.settings.seed, servers.round)
            length = Length(timing.lead_in_s, warm_up_s, self.cuts[workload].drain_s)
            return await self._load(servers, server, workload, length)
        length = Length(timing.lead_in_s, timing.pilot_s, schedule.LONGEST_PATIENCE_S)
        for left in reversed(range(schedule.PILOTS)):
            began_s = self._spent_s()
            done = await self._load(servers, server, workload, length)
            longest_ns = done.service.percentile_ns(100)
            lasted_s = self._spent_s() - began_s
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
        return await self._slicer.measure(servers, server, cell, turn, length, seed)

    def _set_rate(self, workload: str, warm: Sequence[Slice]) -> None:
        """Take the rate that was asked for, a log's, or one that every sound server can hold."""
        sound = [one for one in warm if one.verdict is not Verdict.INVALID and one.throughput_rps]
        replay = self.settings.replay_of(workload)
        rate = self.settings.rate if replay is None else replay.rate
        if rate is None:
            if not sound:
                raise HarnessError(no_right_answer(workload, warm, self._untried))
            rate = offered_rate([throughput(each) for each in sound])
        connections = self.settings.connections
        paces = {each.cell.profile: schedule.RequestTimes.of(each, connections) for each in sound}
        self.rates[workload] = rate
        self.cuts[workload] = schedule.cut(
            self.settings.timing,
            rate,
            [contender.profile.name for contender in self.contenders],
            paces,
            None if replay is None else replay.window_s,
        )
        self.context.journal.rate(workload, rate, self.cuts[workload])

    async def _rotate(self, servers: RunningServers, names: Sequence[str], until_s: float) -> None:
        """Visit every cell again and again, at least once, while another rotation is due.

        The first rotation of a round exposes every server to each load; after it, pieces are taken
        in turns, or there are further exposures, whichever has had less than its share of the time
        and fits into what is left of it.
        Servers that die are passed over; when none is left, so is the rest of the round. A round
        that had stopped goes on after its last slice.
        """
        rotation, position = self._last(servers.round)
        compared_s = len(servers.alive) * sum(cut.compared_s for cut in self.cuts.values())
        shares = Shares(max(0, rotation - 1), {Role.COMPARISON: compared_s})
        role: Role | None = self.start.role_at(servers.round, rotation)
        while servers.alive and role is not None:
            rotation += position < 0
            began_s = self._spent_s()
            for block in self._blocks(names, servers.round, rotation):
                left = [(place, cell) for place, cell in block if place > position]
                if role is Role.EXPOSURE:
                    await self._expose(servers, left, rotation)
                elif self._in_pieces(block):
                    await self._compare(servers, left, rotation)
            position = -1
            took_s = self._spent_s() - began_s
            shares.add(role, took_s)
            self._least_round_s += took_s if rotation == 1 else 0.0
            role = self._next_role(servers, shares, until_s)

    def _blocks(
        self, names: Sequence[str], round_: int, rotation: int
    ) -> list[list[tuple[int, Cell]]]:
        cells = schedule.cells(self.settings, names, self.rates)
        return schedule.blocks(cells, self.settings.seed, round_, rotation)

    def _any_pieces(self, servers: RunningServers) -> bool:
        """Whether there is anything to be taken in turns."""
        cut = any(cut.in_pieces(mode) for cut in self.cuts.values() for mode in Mode)
        return cut and not all(server.restless for server in servers.alive)

    def _in_pieces(self, block: Sequence[tuple[int, Cell]]) -> bool:
        cell = block[0][1]
        return self.cuts[cell.workload].in_pieces(cell.load.mode)

    async def _expose(
        self, servers: RunningServers, block: Sequence[tuple[int, Cell]], rotation: int
    ) -> None:
        """Load each server of a block without a break, one after the other."""
        for server, cell, turn in self._turns(servers, block, rotation, Role.EXPOSURE):
            if server.failure is not None or (server.restless and len(servers.running) > 1):
                continue
            if server.name == self.so_far.twin and self._in_pieces(block):
                continue  # what it is there for, the noise of a comparison, pieces tell
            cut = self.cuts[cell.workload]
            length = Length(cut.lead_in_s, self._exposure_s(cut, cell, turn), cut.drain_s)
            seed = schedule.slice_seed(self.settings.seed, turn.round, turn.rotation)
            self.so_far.add(await self._slicer.measure(servers, server, cell, turn, length, seed))
            if rotation == schedule.ALONE_ROTATION:
                self._exposed.add((turn.round, turn.position))
            await self._retire_restless(servers)

    def _exposure_s(self, cut: Cut, cell: Cell, turn: Turn) -> float:
        """How long an exposure is; a log is replayed as a whole in each, with all its bursts."""
        if cell.load.arrivals is Arrivals.LOG and cut.replayed_s is not None:
            return cut.replayed_s
        share = schedule.exposure_share(self.settings.seed, turn.round, turn.rotation)
        return share * cut.exposure_s

    async def _compare(
        self, servers: RunningServers, block: Sequence[tuple[int, Cell]], rotation: int
    ) -> None:
        """Measure in turns, piece by piece, the cells of a block whose servers live."""
        turns = [
            turn
            for turn in self._turns(servers, block, rotation, Role.COMPARISON)
            if not turn[0].restless
        ]
        if turns:
            cut = self.cuts[turns[0][1].workload]
            lead_in_s = max(self.settings.timing.lead_in_s, cut.window_s * schedule.LEAD_IN_SHARE)
            length = Length(lead_in_s, cut.window_s, cut.drain_s, goes_on=False)
            seed = schedule.slice_seed(self.settings.seed, servers.round, rotation)
            done = await self._slicer.alternate(servers, turns, length, seed, cut)
            for each in done:
                self.so_far.add(each)
            await self._retire_restless(servers)

    def _turns(
        self, servers: RunningServers, block: Sequence[tuple[int, Cell]], rotation: int, role: Role
    ) -> list[tuple[RunningServer, Cell, Turn]]:
        """Which servers of a block are there, and where in the experiment they stand."""
        by_name = {server.name: server for server in servers.alive}
        return [
            (server, cell, Turn(servers.round, rotation, place, role))
            for place, cell in block
            if (server := by_name.get(cell.profile)) is not None
        ]

    def _last(self, round_: int) -> tuple[int, int]:
        """Rotation and position of the last slice before this start, if it was in this round."""
        last = self.start.turn
        return (last.rotation, last.position) if last.round == round_ else (0, -1)

    def _next_role(self, servers: RunningServers, shares: Shares, until_s: float) -> Role | None:
        """What a round's next rotation is for; None: there is none.

        The fixed rounds share their time; later ones are as long as the shortest of these, since
        the spread that their number was reckoned from is that of rounds of such a length.
        """
        pieces, settings = self._any_pieces(servers), self.settings
        if servers.round > settings.rounds:
            shortest = min(self.so_far.rotations[r] for r in _fixed(self.so_far, settings))
            return shares.next_role(pieces=pieces) if shares.rotations < shortest else None
        return shares.next_role(pieces=pieces, left_s=until_s - self._spent_s())

    @property
    def _slicer(self) -> Slicer:
        return Slicer(self.context, self.settings.client, self._spent_s)


def _fixed(so_far: PrecisionSoFar, settings: RunSettings) -> Iterable[int]:
    """The fixed rounds that something was measured in."""
    return [round_ for round_ in so_far.rotations if round_ <= settings.rounds]
