"""`capacity`: the highest rate at which each server holds an SLO."""

from typing import Any

import click

from bench.cli.asked import GET_ITEM, asked
from bench.cli.run import of_run
from bench.cli.values import DURATION
from bench.workloads import BUILT_IN


@click.command(
    params=of_run(
        "servers", "profiles", "app", "wsgi_app", "app_dir", "copy", "isolated", "app_env",
        "env_files", "requirements", "extras", "groups", "app_settings", "ready", "start_timeout_s",
        "tests", "workloads", "names", "workers",
        "generator_cores", "selftest", "seed", "out", "quiet", "json_events",
        workloads=f"{', '.join(BUILT_IN)}, or a file of your own, which --app needs; one of them.  "
        f"[default: {GET_ITEM}]",
        selftest="Let the instrument prove itself first, in 10 s; the report says if it did not.",
    )
)  # fmt: skip
@click.option(
    "--slo",
    required=True,
    metavar="CLAUSES",
    help='What must hold, as "p95<50ms, failures<0.1%"; also avg<5ms.',
)
@click.option(
    "--budget",
    type=DURATION,
    metavar="2m",
    help="Time of load on each server.  [default: 2m, or what slices for the SLO take]",
)
@click.option(
    "--resolution",
    default="3%",
    show_default=True,
    metavar="N%",
    help="How close the highest rate that passes and the lowest that fails are to come.",
)
@click.option(
    "--overload-s",
    type=click.FloatRange(0.5, 60),
    default=3.0,
    show_default=True,
    metavar="N",
    help="How long 1.5 times the capacity is offered in the end.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1000),
    default=128,
    show_default=True,
    metavar="N",
    help="Keep-alive connections to each server. A request that finds none free is the server's.",
)
def capacity(
    *, slo: str, budget: float | None, resolution: str, overload_s: float, **given: Any
) -> None:
    """Find the highest rate at which each server holds an SLO, and see it overloaded."""
    from bench.analysis.capacity import goal  # noqa: PLC0415
    from bench.commands.capacity import find_capacity  # noqa: PLC0415

    wanted = goal.resolved(slo, goal.resolution(resolution), budget, overload_s)
    of_each = asked({**given, "rounds": 1, "budget": wanted.budget_s})
    raise SystemExit(find_capacity(of_each, wanted))
