"""One slice: load a server, judge what was seen, note it, and see whether the server lives."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from bench.facts.load import Cell, Client
from bench.facts.slice import Cut, Observation, Role, Slice
from bench.load.order import Order
from bench.run.context import RunContext
from bench.run.rounds.judging import Surroundings, doubts, verdict
from bench.run.rounds.running_servers import RunningServer, RunningServers
from bench.system.cpu_time import CpuTicks, cpu_ticks
from servers.server import Server

_SERVER_ERROR: Final = 500  # and every status above


@dataclass(frozen=True, slots=True)
class Turn:
    """Where in an experiment a slice stands, and what it is there for; rotation 0 is warm-up."""

    round: int
    rotation: int = 0
    position: int = 0
    role: Role = Role.WARM_UP


@dataclass(frozen=True, slots=True)
class Length:
    """How long a slice is, in seconds, and whether load goes on: see `bench.load.order.Order`."""

    lead_in_s: float
    window_s: float
    drain_s: float
    goes_on: bool = True


@dataclass(frozen=True, slots=True)
class Slicer:
    """Measures slices, one at a time; every slice is in the journal when `measure` returns.

    `spent_s` tells how much of the experiment's time is spent, in seconds.
    """

    context: RunContext
    client: Client
    spent_s: Callable[[], float]

    async def measure(
        self,
        servers: RunningServers,
        server: RunningServer,
        cell: Cell,
        turn: Turn,
        length: Length,
        seed: int,
    ) -> Slice:
        """Put a server of the servers under one cell's load; `seed` draws the arrivals.

        A server that has died by then is noted as failed.
        """
        before = cpu_ticks()
        seen = await self.context.load.run(self._order(server, cell, length, seed))
        done = self._finished(servers, server, cell, turn, seen, before)
        self.context.watcher.between()
        return done

    async def alternate(
        self,
        servers: RunningServers,
        turns: Sequence[tuple[RunningServer, Cell, Turn]],
        length: Length,
        seed: int,
        cut: Cut,
    ) -> list[Slice]:
        """Measure several slices in turns, each cut into pieces; else as `measure`."""
        before = cpu_ticks()
        orders = [self._order(server, cell, length, seed) for server, cell, _ in turns]
        observed = await self.context.load.alternate(
            orders, [cut.pieces_of(cell) for _, cell, _ in turns]
        )
        restless = {server.name for (server, *_), o in zip(turns, observed, strict=True)
                    if not o.settled}  # fmt: skip
        done = [
            self._finished(servers, server, cell, turn, seen, before, restless - {server.name})
            for (server, cell, turn), seen in zip(turns, observed, strict=True)
        ]
        self.context.watcher.between()
        return done

    def _order(self, server: RunningServer, cell: Cell, length: Length, seed: int) -> Order:
        return Order(
            target=server.targets[cell.workload],
            load=cell.load,
            client=self.client,
            seed=seed,
            lead_in_s=length.lead_in_s,
            window_s=length.window_s,
            drain_s=length.drain_s,
            tree=server.tree_root,
            goes_on=length.goes_on and self.client is Client.WIRE,  # httpx sends its plan, no more
        )

    def _finished(
        self,
        servers: RunningServers,
        server: RunningServer,
        cell: Cell,
        turn: Turn,
        seen: Observation,
        before: CpuTicks | None,
        restless: Collection[str] = (),
    ) -> Slice:
        """Judge and note what was seen, and see whether the server still lives.

        `restless`: other servers that worked on while it was loaded.
        """
        around = self._surroundings(server, before, len(restless))
        explained = _with_log(seen, server.server)
        done = _slice(cell, turn, explained, around, self.spent_s())
        self.context.journal.write(done)
        self.context.watcher.measured(done)
        server.restless |= not done.settled
        server.look_after()
        if server.failure is not None:
            servers.fail(server.name, server.failure)
        return done

    def _surroundings(
        self, server: RunningServer, before: CpuTicks | None, restless: int
    ) -> Surroundings:
        after, instrument = cpu_ticks(), self.context.instrument
        stolen = after.stolen_share_since(before) if before and after else None
        return Surroundings(
            restless=restless,
            stolen_share=stolen,
            usable_cores=self.context.cores.usable,
            instrument=replace(
                instrument, kernel_timestamps=instrument.kernel_timestamps and server.stamped
            ),
            ceiling_rps=self.context.ceiling_over(
                server.server.address.protocol, renewed=server.renewed
            ),
            reference_client=self.client is not Client.WIRE,
        )


def _with_log(seen: Observation, server: Server) -> Observation:
    """Add to the examples of server errors the last exception in the server's log, and its path.

    Where the log has no exception, its path. Nothing of a server that is run externally.
    """
    errors = [str(status) for status in seen.statuses if status >= _SERVER_ERROR]
    if not errors or server.kept is None:
        return seen
    raised, path = server.last_exception(), f"{server.log.parent.name}/{server.log.name}"
    said = f"the log's last exception is {raised} ({path})" if raised else f"see {path}"
    with_message = {
        kind: f"{seen.examples[kind]}; {said}" for kind in errors if kind in seen.examples
    }
    return replace(seen, examples=seen.examples | with_message)


def _slice(
    cell: Cell, turn: Turn, seen: Observation, around: Surroundings, ended_s: float
) -> Slice:
    """Put together what is known of a slice, and judge it."""
    found = doubts(cell.load, seen, around)
    return Slice(
        **{each.name: getattr(seen, each.name) for each in fields(seen)},
        cell=cell,
        round=turn.round,
        rotation=turn.rotation,
        position=turn.position,
        role=turn.role,
        ended_s=ended_s,
        stolen_share=around.stolen_share,
        doubts=found,
        verdict=verdict(found),
    )
