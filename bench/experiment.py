"""Rounds, rotations and slices: all servers of a round alive together, each loaded in its turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Self

import numpy as np

from bench import clock, plan
from bench.domain import Cell, Cut, Facts, Slice, Verdict
from bench.errors import HarnessError
from bench.laboratory import Contender, Laboratory
from bench.lineup import Lineup, Running
from bench.plan import Settings
from bench.slicing import Length, Slicer, Turn
from bench.tally import Tally
from servers.shield import finish

_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Start:
    """Where an experiment begins: from nothing, or after the last slice of one that had stopped."""

    slices: Sequence[Slice] = ()
    rates: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)

    @classmethod
    def after(cls, facts: Facts) -> Self:
        """Go on after what is known."""
        return cls(facts.slices, dict(facts.rates), dict(facts.cuts))

    @property
    def spent_s(self) -> float:
        """Of the experiment's time."""
        return max((each.ended_s for each in self.slices), default=0.0)

    @property
    def turn(self) -> Turn:
        """The last that was taken."""
        if not self.slices:
            return Turn(1, 0, -1)
        last = self.slices[-1]
        position = -1 if last.warm_up else last.position
        return Turn(last.round, last.rotation, position)


@dataclass(slots=True)
class Experiment:
    """Measures contenders; every fact goes to the journal as soon as it is known.

    rates: offered, requests a second, and cuts: how slices are cut, by workload; both are found in
    the first warm-up. failed: profiles that did not start, or died.
    """

    contenders: Sequence[Contender]
    settings: Settings
    laboratory: Laboratory
    tally: Tally
    start: Start = field(default_factory=Start)
    rates: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    _began_ns: int = 0
    _needed: dict[str, int] | None = None  # rounds in all, by profile; None: not reckoned yet

    async def run(self) -> None:
        """Do all rounds, or until one has ended with no server alive.

        Raises HarnessError when no offered rate can be found.
        """
        self._began_ns = clock.monotonic_ns() - round(self.start.spent_s * _NS)
        self.rates |= self.start.rates
        self.cuts |= self.start.cuts
        for each in self.start.slices:
            self.tally.add(each)
        for round_ in count(self.start.turn.round):
            due = self._due(round_)
            if not due:
                return
            lineup = Lineup(self.laboratory, self.settings, round_)
            await self._round(lineup, due)
            if not lineup.alive:
                return
            self._tell(round_)

    def _spent_s(self) -> float:
        return (clock.monotonic_ns() - self._began_ns) / _NS

    def _due(self, round_: int) -> Sequence[Contender]:
        """Who takes part in a round: all in the fixed ones, then those not known well enough."""
        if round_ <= self.settings.rounds:
            return self.contenders
        needed = self._rounds_needed()
        due = [each for each in self.contenders if needed.get(each.profile.name, 0) >= round_]
        if not due or self._spent_s() + self._round_s(due) > self.settings.timing.budget_s:
            return ()
        always = {self.tally.baseline, self.tally.twin}
        return [each for each in self.contenders if each in due or each.profile.name in always]

    def _rounds_needed(self) -> dict[str, int]:
        """Reckoned once, when the fixed rounds are over; empty where no precision is wanted."""
        if self.settings.precision is None:
            return {}
        if self._needed is None:
            self._needed = self.tally.rounds_needed(self.settings.precision, self.settings.rounds)
        return self._needed

    def _round_s(self, due: Sequence[Contender]) -> float:
        """How long a round of these takes, by how long a fixed one took with all."""
        fixed_s = self.settings.timing.stage_s / self.settings.rounds
        return fixed_s * len(due) / len(self.contenders)

    def _tell(self, round_: int) -> None:
        """Say how exactly each profile is known by now, and how long the rest will take."""
        if round_ < self.settings.rounds:
            stage, left_s = None, self.settings.timing.stage_s - self._spent_s()
        else:
            stage, left_s = self.settings.stage, self._later_s(round_)
        self.laboratory.watcher.known(round_, self.tally.precision(stage), max(0.0, left_s))

    def _later_s(self, round_: int) -> float:
        """How long the rounds after this one take that are needed, as far as the budget goes."""
        needed = self._rounds_needed()
        last = max(needed.values(), default=0)
        missing = (
            [each for each in self.contenders if needed.get(each.profile.name, last) >= later]
            for later in range(round_ + 1, last + 1)
        )
        budget_s = self.settings.timing.budget_s - self._spent_s()
        return min(budget_s, sum(self._round_s(due) for due in missing))

    async def _round(self, lineup: Lineup, due: Sequence[Contender]) -> None:
        """Start a fresh process of every server, warm up, rotate until the time is spent."""
        order = np.random.default_rng([self.settings.seed, lineup.round]).permutation(len(due))
        try:
            await lineup.launch([due[index] for index in order])
            await self._warm_up(lineup)
            if lineup.alive:  # only then is there a rate to load them with
                await self._rotate(lineup, [each.profile.name for each in due])
        finally:
            await finish(lineup.drain())
            self.failed |= lineup.failures.keys()

    async def _warm_up(self, lineup: Lineup) -> None:
        """Load each server a while without counting; the first time, find the common rate."""
        seen: dict[str, list[Slice]] = {workload: [] for workload in self.settings.workloads}
        load = plan.closed_load(self.settings)
        for server in lineup.running:
            for workload, warm in seen.items():
                if server.failure is not None:
                    break
                done = await self._warm(lineup, server, Cell(server.name, workload, load))
                if done.verdict is not Verdict.INVALID and done.throughput_rps > 0:
                    warm.append(done)
        for workload, warm in seen.items():
            if workload not in self.rates and lineup.alive:
                self._set_rate(workload, warm)

    def _set_rate(self, workload: str, warm: Sequence[Slice]) -> None:
        """Take the rate that was asked for, or one that every sound server can hold."""
        rate = self.settings.rate
        if rate is None:
            if not warm:
                raise HarnessError(
                    f"no server gave a right answer to workload '{workload}' in the pilot: "
                    "see the failures in the run's journal"
                )
            rate = plan.offered_rate([each.throughput_rps for each in warm])
        self.rates[workload] = rate
        services_s = {each.cell.profile: _service_s(each) for each in warm}
        self.cuts[workload] = plan.cut(
            self.settings.timing, rate, [each.profile.name for each in self.contenders], services_s
        )
        self.laboratory.journal.rate(workload, rate, self.cuts[workload])

    async def _rotate(self, lineup: Lineup, names: Sequence[str]) -> None:
        """Visit every cell again and again, at least once, while another rotation is due.

        Servers that die are passed over; when none is left, so is the rest of the round. A round
        that had stopped goes on after its last slice.
        """
        by_name = {server.name: server for server in lineup.alive}
        cells = plan.cells(self.settings, names, self.rates)
        rotation, position = self._last(lineup.round)
        longest_s = 0.0
        while lineup.alive and self._goes_on(lineup.round, rotation, position, longest_s):
            rotation += position < 0
            began_s = self._spent_s()
            blocks = plan.blocks(cells, self.settings.seed, lineup.round, rotation)
            for block in blocks:
                left = [(place, cell) for place, cell in block if place > position]
                await self._block(lineup, by_name, left, rotation)
            position = -1
            longest_s = max(longest_s, self._spent_s() - began_s)

    async def _block(
        self,
        lineup: Lineup,
        by_name: Mapping[str, Running],
        block: Sequence[tuple[int, Cell]],
        rotation: int,
    ) -> None:
        """Measure in turns the cells of a block whose servers live."""
        turns = [
            (server, cell, Turn(lineup.round, rotation, place))
            for place, cell in block
            if (server := by_name.get(cell.profile)) is not None and server.failure is None
        ]
        if turns:
            cut = self.cuts[turns[0][1].workload]
            length = self._length(cut.window_s)
            seed = plan.slice_seed(self.settings.seed, lineup.round, rotation)
            done = await self._slicer.alternate(lineup, turns, length, seed, cut)
            for each in done:
                self.tally.add(each)

    def _last(self, round_: int) -> tuple[int, int]:
        """Rotation and position of the last slice before this start, if it was in this round."""
        last = self.start.turn
        return (last.rotation, last.position) if last.round == round_ else (0, -1)

    def _goes_on(self, round_: int, rotation: int, position: int, longest_s: float) -> bool:
        """Whether a round's next rotation is due, or the rest of one that was broken off.

        The fixed rounds share their time; later ones are as long as the shortest of these, since
        the spread that their number was reckoned from is that of rounds of such a length.
        """
        if rotation == 0 or position >= 0:
            return True
        settings = self.settings
        if round_ > settings.rounds:
            return rotation < min(self.tally.rotations[r] for r in _fixed(self.tally, settings))
        until_s = settings.timing.stage_s * round_ / settings.rounds
        return self._spent_s() + longest_s < until_s

    async def _warm(self, lineup: Lineup, server: Running, cell: Cell) -> Slice:
        turn = Turn(lineup.round)
        seed = plan.slice_seed(self.settings.seed, turn.round, turn.rotation)
        length = self._length(self.settings.timing.warm_up_s)
        return await self._slicer.measure(lineup, server, cell, turn, length, seed)

    def _length(self, window_s: float) -> Length:
        timing = self.settings.timing
        lead_in_s = max(timing.lead_in_s, window_s * plan.LEAD_IN_SHARE)
        return Length(lead_in_s, window_s, timing.drain_s)

    @property
    def _slicer(self) -> Slicer:
        return Slicer(self.laboratory, self.settings.client, self._spent_s)


def _service_s(warm: Slice) -> float:
    return plan.service_s(warm.cell.load.connections, warm.throughput_rps)


def _fixed(tally: Tally, settings: Settings) -> Iterable[int]:
    """The fixed rounds that something was measured in."""
    return [round_ for round_ in tally.rotations if round_ <= settings.rounds]
