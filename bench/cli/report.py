"""`report`: rewrite the reports of a run."""

from pathlib import Path

import click

from bench.cli.values import PATH, format_option
from bench.report.formats import Format


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@format_option
def report(folder: Path, formats: tuple[Format, ...]) -> None:
    """Rewrite the reports of a run from its folder; no server is needed."""
    from bench.commands.report import write_again  # noqa: PLC0415

    raise SystemExit(write_again(folder, formats))
