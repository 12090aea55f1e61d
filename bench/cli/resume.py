"""`run --resume`: go on with a run that was interrupted."""

from collections.abc import Collection
from itertools import dropwhile
from pathlib import Path
from typing import Final

from bench.cli.console import stderr
from bench.cli.measuring import compared, course, measured, resolved
from bench.errors import UsageError
from bench.facts import journal
from bench.progress.listener import progress_listener
from bench.report.formats import Format
from bench.run import resume_checks
from bench.run.comparison import go_on
from bench.run.request.options import Options
from servers.apps.settings import MASK

_COMMAND: Final = "run"


def recorded_seed(folder: Path) -> int:
    """The seed of a run, given or drawn. Raises UsageError and HarnessError."""
    return journal.read(folder).manifest.seed


def has_secret(folder: Path) -> bool:
    """Whether it was started with what is not recorded. Raises UsageError and HarnessError."""
    return any(MASK in word for word in _words(folder))


def recorded_arguments(folder: Path) -> list[str]:
    """The arguments that a run was started with. Raises UsageError and HarnessError."""
    if has_secret(folder):
        raise UsageError(
            f"--resume '{folder}' was started with a secret, which is not recorded: give all "
            "options again, together with --resume"
        )
    return _words(folder)


def _words(folder: Path) -> list[str]:
    started = journal.read(folder).manifest.command
    return list(dropwhile(lambda word: word != _COMMAND, started))[1:]


def resume_run(folder: Path, options: Options, formats: Collection[Format]) -> int:
    """Check, measure what is missing, write the reports. Raises as `run` does."""
    facts = journal.read(folder)
    resume_checks.check_can_go_on(facts, folder)
    wanted = resolved(options)
    return measured(
        progress_listener(options.progress_style, stderr(), course(wanted, facts.slices)),
        lambda progress: go_on(wanted, folder, facts, progress),
        folder,
        lambda found: compared(found, folder, formats),
    )
