"""Our HTTP/2 beside h2load's, slice by slice in turn, on nginx and on servers that are measured.

`python -m bench.proof.calibration.streams --slices 10 --servers granian,hypercorn` prints it.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.errors import HarnessError
from bench.facts.load import Client
from bench.load.process import load_process
from bench.proof.calibration import h2load_streams
from bench.proof.calibration.client import (
    CalibrationServer,
    LoadClient,
    NotInstalledError,
)
from bench.proof.calibration.experiment import OURS, Contest, rotate
from bench.proof.calibration.external import installed
from bench.proof.calibration.h2load_streams import STREAMS
from bench.proof.calibration.nginx import NAME, nginx_place
from bench.proof.calibration.own import OwnClient
from bench.proof.calibration.results import Calibration, CalibrationFigure
from bench.proof.calibration.target import STREAMS_COST, STREAMS_SPEED
from bench.stats.compare import Comparison
from bench.system.machine import Cores, pinned, share_out
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.errors import ServerError
from servers.launch import launch
from servers.profile import Profile
from servers.protocol import Protocol
from servers.speaking import speaking

CONNECTIONS: Final = 8
_US: Final = 1e3
_TITLES: Final = {
    CalibrationFigure.THROUGHPUT: "requests/s",
    CalibrationFigure.CPU_NS: "CPU per request",
}


async def calibrate_streams(
    cores: Cores,
    folder: Path,
    *,
    slices: int,
    tell: Callable[[str], None],
    servers: Sequence[Profile] = (),
) -> Calibration:
    """Load nginx and `servers` over h2c by both clients, in an order that is drawn.

    Each has CONNECTIONS with STREAMS. Raises NotInstalledError where nginx or h2load is missing,
    ServerError where a server does not start, and KeeperError.
    """
    tools = installed(cores.generator, CONNECTIONS, folder, [h2load_streams])
    if not tools:
        raise NotInstalledError("h2load is not installed (Debian: apt install nghttp2-client)")
    async with (
        load_process(cores.generator) as load,
        AsyncExitStack() as held,
    ):
        places = [await held.enter_async_context(nginx_place(cores.servers, folder))]
        for profile in servers:
            place = await held.enter_async_context(_place(profile, cores, folder))
            places.append(place)
        ours = OwnClient(
            OURS, Client.WIRE, load, CONNECTIONS * STREAMS, Protocol.H2C, streams=STREAMS
        )
        clients: list[LoadClient] = [ours, *tools]
        names = tuple(each.name for each in clients)
        found = Calibration({place.name: names for place in places})
        contests = [Contest(place, clients) for place in places]
        with pinned(cores.servers):
            for number in range(slices + 1):
                await rotate(contests, number, slices, found, tell)
    return found


@asynccontextmanager
async def _place(profile: Profile, cores: Cores, folder: Path) -> AsyncIterator[CalibrationServer]:
    """Run the items app under one server, asked by h2c. Raises ServerError."""
    spoken, app = speaking(profile, Protocol.H2C), items_app()
    log = folder / f"{spoken.slug}.log"
    async with launch(spoken, await build(spoken, app), app, log=log, cpus=cores.servers) as server:
        yield CalibrationServer(profile.name, f"http://{server.address.authority}", "get_item")


def lines(found: Calibration) -> Iterator[str]:
    """What was found, a line each: medians, ratios, and what of the targets is met."""
    for place, clients in found.contests.items():
        for client in clients:
            yield f"{client} on {place}: {_figures(found, place, client)}"
        for figure in (CalibrationFigure.THROUGHPUT, CalibrationFigure.CPU_NS):
            comparison = found.compare(place, OURS, h2load_streams.NAME, figure)
            if comparison is not None:
                yield f"{OURS} / h2load on {place}, {_TITLES[figure]}: {_ratio(comparison)}"
    for target in (STREAMS_SPEED, STREAMS_COST):
        comparison = found.compare(NAME, OURS, h2load_streams.NAME, target.figure)
        if comparison is not None:
            yield f"{target.words}: {target.standing(comparison)}"


def _figures(found: Calibration, place: str, client: str) -> str:
    fault = found.fault(place, client)
    rate = found.median(place, client, CalibrationFigure.THROUGHPUT)
    cpu_ns = found.median(place, client, CalibrationFigure.CPU_NS)
    if fault is not None or rate is None or cpu_ns is None:
        return f"no figure, {fault or 'nothing was measured'}"
    return f"{rate:,.0f} requests/s, {cpu_ns / _US:.2f} us of CPU per request"


def _ratio(comparison: Comparison) -> str:
    """A ratio, and its interval in brackets."""
    ratio = comparison.ratio
    if ratio.lo is None or ratio.hi is None:
        return f"{ratio.value:.3f}"
    return f"{ratio.value:.3f} ({ratio.lo:.3f} to {ratio.hi:.3f})"


def main() -> None:
    """Measure, and print; one line where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=10, help="of a second, for each client")
    parser.add_argument("--servers", default="", help="A,B: measured servers that speak h2c")
    given, console = parser.parse_args(), Console(highlight=False)
    servers = catalogue.select(given.servers, catalogue.builtin()) if given.servers else ()
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        work = calibrate_streams(
            share_out(), Path(folder), slices=given.slices, tell=console.print, servers=servers
        )
        try:
            found = asyncio.run(work)
        except (HarnessError, ServerError) as error:
            console.print(f"not compared: {error}")
            return
    for line in lines(found):
        console.print(line, soft_wrap=True)


if __name__ == "__main__":
    main()
