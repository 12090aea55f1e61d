"""`history`: figures over many runs."""

from pathlib import Path

import click

from bench.cli.values import PATH


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--figure", metavar="NAME", help="Only this figure, such as throughput_rps.  [default: all]"
)
@click.option("--out", metavar="DIR2", type=PATH, help="Output folder.  [default: DIR/history]")
def history(folder: Path, figure: str | None, out: Path | None) -> None:
    """Show each figure over all runs below a folder, and mark where it changed."""
    from bench.commands.history import follow  # noqa: PLC0415

    raise SystemExit(follow(folder, figure, out))
