"""`capacity`: the highest rate at which each server holds an SLO."""

import shutil
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import clock, journal
from bench.capacity import report
from bench.capacity.aim import Aim
from bench.capacity.model import Summary
from bench.capacity.progress import SearchTeller
from bench.capacity.run import run
from bench.commands import screen
from bench.commands.interrupts import INTERRUPTED, InterruptedRunError, run_interruptible
from bench.errors import HarnessError, UsageError
from bench.options import Options, run_folder
from bench.progress import teller
from bench.resolve import Resolved, resolve

MEASURED: Final = 0
FAILED: Final = 1
_LAUNCHES: Final = 3


def find_capacity(options: Options, aim: Aim) -> int:
    """Search, write the report, show it. Raises UsageError, ServerError and HarnessError."""
    progress, output = screen.progress(), screen.output()
    wanted = _one_workload(resolve(options))
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    budget_s = aim.budget_s * len(wanted.profiles)
    try:
        with teller(progress, _LAUNCHES, budget_s) as told:
            tell = SearchTeller(told, aim, steady=progress.is_terminal)
            for reason in wanted.left_out:
                tell.note(f"left out: {reason}")
            failed = run_interruptible(run(wanted, aim, folder, options.command, started_at, tell))
    except InterruptedRunError:
        _say_what_was_kept(progress, folder)
        return INTERRUPTED
    except HarnessError as error:
        raise HarnessError(f"{error}; the run's folder is {folder}") from error
    finally:
        if not (folder / journal.MANIFEST).exists():
            shutil.rmtree(folder, ignore_errors=True)  # so that the mended command can use it
    found = report.write(journal.read(folder), folder)
    _show(output, found, folder)
    return FAILED if failed or any(row.capacity is None for row in found.rows) else MEASURED


def _one_workload(wanted: Resolved) -> Resolved:
    """Raise UsageError where there are several: each would take a search of its own."""
    names = wanted.settings.workloads
    if len(names) > 1:
        raise UsageError(
            f"--workload names {', '.join(names)}, and a search is of one: run it once for each"
        )
    return wanted


def _show(output: Console, found: Summary, folder: Path) -> None:
    output.print(report.terminal(found))
    output.print(
        f"Written to {folder}/: capacity.md, capacity.csv, capacity.json, charts/", highlight=False
    )


def _say_what_was_kept(console: Console, folder: Path) -> None:
    """Tell how much of an interrupted search is on disk, and how to read it."""
    if not (folder / journal.MANIFEST).exists():
        console.print("interrupted before anything was measured; all servers are stopped")
        return
    slices = sum(not each.warm_up for each in journal.read(folder).slices)
    console.print(
        f"interrupted; all servers are stopped. {slices} slices are kept in {folder}/: "
        f"'nox -s report -- {folder}' writes their report",
        highlight=False,
        soft_wrap=True,
    )
