"""`regress`: whether a head is worse than its base."""

from pathlib import Path
from typing import Any, Final

import click

from bench.cli.asked import asked
from bench.cli.run import of_run
from bench.cli.values import DURATION, PATH, PRECISION

ROUNDS: Final = 6
BUDGET_S: Final = 90.0
QUICK_ROUNDS: Final = 3
QUICK_BUDGET_S: Final = 45.0


@click.command(
    params=of_run(
        "profiles", "app", "wsgi_app", "app_dir", "copy", "isolated", "app_env", "env_files",
        "requirements", "extras", "groups", "ready", "start_timeout_s", "tests",
        "workloads", "names", "rate",
        "connections", "workers", "alone", "quick", "against_itself", "selftest", "seed", "out",
        "quiet", "json_events",
        quick=f"{QUICK_ROUNDS} rounds in {QUICK_BUDGET_S:.0f} s: large differences alone show.",
        against_itself="Measure base twice, to see whether this run tells it from itself (A/A).",
    )
)  # fmt: skip
@click.option(
    "--base",
    required=True,
    metavar="SIDE",
    help="What head is compared with: a commit, a folder, uvicorn==0.35.0, cache=lru, or bare.",
)
@click.option("--head", default=".", show_default=True, metavar="SIDE", help="The same for head.")
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--tolerance",
    type=PRECISION,
    default="5%",
    show_default=True,
    metavar="N%",
    help="How much worse a figure may be: what is shown and larger fails.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    metavar="N",
    help=f"Fresh starts of both sides.  [default: {ROUNDS}]",
)
@click.option(
    "--budget",
    type=DURATION,
    metavar="90s",
    help=f"Time for all rounds.  [default: {BUDGET_S:.0f}s]",
)
@click.option("--junit", type=PATH, metavar="FILE", help="Write the verdict as JUnit XML, too.")
def regress(
    *, base: str, head: str, server: str, tolerance: float, junit: Path | None, **given: Any
) -> None:
    """Fail if head is shown to be worse than base, both measured side by side on this machine.

    Two commits of the app, two versions of a server, or two settings. Exit code 1 only for a
    difference in CPU a request, throughput, median response time or failures that is both shown
    and larger than what is tolerated.
    """
    from bench.commands.regress import RegressOptions  # noqa: PLC0415
    from bench.commands.regress import regress as command  # noqa: PLC0415

    rounds, budget_s = (QUICK_ROUNDS, QUICK_BUDGET_S) if given["quick"] else (ROUNDS, BUDGET_S)
    given["rounds"] = given["rounds"] or rounds
    given["budget"] = given["budget"] or budget_s
    sides = RegressOptions(base, head, tolerance, junit)
    raise SystemExit(command(sides, asked({**given, "servers": server})))
