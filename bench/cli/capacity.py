"""`capacity`: the highest rate at which each server meets an SLO."""

from typing import Any

import click

from bench.cli.run import of_run
from bench.cli.run_options import GET_ITEM, options_from
from bench.cli.values import DURATION
from bench.workloads import BUILT_IN


@click.command(
    params=of_run(
        "servers", "profiles", "app", "wsgi_app", "app_dir", "copy", "isolated", "app_env",
        "env_files", "requirements", "extras", "groups", "app_settings", "ready", "start_timeout_s",
        "tests", "workloads", "names", "workers",
        "generator_cores", "selftest", "seed", "out", "quiet", "json_events",
        workloads=f"What to send: {', '.join(BUILT_IN)}, or your own file (required with --app).  "
        f"[default: {GET_ITEM}]",
        selftest="Run a 10 s self-test of the measurement first; the report says if it failed.",
    )
)  # fmt: skip
@click.option(
    "--slo",
    required=True,
    metavar="CLAUSES",
    help='Service level objective, such as "p95<50ms, failures<0.1%" or avg<5ms.',
)
@click.option(
    "--budget",
    type=DURATION,
    metavar="2m",
    help="Load time per server.  [default: 2m, or longer if the SLO needs longer slices]",
)
@click.option(
    "--resolution",
    default="3%",
    show_default=True,
    metavar="N%",
    help="Stop when the highest passing and the lowest failing rate are this close.",
)
@click.option(
    "--overload-s",
    type=click.FloatRange(0.5, 60),
    default=3.0,
    show_default=True,
    metavar="N",
    help="Seconds of overload at the end, at 1.5 times the capacity.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1000),
    default=128,
    show_default=True,
    metavar="N",
    help="Keep-alive connections to each server. Waiting for a free one counts as response time.",
)
def capacity(
    *, slo: str, budget: float | None, resolution: str, overload_s: float, **given: Any
) -> None:
    """Find the highest rate at which each server meets an SLO, then overload it."""
    from bench.analysis.capacity import goal  # noqa: PLC0415
    from bench.commands.capacity import find_capacity  # noqa: PLC0415

    wanted = goal.resolved(slo, goal.resolution(resolution), budget, overload_s)
    options = options_from({**given, "rounds": 1, "budget": wanted.budget_s})
    raise SystemExit(find_capacity(options, wanted))
