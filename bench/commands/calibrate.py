"""`calibrate`: what the load generator costs, beside other people's load tools and httpx."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.commands import screen
from bench.commands.interrupts import INTERRUPTED, InterruptedRunError, run_interruptible
from bench.proof.calibration.experiment import OURS, WRK, calibrate
from bench.proof.calibration.external import TOOLS
from bench.proof.calibration.results import Calibration
from bench.proof.calibration.tables import tables, targets
from bench.run.judging import STARVED_SHARE
from bench.system.machine import Cores, machine, share_out
from servers import catalogue
from servers.profile import Profile

NO_SERVERS: Final = "none"
_HOW_TO_READ: Final = (
    "Figures are medians of the slices, from the lowest to the highest; intervals are Student's, "
    "over the slices' log ratios, 95 %. CPU is the client's own, user and system: of ours while it "
    "loads, of the others from their start to their end. Latencies are what each client reports."
)
_NO_WRK: Final = "Without wrk nothing is said of the targets (Debian: apt install wrk)."


def compare_clients(servers: str | None, slices: int, connections: int) -> int:
    """Measure and print; `servers` None: the seven. Raises ServerError and HarnessError."""
    profiles, cores = _profiles(servers), share_out()
    console, output = screen.progress(), screen.output()
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        work = calibrate(
            profiles,
            cores,
            Path(folder),
            slices=slices,
            connections=connections,
            tell=lambda what: console.print(what, highlight=False),
        )
        try:
            found = run_interruptible(work)
        except InterruptedRunError:
            console.print("interrupted; nothing is kept of a calibration")
            return INTERRUPTED
    _print(output, found, cores, f"{slices} slices of 1 s each, in turn, {connections} connections")
    return 0


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
        notes.append("There is one core: clients and servers shared it; these are no limits.")
    return notes
