"""The test stand: reference servers, a generator, and slices of load from one to the other."""

import asyncio
import json
import select
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Self, TypeVar

import httpx
import numpy as np

from bench.errors import HarnessError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Observation
from bench.load.order import Order, Target, Trace
from bench.load.process import LoadProcess
from bench.load.scripts.compiled import compiled
from bench.proof.reference import exact_server, lying_server, null_server
from bench.proof.reference.books import BOOKS
from bench.proof.reference.event_streams import EventForm
from bench.proof.reference.launching import reference_server
from bench.proof.reference.stream_lies import StreamLie
from bench.proof.reference.websocket_lies import WebSocketLie
from bench.proof.reference.workloads import (
    echo_workload,
    event_workload,
    lying_workload,
    null_workload,
    timed_workload,
    upload_workload,
)
from bench.proof.reference.workloads.timed_workload import LABELLED, label
from bench.proof.selftest.server_record import Recorded
from bench.system.machine import Cores
from servers.asking.probe import get
from servers.asking.probe_answer import ProbeAnswer
from servers.asking.readiness_request import Question
from servers.command import Address
from servers.protocol import Protocol
from servers.server import Server
from servers.tls import Tls

SEED: Final = 1
"""Of every plan: the same in every self-test, so that chance has no part in what fails."""

CONNECTIONS: Final = 256
"""So many that requests hardly ever wait for one, also where a busy machine holds the server up:
such a wait is part of a response time, and ends when the client has read another's answer."""

STREAMS: Final = 8
"""On a connection at most, where the protocol has streams."""

FEW_CONNECTIONS: Final = 64
"""So few that a server which stands still keeps all of them busy."""

_OVER_TCP: Final = (exact_server, lying_server, null_server)
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
    protocol: Protocol = Protocol.HTTP_1_1
    streams: int = STREAMS
    renewed: bool = False  # each request has a connection of its own

    @property
    def pid(self) -> int:
        """The server's own process."""
        if self.server.root_pid is None:
            raise HarnessError(f"{self.server.name} is not ours")
        return self.server.root_pid

    @property
    def target(self) -> Target:
        """The place as the generator is told of it."""
        plain, protocol = self.server.address, self.protocol
        scheme = "https" if protocol.secure else "http"
        url = f"{scheme}://{plain.authority}{self.path}"
        address = None if protocol is Protocol.HTTP_1_1 else self._address
        return Target(
            f"selftest {protocol} {url}", url, self.workload, SEED, address, protocol, self.streams,
            new_connections=self.renewed,
        )  # fmt: skip

    @property
    def _address(self) -> Address:
        """Where it listens for this protocol: at the same port as for every other it speaks."""
        if self.server.address.protocol is self.protocol:
            return self.server.address
        certificate = self.server.address.certificate
        if not self.protocol.secure:
            return replace(self.server.address, protocol=self.protocol)
        if certificate is None:
            raise HarnessError(f"the {self.server.name} has no certificate: it speaks no TLS")
        tls = Tls(verified=True, ca=certificate.ca, newest=True)
        return replace(self.server.address, tls=tls, protocol=self.protocol)

    def requests(self) -> Sequence[httpx.Request]:
        """What the generator sends to it in a slice, from the first request on, over and over."""
        return _requests(self.workload, f"http://{self.server.address.authority}{self.path}")


@cache
def _requests(workload: str, url: str) -> Sequence[httpx.Request]:
    return [line.request for line in compiled(workload, url, SEED).sequence_from(SEED)]


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
class ReferenceServers:
    """Those that record exact times, that lie, and that do nothing."""

    exact: Server
    lying: Server
    null: Server


