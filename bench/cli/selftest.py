"""`selftest`: the measurement tested on known answers."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import FAILED, INTERRUPTED, MEASURED
from bench.cli.interrupts import InterruptedRunError, run_interruptible
from bench.facts.run import Instrument, Machine
from bench.facts.selftest import Claim, Finding, SelfTest
from bench.load.process import load_process
from bench.messages import accuracy
from bench.proof import selftest as proof
from bench.proof.selftest import SelfTestForm
from bench.system.machine import Cores, machine, pinned, share_out
from servers.protocol import Protocol

_WIDTH: Final = 100
_STYLES: Final = {Finding.HOLDS: "green", Finding.FAILS: "bold red"}
LOGIC: Final = "Logic: holds or fails, regardless of the machine's load"
EXACTNESS: Final = "Accuracy: how far figures are off on this machine today"


@click.command()
@click.option(
    "--short", is_flag=True, help="Only the short self-test that `run` does before measuring."
)
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    type=click.Choice([str(each) for each in proof.COVERED]),
    help="Test over this protocol only; repeatable.  [default: all]",
)
def selftest(*, short: bool, protocols: tuple[str, ...]) -> None:
    """Test the measurement on this machine against known answers; takes about three minutes."""
    asked = proof.proved_for(map(Protocol, protocols)) or proof.COVERED
    raise SystemExit(prove(SelfTestForm.SHORT if short else SelfTestForm.FULL, asked))


def prove(form: SelfTestForm, protocols: Sequence[Protocol]) -> int:
    """Put the instrument to the test and show what came of it. Raises HarnessError."""
    cores = share_out()
    console, output = stderr(), stdout()
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        work = _proof(form, protocols, cores, Path(folder), lambda what: _say(console, what))
        try:
            instrument, found = run_interruptible(work)
        except InterruptedRunError:
            console.print("interrupted; self-tests keep no results")
            return INTERRUPTED
    for table in tables(found):
        output.print(table)
    _say(output, place(machine(cores), cores, instrument))
    output.print(verdict(found), highlight=False)
    return MEASURED if found.passed else FAILED


async def _proof(
    form: SelfTestForm,
    protocols: Sequence[Protocol],
    cores: Cores,
    folder: Path,
    say: Callable[[str], None],
) -> tuple[Instrument, SelfTest]:
    """Start the generator, which looks at all cores there are; then leave it its own."""
    async with load_process(cores.generator) as load:
        with pinned(cores.servers):
            found = await proof.selftest(form, load, cores, folder, say, protocols)
            return await load.instrument(), found


def _say(console: Console, what: str) -> None:
    console.print(what, markup=False, highlight=False)


def tables(found: SelfTest) -> list[Table]:
    """What holds or fails, and what is measured."""
    logic = [claim for claim in found.claims if claim.finding is not Finding.NOTED]
    exactness = [claim for claim in found.claims if claim.finding is Finding.NOTED]
    return [_logic(logic), _exactness(exactness)]


def _logic(claims: Sequence[Claim]) -> Table:
    table = _table(LOGIC)
    table.add_column("claim", ratio=43, header_style="dim")
    table.add_column("expected", ratio=25, header_style="dim")
    table.add_column("measured", ratio=23, header_style="dim")
    table.add_column("verdict", width=7, header_style="dim")
    for group, of_it in _by_group(claims):
        table.add_row(Text(group, style="italic"))
        for claim in of_it:
            finding = Text(claim.finding, style=_STYLES[claim.finding])
            table.add_row(_indented(claim), Text(claim.expected), Text(claim.measured), finding)
    return table


def _exactness(claims: Sequence[Claim]) -> Table:
    table = _table(EXACTNESS)
    table.add_column("of", ratio=55, header_style="dim")
    table.add_column("measured", ratio=43, header_style="dim")
    for group, of_it in _by_group(claims):
        table.add_row(Text(group, style="italic"))
        for claim in of_it:
            table.add_row(_indented(claim), Text(claim.measured))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, width=_WIDTH)


def _by_group(claims: Sequence[Claim]) -> Iterator[tuple[str, Sequence[Claim]]]:
    for group in dict.fromkeys(claim.group for claim in claims):
        yield group, [claim for claim in claims if claim.group == group]


def _indented(claim: Claim) -> Padding:
    return Padding(Text(claim.claim), (0, 0, 0, 2))


def place(facts: Machine, cores: Cores, instrument: Instrument) -> str:
    """Where it was, and how the generator worked there: what the figures depend on."""
    shared = "; generator and servers share one core" if cores.shared else ""
    return (
        f"{facts.cpu}, {facts.cores} cores, {facts.kernel}, {facts.python}{shared}; "
        f"pacing: {instrument.pacing} ({instrument.pacing_reason})"
    )


def verdict(found: SelfTest) -> Text:
    """Whether the instrument can be trusted on this machine, and how far, in one line."""
    findings = [claim.finding for claim in found.claims if claim.finding is not Finding.NOTED]
    failed, took = findings.count(Finding.FAILS), f"in {found.duration_s:.0f} s"
    if failed:
        text, style = f"Logic: {failed} of {len(findings)} claims fail, {took}.", "bold red"
    else:
        text, style = f"Logic: all {len(findings)} claims hold, {took}.", "bold green"
    return Text(f"{text} {accuracy(found)}", style=style)
