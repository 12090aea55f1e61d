"""Rotations: the cells of a round are visited again and again, for exposures or in pieces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.facts.load import Arrivals, Cell, Mode
from bench.facts.settings import RunSettings
from bench.facts.slice import Cut, Role
from bench.plan import schedule
from bench.plan.time_shares import Shares
from bench.run.rounds.precision import PrecisionSoFar
from bench.run.rounds.restless import RestlessServers
from bench.run.rounds.running_servers import RunningServer, RunningServers
from bench.run.rounds.slices import Length, Slicer, Turn
from bench.run.rounds.starting_point import StartingPoint

Block = Sequence[tuple[int, Cell]]  # positions in a rotation, with their cells


@dataclass(frozen=True, slots=True)
class Rotations:
    """Those of one round, or of one server that is measured alone in it.

    profiles: of all cells that a rotation has, also of those that do not live. rates: requests a
    second, by workload. so_far takes in every slice, exposed the round and the position of every
    exposure that a server may have had alone.
    """

    servers: RunningServers
    profiles: Sequence[str]
    settings: RunSettings
    rates: dict[str, float]
    cuts: Mapping[str, Cut]
    so_far: PrecisionSoFar
    exposed: set[tuple[int, int]]
    slicer: Slicer
    restless: RestlessServers

    async def visit(self, start: StartingPoint, until_s: float) -> float:
        """Visit every cell again and again, at least once, while another rotation is due.

        The first rotation of a round exposes every server to each load; after it, pieces are taken
        in turns, or there are further exposures, whichever has had less than its share of the time
        and fits into what is left of it.
        Servers that die are passed over; when none is left, so is the rest of the round. A round
        that had stopped goes on after its last slice. Returns how long the first took, seconds.
        """
        rotation, position = start.last_place(self.servers.round)
        compared_s = len(self.servers.alive) * sum(cut.compared_s for cut in self.cuts.values())
        shares = Shares(max(0, rotation - 1), {Role.COMPARISON: compared_s})
        role: Role | None = start.role_at(self.servers.round, rotation)
        first_s = 0.0
        while self.servers.alive and role is not None:
            rotation += position < 0
            began_s = self.slicer.spent_s()
            await self._rotate(rotation, position, role)
            position = -1
            took_s = self.slicer.spent_s() - began_s
            shares.add(role, took_s)
            first_s += took_s if rotation == 1 else 0.0
            role = self._next_role(shares, until_s)
        return first_s

    async def expose_alone(self, profile: str) -> None:
        """Expose a server to each load that it has not had in this round; it is in no piece."""
        for block in self.left_alone(profile):
            await self._expose(block, schedule.ALONE_ROTATION)

    def left_alone(self, profile: str) -> list[Block]:
        """The exposures of a server that it has not had in this round, by block."""
        return [
            [
                (place, cell)
                for place, cell in block
                if cell.profile == profile and (self.servers.round, place) not in self.exposed
            ]
            for block in self._blocks(schedule.ALONE_ROTATION)
        ]

    async def _rotate(self, rotation: int, position: int, role: Role) -> None:
        """Visit every cell that comes after a position."""
        for block in self._blocks(rotation):
            left = [(place, cell) for place, cell in block if place > position]
            if role is Role.EXPOSURE:
                await self._expose(left, rotation)
            elif self._in_pieces(block):
                await self._compare(left, rotation)

    def _blocks(self, rotation: int) -> list[list[tuple[int, Cell]]]:
        cells = schedule.cells(self.settings, self.profiles, self.rates)
        return schedule.blocks(cells, self.settings.seed, self.servers.round, rotation)

    def _in_pieces(self, block: Block) -> bool:
        cell = block[0][1]
        return self.cuts[cell.workload].in_pieces(cell.load.mode)

    async def _expose(self, block: Block, rotation: int) -> None:
        """Load each server of a block without a break, one after the other."""
        for server, cell, turn in self._turns(block, rotation, Role.EXPOSURE):
            if server.failure is not None or (server.restless and len(self.servers.running) > 1):
                continue
            if server.name == self.so_far.twin and self._in_pieces(block):
                continue  # what it is there for, the noise of a comparison, pieces tell
            cut = self.cuts[cell.workload]
            length = Length(cut.lead_in_s, self._exposure_s(cut, cell, turn), cut.drain_s)
            seed = schedule.slice_seed(self.settings.seed, turn.round, turn.rotation)
            done = await self.slicer.measure(self.servers, server, cell, turn, length, seed)
            self.so_far.add(done)
            if rotation == schedule.ALONE_ROTATION:
                self.exposed.add((turn.round, turn.position))
            await self.restless.retire(self.servers)

    def _exposure_s(self, cut: Cut, cell: Cell, turn: Turn) -> float:
        """How long an exposure is; a log is replayed as a whole in each, with all its bursts."""
        if cell.load.arrivals is Arrivals.LOG and cut.replayed_s is not None:
            return cut.replayed_s
        share = schedule.exposure_share(self.settings.seed, turn.round, turn.rotation)
        return share * cut.exposure_s

    async def _compare(self, block: Block, rotation: int) -> None:
        """Measure in turns, piece by piece, the cells of a block whose servers live."""
        turns = [
            turn for turn in self._turns(block, rotation, Role.COMPARISON) if not turn[0].restless
        ]
        if turns:
            cut = self.cuts[turns[0][1].workload]
            lead_in_s = max(self.settings.timing.lead_in_s, cut.window_s * schedule.LEAD_IN_SHARE)
            length = Length(lead_in_s, cut.window_s, cut.drain_s, goes_on=False)
            seed = schedule.slice_seed(self.settings.seed, self.servers.round, rotation)
            done = await self.slicer.alternate(self.servers, turns, length, seed, cut)
            for each in done:
                self.so_far.add(each)
            await self.restless.retire(self.servers)

    def _turns(
        self, block: Block, rotation: int, role: Role
    ) -> list[tuple[RunningServer, Cell, Turn]]:
        """Which servers of a block are there, and where in the experiment they stand."""
        by_name = {server.name: server for server in self.servers.alive}
        return [
            (server, cell, Turn(self.servers.round, rotation, place, role))
            for place, cell in block
            if (server := by_name.get(cell.profile)) is not None
        ]

    def _next_role(self, shares: Shares, until_s: float) -> Role | None:
        """What a round's next rotation is for; None: there is none.

        The fixed rounds share their time; later ones are as long as the shortest of these, since
        the spread that their number was reckoned from is that of rounds of such a length.
        """
        pieces, fixed = self._any_pieces(), self.settings.rounds
        if self.servers.round > fixed:
            rotations = self.so_far.rotations
            shortest = min(rotations[round_] for round_ in rotations if round_ <= fixed)
            return shares.next_role(pieces=pieces) if shares.rotations < shortest else None
        return shares.next_role(pieces=pieces, left_s=until_s - self.slicer.spent_s())

    def _any_pieces(self) -> bool:
        """Whether there is anything to be taken in turns."""
        cut = any(cut.in_pieces(mode) for cut in self.cuts.values() for mode in Mode)
        return cut and not all(server.restless for server in self.servers.alive)
