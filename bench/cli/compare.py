"""`compare`: one run against another."""

from collections.abc import Sequence
from pathlib import Path

import click

from bench.analysis.several_runs.comparison import between
from bench.analysis.several_runs.measured_run import reduced
from bench.cli.console import stdout
from bench.cli.exit_codes import MEASURED
from bench.cli.values import PATH
from bench.errors import UsageError
from bench.facts import journal
from bench.formatting import listing
from bench.report.destinations import check_file
from bench.report.documents.comparison import document
from bench.report.files import OF_COMPARISON
from bench.report.render.terminal import terminal
from bench.system.files import write_whole


@click.command()
@click.argument("first", metavar="A", type=PATH)
@click.argument("second", metavar="B", type=PATH)
@click.option(
    "--anyway",
    is_flag=True,
    help="Compare even if machine, app or load differ; the report states it at the top.",
)
@click.option(
    "--out",
    multiple=True,
    metavar="FILE",
    type=PATH,
    help="Also write the comparison to this file (.html, .md, .csv or .json); repeatable.",
)
def compare(first: Path, second: Path, *, anyway: bool, out: tuple[Path, ...]) -> None:
    """Compare two runs by their folders: every figure of B relative to A."""
    raise SystemExit(compare_runs(first, second, out, anyway=anyway))


def compare_runs(first: Path, second: Path, out: Sequence[Path], *, anyway: bool) -> int:
    """Read, compare, write, show. Raises UsageError and HarnessError."""
    for path in out:
        check_file(path, OF_COMPARISON, listing(list(OF_COMPARISON)))
    if first.resolve() == second.resolve():
        raise UsageError(f"'{second}' is named twice: name two runs")
    a, b = (reduced(str(folder), journal.read(folder)) for folder in (first, second))
    found = between(a, b, anyway=anyway)
    contents = [(path, OF_COMPARISON[path.suffix](found)) for path in out]
    for path, content in contents:
        write_whole(path, content)
    output = stdout()
    output.print(terminal(document(found)))
    for path in out:
        output.print(f"Written to {path}", markup=False, highlight=False)
    return MEASURED
