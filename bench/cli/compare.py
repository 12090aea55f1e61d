"""`compare`: one run against another."""

from pathlib import Path

import click

from bench.cli.values import PATH


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
    from bench.commands.compare import compare_runs  # noqa: PLC0415

    raise SystemExit(compare_runs(first, second, out, anyway=anyway))
