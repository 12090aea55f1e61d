"""Clients against clients: ours, wrk and stock httpx on the same servers, in alternating slices."""

import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from bench.domain import Client, Load, Mode, Outcome
from bench.errors import HarnessError
from bench.load.order import Order, Target
from bench.load.process import LoadProcess, load_process
from bench.machine import Cores
from bench.reference import null_server, null_workload
from bench.stats.compare import Comparison, compare
from servers.app import items_app
from servers.environment import Environment, build
from servers.keep import keep
from servers.launch import launch
from servers.profile import Interface, Profile
from servers.readiness import AnswerReadiness

SLICE_S: Final = 1  # wrk counts whole seconds
OURS: Final = "weighbridge"
NULL: Final = "null server"
_WRK_RATE: Final = re.compile(r"Requests/sec:\s*([\d.]+)")
_WRK_FAULTS: Final = re.compile(r"(Non-2xx or 3xx responses|Socket errors): (.*)")


@dataclass(frozen=True, slots=True)
class Place:
    """One server that the clients are compared on."""

    name: str
    url: str
    workload: str


class LoadClient(Protocol):
    """A client that loads a place for one slice."""

    @property
    def name(self) -> str:
        """What tables call it."""

    async def prepare(self, place: Place) -> None:
        """Get to know a place; called once, before the first slice there."""

    async def throughput(self, place: Place, seed: int) -> float:
        """Answers a second. Raises HarnessError when there were wrong or no answers."""


@dataclass(frozen=True, slots=True)
class OwnClient:
    """The generator, by itself or with stock httpx in the place of its connections."""

    name: str
    client: Client
    load: LoadProcess
    connections: int

    def _target(self, place: Place) -> Target:
        return Target(f"{place.name} {self.name}", place.url, place.workload, seed=1)

    async def prepare(self, place: Place) -> None:
        """Compile the workload; connections and known answers are kept from slice to slice."""
        await self.load.attach(self._target(place))

    async def throughput(self, place: Place, seed: int) -> float:
        """Load for one slice; every answer is verified."""
        order = Order(
            target=self._target(place),
            load=Load(Mode.CLOSED, self.connections),
            client=self.client,
            seed=seed,
            lead_in_s=0.05,
            window_s=float(SLICE_S),
            drain_s=2.0,
            pids=(),
        )
        report = await self.load.run(order)
        wrong = sum(report.outcomes.values()) - report.outcomes.get(Outcome.OK, 0)
        if wrong or not report.answered_in_window:
            raise HarnessError(f"{self.name} got wrong answers from {place.name}: {report.errors}")
        return report.answered_in_window / (report.window_ns / 1e9)


@dataclass(frozen=True, slots=True)
class Wrk:
    """wrk with one thread, on the generator's core; it looks at status codes only."""

    program: str
    cores: frozenset[int] | None
    connections: int
    folder: Path
    name: str = "wrk"

    async def prepare(self, place: Place) -> None:
        """Nothing to prepare: every slice is a process of its own."""

    async def throughput(self, place: Place, seed: int) -> float:
        """Run it for one slice and read what it prints."""
        output = self.folder / f"wrk-{place.name.replace(' ', '-')}-{seed}.txt"
        argv = [
            self.program,
            "-t1",
            f"-c{self.connections}",
            f"-d{SLICE_S}s",
            f"{place.url}/items/7",
        ]
        async with keep(argv, log=self.folder / "wrk.log", stdout=output, cpus=self.cores) as wrk:
            status = await wrk.wait()
        text = output.read_text(encoding="utf-8")
        faults, rate = _WRK_FAULTS.search(text), _WRK_RATE.search(text)
        if status or faults or rate is None:
            raise HarnessError(f"wrk on {place.name}: {faults[0] if faults else text[-200:]!r}")
        return float(rate[1])


@dataclass(slots=True)
class Calibration:
    """Throughputs by (place, client), in the order of the slices, answers a second."""

    clients: tuple[str, ...]
    places: tuple[str, ...]
    throughputs: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def against(self, place: str, client: str, reference: str) -> Comparison | None:
        """Compare two clients on one place, paired by slice."""
        return compare(self._series(place, client), self._series(place, reference))

    def _series(self, place: str, client: str) -> dict[tuple[int, int], float]:
        values = self.throughputs.get((place, client), [])
        return {(number, 1): value for number, value in enumerate(values)}


async def calibrate(
    profile: Profile,
    cores: Cores,
    folder: Path,
    *,
    slices: int,
    connections: int,
    tell: Callable[[str], None],
) -> Calibration:
    """Put every client on the null server and on `profile` in turn, `slices` times.

    The order of the clients is turned round every time, so that none is always first.
    Raises HarnessError and ServerError.
    """
    async with AsyncExitStack() as held:
        load = await held.enter_async_context(load_process(cores.generator))
        places = [
            await held.enter_async_context(_null_server(cores, folder)),
            await held.enter_async_context(_server(profile, cores, folder)),
        ]
        clients = _clients(load, cores, connections, folder)
        found = Calibration(
            tuple(client.name for client in clients), tuple(place.name for place in places)
        )
        for place in places:
            for client in clients:
                tell(f"warming up: {client.name} on {place.name}")
                await client.prepare(place)
                await client.throughput(place, slices)
        for number in range(slices):
            for place in places:
                for client in _turned(clients, number):
                    tell(f"slice {number + 1} of {slices}: {client.name} on {place.name}")
                    throughput = await client.throughput(place, number)
                    found.throughputs.setdefault((place.name, client.name), []).append(throughput)
        return found


def _clients(load: LoadProcess, cores: Cores, connections: int, folder: Path) -> list[LoadClient]:
    clients: list[LoadClient] = [
        OwnClient(OURS, Client.WIRE, load, connections),
        OwnClient("stock httpx", Client.HTTPX, load, connections),
    ]
    program = shutil.which("wrk")
    if program is not None:
        clients.append(Wrk(program, cores.generator, connections, folder))
    return clients


def _turned(clients: Sequence[LoadClient], number: int) -> list[LoadClient]:
    """The clients in an order that changes from slice to slice, the same in every run."""
    order = np.random.default_rng(number).permutation(len(clients))
    return [clients[index] for index in order]


@asynccontextmanager
async def _server(profile: Profile, cores: Cores, folder: Path) -> AsyncIterator[Place]:
    environment = await build(profile, items_app())
    log = folder / f"{profile.slug}.log"
    async with launch(profile, environment, items_app(), log=log, cpus=cores.servers) as server:
        yield Place(profile.name, server.url, "get_item")


@asynccontextmanager
async def _null_server(cores: Cores, folder: Path) -> AsyncIterator[Place]:
    """The null server, as a profile of its own: started, awaited and stopped like the others."""
    profile = Profile(
        name=NULL,
        interface=Interface.ASGI,
        title=NULL,
        argv=(sys.executable, "-m", null_server.__name__, "{port}"),
    )
    own = Environment(directory=Path(sys.prefix), packages={})
    log = folder / "null-server.log"
    readiness = AnswerReadiness("/")
    async with launch(
        profile, own, items_app(), log=log, cpus=cores.servers, readiness=readiness
    ) as server:
        yield Place(NULL, server.url, str(Path(null_workload.__file__)))
