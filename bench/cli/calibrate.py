"""`calibrate`: the load generator compared with other load generators."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import INTERRUPTED, MEASURED
from bench.cli.interrupts import InterruptedRunError, run_interruptible
from bench.cli.soak import soak_generator
from bench.cli.values import DURATION, PATH, refuse
from bench.proof.calibration import experiment, h2load_streams, streams
from bench.proof.calibration.client import NotInstalledError
from bench.proof.calibration.experiment import OURS, WRK
from bench.proof.calibration.external import TOOLS
from bench.proof.calibration.results import Calibration
from bench.proof.calibration.tables import tables, targets
from bench.run.request import options
from bench.run.rounds.judging import STARVED_SHARE
from bench.system.machine import Cores, machine, share_out
from servers import catalogue
from servers.profile import Profile

NO_SERVERS: Final = "none"
_HOW_TO_READ: Final = (
    "Figures are medians of the slices, from the lowest to the highest; intervals are Student's, "
    "over the slices' log ratios, 95 %. CPU is the client's own, user and system: of ours while it "
    "loads, of the others from their start to their end. Latencies are what each client reports."
)
_NO_WRK: Final = "Without wrk the targets are not evaluated (Debian: apt install wrk)."


@click.command()
@click.option(
    "--servers",
    metavar="A,B|none",
    help="Servers to load, besides a null server.  [default: the seven servers]",
)
@click.option(
    "--slices",
    type=click.IntRange(2, 200),
    default=8,
    show_default=True,
    metavar="N",
    help="Slices of about one second per client and server.",
)
@click.option("--connections", type=click.IntRange(1, 1000), default=32, show_default=True)
@click.option(
    "--soak",
    type=DURATION,
    metavar="1h",
    help="Instead of comparing: load the null server for this long and watch memory use.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1, options.MOST_RATE),
    default=5000,
    show_default=True,
    metavar="N",
    help="Requests per second for --soak.",
)
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="Folder for --soak; must be new.  [default: results/soak-TIME]",
)
@click.pass_context
def calibrate(
    ctx: click.Context,
    /,
    *,
    servers: str | None,
    slices: int,
    connections: int,
    soak: float | None,
    rate: float,
    out: Path | None,
) -> None:
    """Compare the load generator with httpx, wrk, h2load and oha, in alternating slices.

    All installed clients are tried on a null server and on uvicorn (or the first of --servers);
    only the built-in one and wrk on the others; then h2load and the built-in one over HTTP/2,
    on nginx. Takes about five minutes by default, one and a half with `--servers none`.
    """
    if soak is None:
        refuse(ctx, ("rate", "out"), "needs --soak: add --soak DURATION, or leave it out")
    else:
        refuse(ctx, ("servers", "slices"), "cannot be used with --soak: leave it out")
        raise SystemExit(soak_generator(soak, rate, connections, out))
    raise SystemExit(compare_clients(servers, slices, connections))


def compare_clients(servers: str | None, slices: int, connections: int) -> int:
    """Measure and print; `servers` None: the seven. Raises ServerError and HarnessError."""
    profiles, cores = _profiles(servers), share_out()
    console, output = stderr(), stdout()
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        work = _compared(
            profiles,
            cores,
            Path(folder),
            slices=slices,
            connections=connections,
            tell=lambda what: console.print(what, highlight=False),
        )
        try:
            found, over_streams = run_interruptible(work)
        except InterruptedRunError:
            console.print("interrupted; calibrations keep no results")
            return INTERRUPTED
    _print(output, found, cores, f"{slices} slices of 1 s each, in turn, {connections} connections")
    for line in over_streams:
        output.print(line, highlight=False, markup=False, soft_wrap=True)
    return MEASURED


async def _compared(
    profiles: Sequence[Profile],
    cores: Cores,
    folder: Path,
    *,
    slices: int,
    connections: int,
    tell: Callable[[str], None],
) -> tuple[Calibration, list[str]]:
    """Compare over HTTP/1.1, and then over HTTP/2: lines, one where a program is missing."""
    found = await experiment.calibrate(
        profiles, cores, folder, slices=slices, connections=connections, tell=tell
    )
    try:
        over = await streams.calibrate_streams(cores, folder, slices=slices, tell=tell)
    except NotInstalledError as error:
        return found, [f"Over HTTP/2 nothing is compared: {error}"]
    how = f"{streams.CONNECTIONS} connections of {h2load_streams.STREAMS} streams"
    return found, ["", f"Over HTTP/2 (h2c, {how}):", *streams.lines(over)]


def _profiles(servers: str | None) -> Sequence[Profile]:
    if servers is None:
        return catalogue.defaults()
    if servers.strip() == NO_SERVERS:
        return []
    return catalogue.select(servers, catalogue.builtin())


def _print(output: Console, found: Calibration, cores: Cores, how: str) -> None:
    for table in tables(found):
        output.print(table)
        output.print()
    for line in [*targets(found), *_notes(found, cores, how)]:
        output.print(line, highlight=False, markup=False)


def _notes(found: Calibration, cores: Cores, how: str) -> list[str]:
    facts = machine(cores)
    clients = {client for contest in found.contests.values() for client in contest}
    missing = [tool.NAME for tool in TOOLS if tool.NAME not in clients]
    notes = [
        f"{facts.cpu}, {facts.cores} cores, {facts.kernel}; {how}.",
        _HOW_TO_READ,
    ]
    if missing:
        notes.append(f"Not installed, so not compared: {', '.join(missing)}.")
    if WRK in missing:
        notes.append(_NO_WRK)
    starved = found.starved(OURS)
    if starved is not None and starved > STARVED_SHARE:
        notes.append(
            f"This machine was not idle: for {starved:.0%} of the time another process had the "
            "generator's core. Stop what else runs here, or read the intervals as they are: wide."
        )
    if cores.shared:
        notes.append(
            "There is only one core, shared by clients and servers: these figures are not limits."
        )
    return notes
