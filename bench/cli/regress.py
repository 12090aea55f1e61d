"""`regress`: whether head is worse than base."""

from pathlib import Path
from typing import Any, Final

import click

from bench.cli.run import of_run
from bench.cli.run_options import options_from
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
        quick=f"{QUICK_ROUNDS} rounds in {QUICK_BUDGET_S:.0f} s: shows only large differences.",
        against_itself="A/A check: measure base twice and test whether it differs from itself.",
    )
)  # fmt: skip
@click.option(
    "--base",
    required=True,
    metavar="SIDE",
    help="What head is compared with: a commit, a folder, a server version (uvicorn==0.35.0), a "
    "setting (cache=lru), or bare (no settings).",
)
@click.option(
    "--head", default=".", show_default=True, metavar="SIDE", help="What to test; the same forms."
)
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--tolerance",
    type=PRECISION,
    default="5%",
    show_default=True,
    metavar="N%",
    help="How much worse a figure may be: a shown difference larger than this fails.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    metavar="N",
    help=f"Number of rounds; each starts both sides afresh.  [default: {ROUNDS}]",
)
@click.option(
    "--budget",
    type=DURATION,
    metavar="90s",
    help=f"Total time for all rounds.  [default: {BUDGET_S:.0f}s]",
)
@click.option("--junit", type=PATH, metavar="FILE", help="Also write the verdict as JUnit XML.")
def regress(
    *, base: str, head: str, server: str, tolerance: float, junit: Path | None, **given: Any
) -> None:
    """Fail if head is worse than base, both measured side by side on this machine.

    Compares two commits of the app, two versions of a server, or two settings. The exit code is 1
    only for a difference in CPU per request, throughput, median response time or failures that is
    both shown and larger than the tolerance.
    """
    from bench.commands.regress import RegressOptions  # noqa: PLC0415
    from bench.commands.regress import regress as command  # noqa: PLC0415

    rounds, budget_s = (QUICK_ROUNDS, QUICK_BUDGET_S) if given["quick"] else (ROUNDS, BUDGET_S)
    given["rounds"] = given["rounds"] or rounds
    given["budget"] = given["budget"] or budget_s
    sides = RegressOptions(base, head, tolerance, junit)
    raise SystemExit(command(sides, options_from({**given, "servers": server})))
