"""Every client on every place in turn, slice by slice, in an order drawn again each time."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.facts.load import Client
from bench.load.process import LoadProcess, load_process
from bench.proof.calibration import wrk
from bench.proof.calibration.client import CalibrationServer, LoadClient
from bench.proof.calibration.external import installed
from bench.proof.calibration.own import OwnClient
from bench.proof.calibration.results import NULL, Calibration
from bench.proof.reference import null_server
from bench.proof.reference.launching import reference_server
from bench.proof.reference.workloads import null_workload
from bench.system.machine import Cores, pinned
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.errors import ServerError
from servers.launch import launch
from servers.profile import Profile

OURS: Final = "weighbridge"
OURS_HTTPX: Final = "weighbridge, httpx"
STOCK_HTTPX: Final = "stock httpx"
WRK: Final = wrk.NAME
FAVOURITE: Final = "uvicorn"


@dataclass(frozen=True, slots=True)
class Contest:
    """One place, and the clients that are compared on it."""

    place: CalibrationServer
    clients: Sequence[LoadClient]


async def calibrate(
    profiles: Sequence[Profile],
    cores: Cores,
    folder: Path,
    *,
    slices: int,
    connections: int,
    tell: Callable[[str], None],
) -> Calibration:
    """Put all clients on the null server and on one of `profiles`, ours and wrk on the others.

    The one is uvicorn, or else the first. All servers run from the beginning to the end, and are
    idle but for their turns. What a client finds wrong is in its slices, and a server that does
    not start is absent: neither ends a calibration. `tell` is called before each slice. Raises
    HarnessError, KeeperError, and ServerError where the null server does not start.
    """
    async with (
        load_process(cores.generator) as load,
        _opened(profiles, cores, folder) as (places, absent),
    ):
        clients = [*_own(load, connections), *installed(cores.generator, connections, folder)]
        contests = _contests(places, clients)
        found = Calibration(
            {each.place.name: tuple(c.name for c in each.clients) for each in contests}, absent
        )
        with pinned(cores.servers):  # not before: the generator looks at all cores there are
            for number in range(slices + 1):
                await rotate(contests, number, slices, found, tell)
        return found


async def rotate(
    contests: Sequence[Contest],
    number: int,
    slices: int,
    found: Calibration,
    tell: Callable[[str], None],
) -> None:
    """One slice of every client on every place; the first rotation, number 0, warms them up."""
    what = f"slice {number} of {slices}" if number else "warming up"
    order = np.random.default_rng(number)
    for contest in contests:
        for index in order.permutation(len(contest.clients)):
            client, place = contest.clients[index], contest.place
            tell(f"{what}: {client.name} on {place.name}")
            seen = await client.load(place, seed=number)
            if number:
                found.add(place.name, client.name, seen)


@asynccontextmanager
async def _opened(
    profiles: Sequence[Profile], cores: Cores, folder: Path
) -> AsyncIterator[tuple[list[CalibrationServer], Mapping[str, str]]]:
    """The null server and the others; of those that do not start, why."""
    absent: dict[str, str] = {}
    async with AsyncExitStack() as held:
        places = [await held.enter_async_context(null_place(cores, folder))]
        for profile in profiles:
            opening = server_place(profile, cores, folder)
            try:
                places.append(await held.enter_async_context(opening))
            except ServerError as error:
                absent[profile.name] = str(error)
        yield places, absent


def _own(load: LoadProcess, connections: int) -> list[LoadClient]:
    return [
        OwnClient(OURS, Client.WIRE, load, connections),
        OwnClient(OURS_HTTPX, Client.WIRE_HTTPX, load, connections),
        OwnClient(STOCK_HTTPX, Client.HTTPX, load, connections),
    ]


def _contests(places: Sequence[CalibrationServer], clients: Sequence[LoadClient]) -> list[Contest]:
    servers = [place.name for place in places if place.name != NULL]
    favourite = FAVOURITE if FAVOURITE in servers else next(iter(servers), None)
    some = [client for client in clients if client.name in {OURS, WRK}]
    return [
        Contest(place, clients if place.name in {NULL, favourite} else some) for place in places
    ]


@asynccontextmanager
async def null_place(cores: Cores, folder: Path) -> AsyncIterator[CalibrationServer]:
    """Run the null server; its log is in `folder`. Raises ServerError."""
    async with reference_server(null_server, cores.servers, folder) as server:
        yield CalibrationServer(NULL, server.url, str(Path(null_workload.__file__)))


@asynccontextmanager
async def server_place(
    profile: Profile, cores: Cores, folder: Path
) -> AsyncIterator[CalibrationServer]:
    """Run the items app under one server; its log is in `folder`. Raises ServerError."""
    environment = await build(profile, items_app())
    log = folder / f"{profile.slug}.log"
    async with launch(profile, environment, items_app(), log=log, cpus=cores.servers) as server:
        yield CalibrationServer(profile.name, server.url, "get_item")
