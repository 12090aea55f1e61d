"""`calibrate`: the load generator compared with other load generators."""

from pathlib import Path

import click

from bench.cli.values import DURATION, PATH, refuse
from bench.run import options


@click.command()
@click.option(
    "--servers",
    metavar="A,B|none",
    help="Servers to load, besides a null server.  [default: the seven ASGI servers]",
)
@click.option(
    "--slices",
    type=click.IntRange(2, 200),
    default=8,
    show_default=True,
    metavar="N",
    help="Slices of about one second per client and server.",
)
@click.option("--connections", type=click.IntRange(1, 1000), default=32, show_default=True)
@click.option(
    "--soak",
    type=DURATION,
    metavar="1h",
    help="Instead of comparing: load the null server for this long and watch memory use.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1, options.MOST_RATE),
    default=5000,
    show_default=True,
    metavar="N",
    help="Requests per second for --soak.",
)
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="Folder for --soak; must be new.  [default: results/soak-TIME]",
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

    All installed clients are tried on a null server and on uvicorn (or the first of --servers);
    only the built-in one and wrk on the others. Takes about four and a half minutes by default,
    one minute with `--servers none`.
    """
    from bench.commands.calibrate import compare_clients  # noqa: PLC0415
    from bench.commands.soak import soak_generator  # noqa: PLC0415

    if soak is None:
        refuse(ctx, ("rate", "out"), "needs --soak: add --soak DURATION, or leave it out")
    else:
        refuse(ctx, ("servers", "slices"), "cannot be used with --soak: leave it out")
        raise SystemExit(soak_generator(soak, rate, connections, out))
    raise SystemExit(compare_clients(servers, slices, connections))