@dataclass(frozen=True, slots=True)
class Stand:
    """What is needed to load a reference server: the generator and the servers themselves.

    over_tcp: they speak all protocols but HTTP/3. over_udp: None where that is not put to the test.
    protocol: that of the loads.
    """

    load: LoadProcess
    over_tcp: ReferenceServers
    over_udp: ReferenceServers | None = None
    protocol: Protocol = Protocol.HTTP_1_1

    @property
    def servers(self) -> ReferenceServers:
        """Those that speak the protocol."""
        if self.protocol is not Protocol.H3:
            return self.over_tcp
        assert self.over_udp is not None  # noqa: S101 - else it is not in the programme
        return self.over_udp

    def over(self, protocol: Protocol) -> Self:
        """The same, for loads over another protocol."""
        return replace(self, protocol=protocol)

    def timed(self, path: str) -> StandServer:
        """The exact server under a workload of `bench.proof.reference.workloads.timed_workload`."""
        labelled = LABELLED if self.protocol.has_streams else ""
        return StandServer(
            self.servers.exact, str(Path(timed_workload.__file__)), labelled + path, self.protocol
        )

    def liar(
        self, lie: str, every: int, streams: int, form: EventForm | None = None
    ) -> StandServer:
        """The lying server, which lies to one request in `every`; `form`: of streams of events."""
        module: ModuleType = lying_workload
        if form is not None:
            module = event_workload
        elif lie == StreamLie.WINDOW_NEVER_OPENED:
            module = upload_workload
        elif lie in set(WebSocketLie):
            module = echo_workload
        path = f"/{lie}/{every}" + (f"/{form}" if form else "")
        return StandServer(self.servers.lying, str(module.__file__), path, self.protocol, streams)

    def nothing(self, *, renewed: bool = False) -> StandServer:
        """The server that does nothing; `renewed`: by a new connection for each request."""
        workload = str(Path(null_workload.__file__))
        return StandServer(self.servers.null, workload, protocol=self.protocol, renewed=renewed)

    def at_once(self) -> StandServer:
        """The exact server, which answers every request as soon as it can."""
        return self.timed("/delay/constant/0")

    def streaming(self, form: EventForm) -> StandServer:
        """The exact server, which answers with streams of events of this form."""
        workload = str(event_workload.__file__)
        return StandServer(self.servers.exact, workload, f"/events/{form}", self.protocol)

    async def traced(self, target: Target, plan: Plan) -> Trace:
        """Load a target that the generator knows already."""
        return await _in_time(self.load.trace(plan.order(target)), plan)

    async def recorded(self, place: StandServer, plan: Plan) -> Recorded:
        """Load the exact server for one slice; every request, and what its own books have."""
        async with self.at(place) as target:
            return await self.recorded_of(target, place, plan)

    async def recorded_of(self, target: Target, place: StandServer, plan: Plan) -> Recorded:
        """The same, where the generator knows the target already."""
        await ask(self.servers.exact, BOOKS)  # what was before is forgotten
        trace = await self.traced(target, plan)
        books, labels = await ask(self.servers.exact, BOOKS), None
        if self.protocol.has_streams:
            known = np.array([label(each) for each in place.requests()], dtype=np.int64)
            labels = np.resize(known, len(trace.sent))
        packed = self.protocol is Protocol.H3
        return Recorded.of(trace, books, plan.load.connections, labels, packed=packed)

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


def _over_udp() -> Sequence[ModuleType]:
    """Those over HTTP/3: its library is loaded only where they are asked for."""
    from bench.proof.reference.http3 import (  # noqa: PLC0415
        exact_http3_server,
        lying_http3_server,
        null_http3_server,
    )

    return exact_http3_server, lying_http3_server, null_http3_server


@asynccontextmanager
async def stand(
    load: LoadProcess,
    cores: Cores,
    folder: Path,
    protocols: Sequence[Protocol] = (Protocol.HTTP_1_1,),
) -> AsyncIterator[Stand]:
    """Start the reference servers, for these protocols; they end here.

    Raises LaunchError, and HarnessError where there is no epoll, which they are made of.
    """
    if not possible():
        raise HarnessError("the self-test needs Linux: its servers use epoll")
    certified = any(protocol.secure for protocol in protocols)
    async with AsyncExitStack() as held:

        async def started(module: ModuleType, protocol: Protocol) -> Server:
            server = reference_server(
                module, cores.servers, folder, protocol=protocol, certified=certified
            )
            return await held.enter_async_context(server)

        async def together(protocol: Protocol, modules: Sequence[ModuleType]) -> ReferenceServers:
            return ReferenceServers(*[await started(module, protocol) for module in modules])

        over_tcp, over_udp = await together(Protocol.HTTP_1_1, _OVER_TCP), None
        if Protocol.H3 in protocols:
            over_udp = await together(Protocol.H3, _over_udp())
        yield Stand(load, over_tcp, over_udp)
