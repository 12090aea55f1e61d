"""What commands that measure have in common: progress, interruption, and how they end."""

import shutil
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, TypeAlias

from bench.analysis.model import Summary
from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import FAILED, HARNESS, INTERRUPTED, MEASURED
from bench.cli.interrupts import InterruptedRunError, run_interruptible
from bench.errors import HarnessError, RunFailedError
from bench.facts import journal
from bench.facts.run import Facts, Purpose
from bench.facts.slice import Slice
from bench.progress.ending import RunEnd, RunOutcome
from bench.progress.listener import ProgressListener, phases_before
from bench.progress.words import RoundWords, RunOutline
from bench.report.documents.run import document
from bench.report.files import write
from bench.report.formats import Format
from bench.report.render.terminal import terminal
from bench.run.request.options import Options
from bench.run.request.resolve import RunRequest, resolve

STOPPING: Final = "stopping all servers; press Ctrl-C again to quit at once"
Work: TypeAlias = Callable[[ProgressListener], Coroutine[Any, Any, set[str]]]
"""What measures, and returns the profiles that failed."""


def resolved(options: Options) -> RunRequest:
    """What options ask for; what takes long to read is said. Raises UsageError, ProfileError."""
    return resolve(options, phases_before(options.progress_style, stderr()))


def course(wanted: RunRequest, earlier: Sequence[Slice] = ()) -> RunOutline:
    """What is known of a comparison before it begins; `earlier`: slices that it has already."""
    settings = wanted.settings
    words = RoundWords(settings.rounds)
    return RunOutline(words, settings.timing.budget_s, wanted.baseline, earlier)


def measured(
    listener: AbstractContextManager[ProgressListener],
    work: Work,
    folder: Path,
    reported: Callable[[Facts], int],
) -> int:
    """Let a run measure, then report what it found, and say how it ended; returns the exit code.

    What is shown meanwhile is gone from the screen when the report comes.
    """
    with listener as progress:
        failed = _failed(work, folder, progress)
        if failed is not None:
            progress.note("writing the report")
    if failed is None:
        ending = _interruption(folder)
    else:
        facts = journal.read(folder)
        code = reported(facts)
        code = FAILED if failed else code
        ending = RunEnd(RunOutcome.FINISHED, code, folder, facts.counted)
    progress.ended(ending)
    return ending.exit_code


def _failed(work: Work, folder: Path, progress: ProgressListener) -> set[str] | None:
    """Let a run measure; the profiles that failed, or None where it was interrupted."""
    try:
        return run_interruptible(work(progress), lambda: progress.note(STOPPING))
    except InterruptedRunError:
        return None
    except HarnessError as error:
        if _is_kept(folder):
            raise RunFailedError(str(error), folder) from error
        raise
    finally:
        remove_if_unused(folder)


def compared(facts: Facts, folder: Path, formats: Collection[Format]) -> int:
    """Show the report of a comparison, and write it in these formats; returns the exit code."""
    output = stdout()
    written = write(facts, folder, formats)
    output.print(terminal(document(written.summary)))
    output.print(f"Written to {folder}/: {', '.join(written.names)}", highlight=False)
    return MEASURED if has_figures(written.summary) else HARNESS


def has_figures(summary: Summary) -> bool:
    """Whether any server has figures that are to be believed, under any load."""
    return any(row.rank is not None for section in summary.sections for row in section.rows)


def remove_if_unused(folder: Path) -> None:
    """Take away a folder in which nothing was begun, so that the corrected command can use it."""
    if not _is_kept(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _is_kept(folder: Path) -> bool:
    return (folder / journal.MANIFEST).exists()


def _interruption(folder: Path) -> RunEnd:
    """How much of an interrupted run is on disk, and whether it can go on."""
    if not _is_kept(folder):
        return RunEnd(RunOutcome.INTERRUPTED, INTERRUPTED)
    facts = journal.read(folder)
    can_go_on = facts.manifest.purpose is Purpose.COMPARISON
    return RunEnd(RunOutcome.INTERRUPTED, INTERRUPTED, folder, facts.counted, can_go_on)
