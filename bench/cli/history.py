"""`history`: figures over many runs."""

from pathlib import Path

import click

from bench.analysis.several_runs import history as analysis
from bench.analysis.several_runs.find_runs import runs_below
from bench.analysis.slice_figures import FIGURES
from bench.cli.console import stdout
from bench.cli.exit_codes import MEASURED
from bench.cli.values import PATH
from bench.errors import UsageError
from bench.report.destinations import check_folder
from bench.report.documents.history import document
from bench.report.files import of_history, write_all
from bench.report.render.terminal import terminal


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--figure", metavar="NAME", help="Only this figure, such as throughput_rps.  [default: all]"
)
@click.option("--out", metavar="DIR2", type=PATH, help="Output folder.  [default: DIR/history]")
def history(folder: Path, figure: str | None, out: Path | None) -> None:
    """Show each figure over all runs below a folder, and mark where it changed."""
    raise SystemExit(follow(folder, figure, out))


def follow(folder: Path, figure: str | None, out: Path | None) -> int:
    """Read, compare, write, show. Raises UsageError."""
    if figure is not None and figure not in FIGURES:
        raise UsageError(f"--figure '{figure}' is unknown; known: {', '.join(FIGURES)}")
    place = out or folder / "history"
    check_folder(place)
    found = analysis.history(*runs_below(folder), figure=figure)
    names = write_all(of_history(found), place)
    output = stdout()
    output.print(terminal(document(found)))
    output.print(f"Written to {place}/: {', '.join(names)}", markup=False, highlight=False)
    return MEASURED
