"""`history`: many runs, one after the other."""

from pathlib import Path

import click

from bench.cli.values import PATH


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--figure", metavar="NAME", help="Only this one, as throughput_rps.  [default: all]")
@click.option("--out", metavar="DIR2", type=PATH, help="Where to write.  [default: DIR/history]")
def history(folder: Path, figure: str | None, out: Path | None) -> None:
    """Follow each figure through all runs below a folder, and mark where it has changed."""
    from bench.commands.history import follow  # noqa: PLC0415

    raise SystemExit(follow(folder, figure, out))
