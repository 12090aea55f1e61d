"""The test stand: reference servers, a generator, and slices of load from one to the other."""

import asyncio
import json
import select
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from bench.errors import HarnessError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Observation
from bench.load.order import Order, Target, Trace
from bench.load.process import LoadProcess
from bench.proof.reference import (
    exact_server,
    lying_server,
    lying_workload,
    null_http3_server,
    null_server,
    null_workload,
    timed_workload,
)
from bench.proof.reference.exact_server import BOOKS
from bench.proof.reference.launching import reference_server
from bench.proof.selftest.server_record import Recorded
from bench.system.machine import Cores
from servers.probe import get
from servers.probe_answer import ProbeAnswer
from servers.protocol import Protocol
from servers.readiness_request import Question
from servers.server import Server

SEED: Final = 1
"""Of every plan: the same in every self-test, so that chance has no part in what fails."""

CONNECTIONS: Final = 256
"""So many that requests hardly ever wait for one, also where a busy machine holds the server up:
such a wait is part of a response time, and ends when the client has read another's answer."""

FEW_CONNECTIONS: Final = 64
"""So few that a server which stands still keeps all of them busy."""

_ASK_LIMIT_S: Final = 30.0
_HANGS_S: Final = 60.0  # more than a slice can take beside its own length
_OK: Final = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StandServer:
    """A reference server under one workload; `path` of the base URL chooses what it does."""

    server: Server
    workload: str
    path: str = "/"

    @property
    def pid(self) -> int:
        """The server's own process."""
        if self.server.root_pid is None:
            raise HarnessError(f"{self.server.name} is not ours")
        return self.server.root_pid

    @property
    def target(self) -> Target:
        """The place as the generator is told of it."""
        url, address = self.server.url + self.path, self.server.address
        return Target(
            f"selftest {url}", url, self.workload, SEED, address=address, protocol=address.protocol
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A slice, but for the place: see `bench.load.order.Order`."""

    load: Load
    window_s: float
    lead_in_s: float = 0.0
    drain_s: float = 30.0  # only waited for on a machine that is so slow
    client: Client = Client.WIRE
    start_ns: int | None = None

    def order(self, target: Target) -> Order:
        """Order this slice of a target."""
        return Order(
            target=target,
            load=self.load,
            client=self.client,
            seed=SEED,
            lead_in_s=self.lead_in_s,
            window_s=self.window_s,
            drain_s=self.drain_s,
            start_ns=self.start_ns,
        )


def at_rate(rate: float, arrivals: Arrivals, connections: int = CONNECTIONS) -> Load:
    """An open loop."""
    return Load(Mode.OPEN, connections, rate, arrivals)


def on_connections(connections: int) -> Load:
    """A closed loop."""
    return Load(Mode.CLOSED, connections)


@dataclass(frozen=True, slots=True)
class Stand:
    """What is needed to load a reference server: the generator and the servers themselves.

    null_http3: None where HTTP/3 is not put to the test.
    """

    load: LoadProcess
    exact: Server
    lying: Server
    null: Server
    null_http3: Server | None = None

    def timed(self, path: str) -> StandServer:
        """The exact server under a workload of `bench.proof.reference.timed_workload`."""
        return StandServer(self.exact, str(Path(timed_workload.__file__)), path)

    def liar(self, path: str) -> StandServer:
        """The lying server under the lie that the path names."""
        return StandServer(self.lying, str(Path(lying_workload.__file__)), path)

    def nothing(self) -> StandServer:
        """The server that does nothing."""
        return StandServer(self.null, str(Path(null_workload.__file__)))

    def nothing_over_http3(self) -> StandServer:
        """The same over HTTP/3."""
        assert self.null_http3 is not None  # noqa: S101 - else it is not in the programme
        return StandServer(self.null_http3, str(Path(null_workload.__file__)))

    def at_once(self) -> StandServer:
        """The exact server, which answers every request as soon as it can."""
        return self.timed("/delay/constant/0")

    async def trace(self, place: StandServer, plan: Plan) -> Trace:
        """Load a place for one slice; every request."""
        async with self.at(place) as target:
            return await self.traced(target, plan)

    async def traced(self, target: Target, plan: Plan) -> Trace:
        """Load a target that the generator knows already."""
        return await _in_time(self.load.trace(plan.order(target)), plan)

    async def recorded(self, place: StandServer, plan: Plan) -> Recorded:
        """Load the exact server for one slice; every request, and what its own books have."""
        await ask(self.exact, BOOKS)  # what was before is forgotten
        trace = await self.trace(place, plan)
        return Recorded.of(trace, await ask(self.exact, BOOKS), plan.load.connections)

    async def run(self, place: StandServer, plan: Plan) -> Observation:
        """Load a place for one slice, by all the generator's processes together."""
        async with self.at(place) as target:
            return await _in_time(self.load.run(plan.order(target)), plan)

    @asynccontextmanager
    async def at(self, place: StandServer) -> AsyncIterator[Target]:
        """Make a place known to the generator, and let it be forgotten."""
        target = place.target
        await self.load.attach(target)
        try:
            yield target
        finally:
            await self.load.detach(target.key)


async def _in_time(slice_: Awaitable[T], plan: Plan) -> T:
    """Wait for a slice, but not for ever. Raises HarnessError."""
    limit_s = plan.lead_in_s + plan.window_s + plan.drain_s + _HANGS_S
    try:
        async with asyncio.timeout(limit_s):
            return await slice_
    except TimeoutError:
        raise HarnessError(f"the load generator hangs: no slice ended within {limit_s} s") from None


async def ask(server: Server, path: str) -> dict[str, Any]:
    """Read a reference server's own books. Raises HarnessError."""
    answer = await get(server.address, Question(path), _ASK_LIMIT_S)
    if not isinstance(answer, ProbeAnswer) or answer.status != _OK:
        raise HarnessError(f"the {server.name} does not show its record: {answer}")
    books: dict[str, Any] = json.loads(answer.body)
    return books


def possible() -> bool:
    """Whether the reference servers run here: they are made of epoll."""
    return hasattr(select, "epoll")


@asynccontextmanager
async def stand(
    load: LoadProcess, cores: Cores, folder: Path, *, http3: bool = False
) -> AsyncIterator[Stand]:
    """Start the reference servers, one that speaks HTTP/3 if it is needed; they end here.

    Raises LaunchError, and HarnessError where there is no epoll, which they are made of.
    """
    if not possible():
        raise HarnessError("the self-test needs Linux: its servers use epoll")
    async with AsyncExitStack() as held:
        exact, lying, null = [
            await held.enter_async_context(reference_server(module, cores.servers, folder))
            for module in (exact_server, lying_server, null_server)
        ]
        null_http3 = None
        if http3:
            null_http3 = await held.enter_async_context(
                reference_server(null_http3_server, cores.servers, folder, protocol=Protocol.H3)
            )
        yield Stand(load, exact, lying, null, null_http3)
