"""`capacity`: the highest rate at which each server holds an SLO."""

from dataclasses import replace
from pathlib import Path

from bench.analysis.capacity.goal import AIM, CapacityGoal
from bench.commands import screen
from bench.commands.run import FAILED, MEASURED, measured
from bench.errors import UsageError
from bench.facts.run import Facts, Purpose
from bench.progress import RunOutline, progress_listener
from bench.progress.capacity import SearchWords
from bench.report.documents.capacity import document
from bench.report.files import write_capacity
from bench.report.render.terminal import terminal
from bench.run.capacity import run
from bench.run.options import Options, run_folder
from bench.run.request import RunRequest, resolve
from bench.system import clock


def find_capacity(options: Options, aim: CapacityGoal) -> int:
    """Search, write the report, show it. Raises UsageError, ServerError and HarnessError."""
    wanted = _of_one_workload(resolve(options))
    wanted = replace(wanted, purpose=Purpose.CAPACITY, told={**wanted.told, AIM: aim.settings})
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    course = RunOutline(SearchWords(aim), aim.budget_s * len(wanted.profiles))
    return measured(
        progress_listener(options.progress_style, screen.progress(), course),
        lambda progress: run(wanted, aim, folder, options.command, started_at, progress),
        folder,
        lambda facts: _reported(facts, folder),
    )


def _of_one_workload(wanted: RunRequest) -> RunRequest:
    """Raise UsageError where there are several: each would take a search of its own."""
    names = wanted.settings.workloads
    if len(names) > 1:
        raise UsageError(
            f"--workload names {', '.join(names)}, and a search is of one: run it once for each"
        )
    return wanted


def _reported(facts: Facts, folder: Path) -> int:
    """Write the report and show it; a server without a capacity has failed."""
    output = screen.output()
    found, names = write_capacity(facts, folder)
    output.print(terminal(document(found)))
    output.print(f"Written to {folder}/: {', '.join(names)}", highlight=False)
    return MEASURED if all(row.capacity is not None for row in found.rows) else FAILED
