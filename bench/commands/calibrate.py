"""`calibrate`: what the load generator costs, beside wrk and stock httpx."""

import tempfile
from pathlib import Path
from statistics import median

from rich.table import Table

from bench.calibration import OURS, Calibration, calibrate
from bench.commands import screen
from bench.commands.interrupts import INTERRUPTED, InterruptedRunError, run_interruptible
from bench.machine import machine, pinned, share_out
from servers import catalogue


def compare_clients(server: str, slices: int, connections: int) -> int:
    """Measure and print. Raises ServerError and HarnessError."""
    profile = catalogue.select(server, catalogue.builtin())[-1]
    cores = share_out()
    progress, output = screen.progress(), screen.output()
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder, pinned(cores.servers):
        work = calibrate(
            profile,
            cores,
            Path(folder),
            slices=slices,
            connections=connections,
            tell=lambda what: progress.print(what, highlight=False),
        )
        try:
            found = run_interruptible(work)
        except InterruptedRunError:
            progress.print("interrupted; nothing is kept of a calibration")
            return INTERRUPTED
    facts = machine(cores)
    for place in found.places:
        output.print(_table(found, place))
    output.print(
        f"{facts.cpu}, {facts.cores} cores, {facts.kernel}; {slices} slices of 1 s each, in turn, "
        f"{connections} connections; the interval is Student's, over the slices' log ratios, 95 %.",
        highlight=False,
    )
    if "wrk" not in found.clients:
        output.print("wrk is not installed, so it is not compared (Debian: apt install wrk)")
    if cores.shared:
        output.print("There is one core: clients and servers shared it; these are no limits.")
    return 0


def _table(found: Calibration, place: str) -> Table:
    table = Table(title=f"GET on {place}", title_justify="left", box=None, header_style="bold")
    table.add_column("client")
    table.add_column("requests/s, median", justify="right")
    table.add_column("lowest to highest", justify="right")
    table.add_column(f"{OURS} / client", justify="right")
    for client in found.clients:
        seen = found.throughputs[place, client]
        spread = f"{min(seen):,.0f} to {max(seen):,.0f}"
        table.add_row(client, f"{median(seen):,.0f}", spread, _ratio(found, place, client))
    return table


def _ratio(found: Calibration, place: str, client: str) -> str:
    comparison = found.against(place, OURS, client) if client != OURS else None
    if comparison is None:
        return ""
    ratio = comparison.ratio
    interval = f" ({ratio.lo:.3f} to {ratio.hi:.3f})" if ratio.lo and ratio.hi else ""
    return f"{ratio.value:.3f}{interval}"
