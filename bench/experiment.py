"""Rounds, rotations and slices: all servers of a round alive together, each loaded in its turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bench import clock, plan
from bench.domain import Cell, Slice, Verdict
from bench.errors import HarnessError
from bench.laboratory import Contender, Laboratory
from bench.lineup import Lineup, Running
from bench.plan import Settings
from bench.slicing import Length, Slicer, Turn
from servers.shield import finish

_NS: Final = 1e9


@dataclass(slots=True)
class Experiment:
    """Measures contenders; every fact goes to the journal as soon as it is known."""

    contenders: Sequence[Contender]
    settings: Settings
    laboratory: Laboratory
    rates: dict[str, float] = field(default_factory=dict)  # by workload, requests a second
    failed: set[str] = field(default_factory=set)  # profiles that did not start, or died
    _began_ns: int = 0

    @property
    def _slicer(self) -> Slicer:
        return Slicer(self.laboratory, self.settings.client, self._spent_s)

    async def run(self) -> None:
        """Do all rounds, or until one has ended with no server alive.

        Raises HarnessError when no offered rate can be found.
        """
        self._began_ns = clock.monotonic_ns()
        for round_ in range(1, self.settings.rounds + 1):
            share = round_ / self.settings.rounds
            lineup = Lineup(self.laboratory, self.settings, round_)
            await self._round(lineup, until_s=self.settings.timing.budget_s * share)
            if not lineup.alive:
                return

    def _spent_s(self) -> float:
        return (clock.monotonic_ns() - self._began_ns) / _NS

    async def _round(self, lineup: Lineup, until_s: float) -> None:
        """Start a fresh process of every server, warm up, rotate until the time is spent."""
        order = np.random.default_rng([self.settings.seed, lineup.round]).permutation(
            len(self.contenders)
        )
        try:
            await lineup.launch([self.contenders[index] for index in order])
            await self._warm_up(lineup)
            await self._rotate(lineup, until_s)
        finally:
            await finish(lineup.drain())
            self.failed |= lineup.failures.keys()

    async def _warm_up(self, lineup: Lineup) -> None:
        """Load each server a while without counting; the first time, find the common rate."""
        seen: dict[str, list[float]] = {workload: [] for workload in self.settings.workloads}
        load = plan.closed_load(self.settings)
        for server in lineup.running:
            for workload, throughputs in seen.items():
                if server.failure is not None:
                    break
                cell = Cell(server.name, workload, load)
                warm = await self._slice(lineup, server, cell, Turn(lineup.round))
                if warm.verdict is not Verdict.INVALID:
                    throughputs.append(warm.throughput_rps)
        for workload, throughputs in seen.items():
            if workload not in self.rates and lineup.alive:
                self._set_rate(workload, throughputs)

    def _set_rate(self, workload: str, throughputs: Sequence[float]) -> None:
        """Take the rate that was asked for, or one that every sound server can hold."""
        rate = self.settings.rate
        if rate is None:
            if not any(throughputs):
                raise HarnessError(
                    f"no server gave a right answer to workload '{workload}' in the pilot: "
                    "see the failures in the run's journal"
                )
            rate = plan.offered_rate([each for each in throughputs if each > 0])
        self.rates[workload] = rate
        self.laboratory.journal.rate(workload, rate)

    async def _rotate(self, lineup: Lineup, until_s: float) -> None:
        """Visit every cell again and again, at least once, while another rotation fits.

        Servers that die are passed over; when none is left, so is the rest of the round.
        """
        by_name = {server.name: server for server in lineup.alive}
        cells = plan.cells(self.settings, list(by_name), self.rates)
        rotation, longest_s = 0, 0.0
        while lineup.alive and (rotation == 0 or self._spent_s() + longest_s < until_s):
            rotation += 1
            began_s = self._spent_s()
            order = plan.shuffled(cells, self.settings.seed, lineup.round, rotation)
            for position, cell in enumerate(order):
                server = by_name[cell.profile]
                if server.failure is None:
                    turn = Turn(lineup.round, rotation, position)
                    await self._slice(lineup, server, cell, turn)
            longest_s = max(longest_s, self._spent_s() - began_s)

    async def _slice(self, lineup: Lineup, server: Running, cell: Cell, turn: Turn) -> Slice:
        timing = self.settings.timing
        window_s = timing.warm_up_s if turn.warm_up else timing.window_s
        seed = plan.slice_seed(self.settings.seed, turn.round, turn.rotation)
        length = Length(timing.lead_in_s, window_s, timing.drain_s)
        return await self._slicer.measure(lineup, server, cell, turn, length, seed)
