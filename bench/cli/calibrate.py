"""`calibrate`: the load generator beside others."""

from pathlib import Path

import click

from bench.cli.values import DURATION, PATH, refuse
from bench.run import options


@click.command()
@click.option(
    "--servers",
    metavar="A,B|none",
    help="Where to compare, beside a null server.  [default: the seven]",
)
@click.option(
    "--slices",
    type=click.IntRange(2, 200),
    default=8,
    show_default=True,
    metavar="N",
    help="Slices of about a second for each client and server.",
)
@click.option("--connections", type=click.IntRange(1, 1000), default=32, show_default=True)
@click.option(
    "--soak",
    type=DURATION,
    metavar="1h",
    help="In place of all that: load the null server for so long, and watch the memory.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1, options.MOST_RATE),
    default=5000,
    show_default=True,
    metavar="N",
    help="Requests a second of --soak.",
)
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="The folder of --soak, which must be new.  [default: results/soak-TIME]",
)
@click.pass_context
def calibrate(
    ctx: click.Context,
    /,
    *,
    servers: str | None,
    slices: int,
    connections: int,
    soak: float | None,
    rate: float,
    out: Path | None,
) -> None:
    """Compare the load generator with httpx, wrk, h2load and oha, in alternating slices.

    On a null server and on uvicorn (or the first of --servers) all of them that are installed,
    on the others ours and wrk. It takes about four and a half minutes as it is; with
    `--servers none` one.
    """
    from bench.commands.calibrate import compare_clients  # noqa: PLC0415
    from bench.commands.soak import soak_generator  # noqa: PLC0415

    if soak is None:
        refuse(ctx, ("rate", "out"), "goes with --soak: name how long, or leave it out")
    else:
        refuse(ctx, ("servers", "slices"), "has no part in --soak: leave it out")
        raise SystemExit(soak_generator(soak, rate, connections, out))
    raise SystemExit(compare_clients(servers, slices, connections))
