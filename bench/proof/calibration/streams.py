"""Our HTTP/2 beside h2load's, slice by slice in turn, on nginx: `python -m` runs this module."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.errors import HarnessError
from bench.facts.load import Client
from bench.load.process import load_process
from bench.proof.calibration import h2load_streams
from bench.proof.calibration.client import LoadClient
from bench.proof.calibration.experiment import OURS, Contest, rotate
from bench.proof.calibration.external import installed
from bench.proof.calibration.h2load_streams import STREAMS
from bench.proof.calibration.nginx import NAME, nginx_place
from bench.proof.calibration.own import OwnClient
from bench.proof.calibration.results import Calibration, CalibrationFigure
from bench.proof.calibration.target import STREAMS_COST, STREAMS_SPEED
from bench.system.machine import Cores, pinned, share_out
from servers.protocol import Protocol

CONNECTIONS: Final = 8
_US: Final = 1e3


async def calibrate_streams(
    cores: Cores, folder: Path, *, slices: int, tell: Callable[[str], None]
) -> Calibration:
    """Load nginx over h2c by both clients, CONNECTIONS of STREAMS each, in an order that is drawn.

    Raises HarnessError where nginx or h2load is missing, and KeeperError.
    """
    tools = installed(cores.generator, CONNECTIONS, folder, [h2load_streams])
    if not tools:
        raise HarnessError("h2load is not installed (Debian: apt install nghttp2-client)")
    async with (
        load_process(cores.generator) as load,
        nginx_place(cores.servers, folder) as place,
    ):
        ours = OwnClient(
            OURS, Client.WIRE, load, CONNECTIONS * STREAMS, Protocol.H2C, streams=STREAMS
        )
        clients: list[LoadClient] = [ours, *tools]
        found = Calibration({place.name: tuple(each.name for each in clients)})
        with pinned(cores.servers):
            for number in range(slices + 1):
                await rotate([Contest(place, clients)], number, slices, found, tell)
    return found


def lines(found: Calibration) -> Iterator[str]:
    """What was found, a line each: medians, and what of the targets is met."""
    for client in found.contests[NAME]:
        fault = found.fault(NAME, client)
        rate = found.median(NAME, client, CalibrationFigure.THROUGHPUT)
        cpu_ns = found.median(NAME, client, CalibrationFigure.CPU_NS)
        if fault is not None or rate is None or cpu_ns is None:
            yield f"{client}: no figure, {fault or 'nothing was measured'}"
        else:
            yield f"{client}: {rate:,.0f} requests/s, {cpu_ns / _US:.2f} us of CPU per request"
    for target in (STREAMS_SPEED, STREAMS_COST):
        comparison = found.compare(NAME, OURS, h2load_streams.NAME, target.figure)
        if comparison is not None:
            ratio = comparison.ratio
            interval = f" ({ratio.lo:.3f} to {ratio.hi:.3f})" if ratio.lo and ratio.hi else ""
            yield f"{target.words}: {target.standing(comparison)}, {ratio.value:.3f}{interval}"


def main() -> None:
    """Measure, and print; one line where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=10, help="of a second, for each client")
    slices, console = parser.parse_args().slices, Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        work = calibrate_streams(share_out(), Path(folder), slices=slices, tell=console.print)
        try:
            found = asyncio.run(work)
        except HarnessError as error:
            console.print(f"not compared: {error}")
            return
    for line in lines(found):
        console.print(line, soft_wrap=True)


if __name__ == "__main__":
    main()
