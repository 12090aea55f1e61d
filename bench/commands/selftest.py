"""`selftest`: known answers of the instrument, on this machine."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.commands import screen
from bench.commands.interrupts import INTERRUPTED, InterruptedRunError, run_interruptible
from bench.domain import Claim, Finding, Instrument, Machine, SelfTest
from bench.load.process import load_process
from bench.machine import Cores, machine, pinned, share_out
from bench.selftest import Form, selftest

PROVEN: Final = 0
FAILED: Final = 1
_WIDTH: Final = 100
_STYLES: Final = {
    Finding.HOLDS: "green",
    Finding.FAILS: "bold red",
    Finding.DISTURBED: "yellow",
    Finding.NOTED: "dim",
}


def prove(form: Form) -> int:
    """Put the instrument to the test and show what came of it. Raises HarnessError."""
    cores = share_out()
    progress, output = screen.progress(), screen.output()
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        work = _proof(form, cores, Path(folder), lambda what: _say(progress, what))
        try:
            instrument, found = run_interruptible(work)
        except InterruptedRunError:
            progress.print("interrupted; nothing is kept of a self-test")
            return INTERRUPTED
    for table in tables(found):
        output.print(table)
    _say(output, place(machine(cores), cores, instrument))
    output.print(verdict(found), highlight=False)
    return PROVEN if found.passed else FAILED


async def _proof(
    form: Form, cores: Cores, folder: Path, tell: Callable[[str], None]
) -> tuple[Instrument, SelfTest]:
    """Start the generator, which looks at all cores there are; then leave it its own."""
    async with load_process(cores.generator) as load:
        with pinned(cores.servers):
            return await load.instrument(), await selftest(form, load, cores, folder, tell)


def _say(console: Console, what: str) -> None:
    console.print(what, markup=False, highlight=False)


def tables(found: SelfTest) -> list[Table]:
    """One table for each group of claims."""
    groups = dict.fromkeys(claim.group for claim in found.claims)
    return [
        _table(group, [claim for claim in found.claims if claim.group == group]) for group in groups
    ]


def _table(group: str, claims: list[Claim]) -> Table:
    table = Table(title=group, title_justify="left", title_style="bold", box=None, width=_WIDTH)
    table.add_column("claim", ratio=37, header_style="dim")
    table.add_column("expected", ratio=25, header_style="dim")
    table.add_column("measured", ratio=29, header_style="dim")
    table.add_column("verdict", width=9, header_style="dim")
    for claim in claims:
        finding = Text(claim.finding, style=_STYLES[claim.finding])
        table.add_row(Text(claim.claim), Text(claim.expected), Text(claim.measured), finding)
    return table


def place(facts: Machine, cores: Cores, instrument: Instrument) -> str:
    """Where it was, and how the generator worked there: what the figures depend on."""
    shared = "; generator and servers share one core" if cores.shared else ""
    return (
        f"{facts.cpu}, {facts.cores} cores, {facts.kernel}, {facts.python}{shared}; "
        f"pacing: {instrument.pacing} ({instrument.pacing_reason})"
    )


def verdict(found: SelfTest) -> Text:
    """Whether the instrument can be trusted on this machine, in one line."""
    counts = Counter(claim.finding for claim in found.claims)
    asked = len(found.claims) - counts[Finding.NOTED]
    took = f"in {found.duration_s:.0f} s"
    if found.passed:
        return Text(f"All {asked} claims hold, {took}.", style="bold green")
    missed = [
        f"{counts[finding]} {words}"
        for finding, words in (
            (Finding.FAILS, "fail"),
            (Finding.DISTURBED, "were disturbed by the machine each time"),
        )
        if counts[finding]
    ]
    return Text(f"Of {asked} claims, {' and '.join(missed)}, {took}.", style="bold red")
