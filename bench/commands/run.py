"""`run`: compare servers and write a report."""

import shutil
from collections.abc import Callable, Collection, Coroutine
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench import clock, journal, report
from bench.commands import screen
from bench.commands.interrupts import INTERRUPTED, InterruptedRunError, run_interruptible
from bench.domain import Facts, Purpose
from bench.errors import HarnessError
from bench.options import Format, Options, run_folder
from bench.progress import teller
from bench.resolve import resolve
from bench.run import run

MEASURED: Final = 0
FAILED: Final = 1


def compare_servers(options: Options, formats: Collection[Format]) -> int:
    """Measure, write the reports, show them. Raises UsageError, ServerError and HarnessError."""
    progress = screen.progress()
    wanted = resolve(options)
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    settings = wanted.settings
    with teller(progress, settings.rounds, settings.timing.budget_s) as tell:
        for reason in wanted.left_out:
            tell.note(f"left out: {reason}")
        work = run(wanted, folder, options.command, started_at, tell)
        return measured(work, folder, lambda facts: compared(facts, folder, formats))


def measured(
    work: Coroutine[Any, Any, set[str]], folder: Path, reported: Callable[[Facts], int]
) -> int:
    """Let a run measure, then report what it found; returns the exit code."""
    try:
        failed = run_interruptible(work)
    except InterruptedRunError:
        _say_what_was_kept(screen.progress(), folder)
        return INTERRUPTED
    except HarnessError as error:
        raise HarnessError(f"{error}; the run's folder is {folder}") from error
    finally:
        remove_if_unused(folder)
    code = reported(journal.read(folder))
    return FAILED if failed else code


def compared(facts: Facts, folder: Path, formats: Collection[Format]) -> int:
    """Show the report of a comparison, and write it in these formats; returns the exit code."""
    output = screen.output()
    written = report.write(facts, folder, formats)
    output.print(report.terminal(written.summary))
    output.print(f"Written to {folder}/: {', '.join(written.names)}", highlight=False)
    return MEASURED


def remove_if_unused(folder: Path) -> None:
    """Take away a folder in which nothing was begun, so that the mended command can use it."""
    if not (folder / journal.MANIFEST).exists():
        shutil.rmtree(folder, ignore_errors=True)


def _say_what_was_kept(console: Console, folder: Path) -> None:
    """Tell how much of an interrupted run is on disk, and how to read it."""
    if not (folder / journal.MANIFEST).exists():
        console.print("interrupted before anything was measured; all servers are stopped")
        return
    facts = journal.read(folder)
    slices = sum(not each.warm_up for each in facts.slices)
    can_go_on = facts.manifest.purpose is Purpose.COMPARISON
    goes_on = f", 'nox -s bench -- --resume {folder}' goes on" if can_go_on else ""
    console.print(
        f"interrupted; all servers are stopped. {slices} slices are kept in {folder}/: "
        f"'nox -s report -- {folder}' writes their report{goes_on}",
        highlight=False,
        soft_wrap=True,
    )
