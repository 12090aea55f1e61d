"""`capacity`: the highest rate at which each server meets an SLO."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench.analysis.capacity import goal
from bench.analysis.capacity.goal import CapacityGoal
from bench.cli.app_search import with_found_app
from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import FAILED, MEASURED
from bench.cli.measuring import measured, resolved
from bench.cli.request_parameters import REQUEST_NAMES
from bench.cli.run_options import GET_ITEM, options_from
from bench.cli.run_parameters import of_run
from bench.cli.values import DURATION
from bench.errors import UsageError
from bench.facts.run import Facts, Purpose
from bench.progress.capacity import SearchWords
from bench.progress.listener import progress_listener
from bench.progress.words import RunOutline
from bench.report.documents.capacity import document
from bench.report.files import write_capacity
from bench.report.render.terminal import terminal
from bench.run.capacity import run
from bench.run.folder import run_folder
from bench.run.request.options import Options
from bench.run.request.resolve import RunRequest
from bench.system import clock
from bench.workloads.built_in import BUILT_IN


@click.command(
    params=of_run(
        "servers", "profiles", "app", "wsgi_app", "app_dir", "copy", "isolated", "app_env",
        "env_files", "requirements", "extras", "groups", "app_settings", "ready", "start_timeout_s",
        "tests", "workloads", *REQUEST_NAMES, "names", "protocols", "streams", "ca",
        "new_connections", "resume_tls", "insecure", "workers", "generator_cores", "count",
        "selftest", "seed", "out", "quiet", "json_events",
        workloads=f"What to send: {', '.join(BUILT_IN)}, or your own file.  "
        f"[default: {GET_ITEM}]",
        count="Count what every server executes for a request too, after the search: by the CPU's "
        "counters, else by valgrind.",
        selftest="Run a short self-test of the measurement first; the report says if it failed.",
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
    wanted = goal.resolved(slo, goal.resolution(resolution), budget, overload_s)
    given = with_found_app(given)
    options = options_from({**given, "rounds": 1, "budget": wanted.budget_s})
    raise SystemExit(find_capacity(options, wanted))


def find_capacity(options: Options, aim: CapacityGoal) -> int:
    """Search, write the report, show it. Raises UsageError, ServerError and HarnessError."""
    wanted = _of_one_workload(resolved(options))
    settings = replace(wanted.settings, capacity=aim.settings)
    wanted = replace(wanted, purpose=Purpose.CAPACITY, settings=settings)
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    course = RunOutline(SearchWords(aim), aim.budget_s * len(wanted.profiles))
    return measured(
        progress_listener(options.progress_style, stderr(), course),
        lambda progress: run(wanted, aim, folder, options.command, started_at, progress),
        folder,
        lambda facts: _reported(facts, folder),
    )


def _of_one_workload(wanted: RunRequest) -> RunRequest:
    """Raise UsageError where there are several: each would take a search of its own."""
    names = wanted.settings.workloads
    if len(names) > 1:
        raise UsageError(
            f"--workload names {', '.join(names)}, but a search covers one: run it once for each"
        )
    return wanted


def _reported(facts: Facts, folder: Path) -> int:
    """Write the report and show it; a server without a capacity has failed."""
    output = stdout()
    found, names = write_capacity(facts, folder)
    output.print(terminal(document(found)))
    output.print(f"Written to {folder}/: {', '.join(names)}", highlight=False)
    return MEASURED if all(row.capacity is not None for row in found.rows) else FAILED
