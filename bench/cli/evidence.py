"""`evidence`: how often each way of comparing is right."""

from pathlib import Path
from typing import Any

import click

from bench.cli.asked import DEFAULT_ROUNDS, asked
from bench.cli.run import of_run
from bench.cli.values import DURATION, PATH, refuse


@click.command(params=of_run("connections", "selftest", "seed", "out"))
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=6,
    show_default=True,
    metavar="N",
    help="Runs of five copies of the server and three that are slowed by a known share.",
)
@click.option(
    "--rounds", type=click.IntRange(3, 100), default=DEFAULT_ROUNDS, show_default=True, metavar="N"
)
@click.option("--budget", type=DURATION, default="5m", show_default=True, help="Of each run.")
@click.option("--of", type=PATH, metavar="DIR", help="Judge the runs there; measure nothing.")
@click.option(
    "--gate",
    type=click.IntRange(1, 100),
    metavar="N",
    help="In place of all that: run the regression gate N times on an unchanged head, and N times "
    "on one that is slower by 10 %.",
)
@click.pass_context
def evidence(
    ctx: click.Context,
    /,
    *,
    server: str,
    runs: int,
    of: Path | None,
    gate: int | None,
    **given: Any,
) -> None:
    """Try each way of comparing where it is known what differs: on this machine, and simulated.

    Prints for each how often a server is told from itself, the smallest difference that it could
    have shown, and how often planted differences of 3, 5 and 10 % were found. Half an hour.
    """
    from bench.commands.evidence import gather, judge, try_gate  # noqa: PLC0415

    if of is not None:
        others = [name for name in ctx.params if name != "of"]
        refuse(ctx, others, "says how to measure, and --of measures nothing: leave it out")
        raise SystemExit(judge(of))
    if gate is not None:
        refuse(ctx, ("runs",), "has no part in --gate: leave it out")
    wanted = asked({**given, "servers": server})
    raise SystemExit(gather(wanted, runs) if gate is None else try_gate(wanted, gate))
