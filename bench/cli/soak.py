"""`calibrate --soak`: whether the generator stays as it began, hour after hour."""

import re
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import FAILED, INTERRUPTED, MEASURED
from bench.cli.interrupts import InterruptedRunError, run_interruptible
from bench.facts.slice import Outcome
from bench.load.order import Target
from bench.load.process import load_process
from bench.proof.reference import null_server
from bench.proof.reference.launching import reference_server
from bench.proof.reference.workloads import null_workload
from bench.proof.soak import FILE, GROWTH_ALLOWED_BYTES, Soak, soak
from bench.run.folder import run_folder
from bench.system import clock
from bench.system.machine import Cores, pinned, share_out

_MIB: Final = 2**20
_LINE_EVERY_NS: Final = 30_000_000_000


def soak_generator(duration_s: float, rate: float, connections: int, out: Path | None) -> int:
    """Load the null server for so long, and say how the generator's memory has fared.

    Raises ServerError and HarnessError.
    """
    console, output = stderr(), stdout()
    started_at = clock.wall_iso()
    folder = run_folder(out or Path("results") / f"soak-{_compact(started_at)}", started_at)
    cores, seen = share_out(), _Seen(console)
    try:
        run_interruptible(_soak(cores, folder, duration_s, rate, connections, seen))
    except InterruptedRunError:
        console.print(f"interrupted; results so far are in {folder / FILE}")
        if seen.latest is not None:
            output.print(_table(seen.latest))
        return INTERRUPTED
    if seen.latest is None:
        return FAILED
    output.print(_table(seen.latest))
    output.print(_verdict(seen.latest), highlight=False)
    output.print(f"Every slice with its histograms: {folder / FILE}", highlight=False)
    sound = seen.latest.bounded is not False and set(seen.latest.outcomes) == {Outcome.OK}
    return MEASURED if sound else FAILED


async def _soak(
    cores: Cores, folder: Path, duration_s: float, rate: float, connections: int, seen: "_Seen"
) -> Soak:
    async with (
        load_process(cores.generator) as load,
        reference_server(null_server, cores.servers, folder) as server,
    ):
        target = Target("soak", server.url, str(Path(null_workload.__file__)), seed=1)
        await load.attach(target)
        with pinned(cores.servers):
            return await soak(
                load,
                target,
                folder,
                duration_s=duration_s,
                rate=rate,
                connections=connections,
                seed=1,
                tell=seen.tell,
            )


class _Seen:
    """Shows how it goes, and keeps the latest of it."""

    def __init__(self, console: Console) -> None:
        self.latest: Soak | None = None
        self._console = console
        self._last_ns = 0

    def tell(self, found: Soak, left_s: float) -> None:
        self.latest = found
        now_ns = clock.monotonic_ns()
        if found.slices == 1 or now_ns - self._last_ns > _LINE_EVERY_NS:
            self._last_ns = now_ns
            self._console.print(
                f"{found.outcomes.total():,} requests, generator "
                f"{found.memory_bytes[-1] / _MIB:.1f} MiB, {left_s / 60:.1f} min left",
                highlight=False,
            )


def _compact(started_at: str) -> str:
    return re.sub(r"[^0-9T]", "", started_at.partition(".")[0])


def _table(found: Soak) -> Table:
    table = Table(title="Soak of the generator", title_justify="left", box=None, show_header=False)
    table.add_row("offered rate", f"{found.rate:,.0f} requests/s")
    table.add_row("requests", f"{found.outcomes.total():,} in {found.slices} slices")
    for outcome, count in found.outcomes.items():
        table.add_row(f"  {outcome.replace('_', ' ')}", f"{count:,}")
    for name, histogram in (("response time", found.response), ("send lag", found.send_lag)):
        points = ((p, histogram.percentile_ns(p)) for p in (50, 99, 99.9))
        said = ", ".join(f"p{p:g} {ns / 1e6:.3f} ms" for p, ns in points if ns is not None)
        table.add_row(name, said)
    if found.warm_bytes is not None and found.growth_bytes is not None:
        table.add_row("memory after warm-up", f"{found.warm_bytes / _MIB:.1f} MiB")
        table.add_row("growth since, at most", f"{found.growth_bytes / _MIB:.2f} MiB")
    return table


def _verdict(found: Soak) -> str:
    match found.bounded:
        case True:
            return f"Bounded: it grew by less than {GROWTH_ALLOWED_BYTES / _MIB:g} MiB."
        case False:
            return f"Not bounded: it grew by more than {GROWTH_ALLOWED_BYTES / _MIB:g} MiB."
        case None:
            return "Too short to judge: give --soak 30s or more."
