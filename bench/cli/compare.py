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
    help="Compare although machine, app or load differ; it is said on top.",
)
@click.option(
    "--out",
    multiple=True,
    metavar="FILE",
    type=PATH,
    help="Write the comparison too, to a file that ends in .html, .md, .csv or .json; repeatable.",
)
def compare(first: Path, second: Path, *, anyway: bool, out: tuple[Path, ...]) -> None:
    """Compare two runs, from their folders: every figure of B over that of A."""
    from bench.commands.compare import compare_runs  # noqa: PLC0415

    raise SystemExit(compare_runs(first, second, out, anyway=anyway))
