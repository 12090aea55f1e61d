"""Every run below a folder, and what looked like one and cannot be read."""

import os
from collections.abc import Iterator
from pathlib import Path

from bench.analysis.several_runs.dates import moment, oldest_first
from bench.analysis.several_runs.left_out import UnreadRun
from bench.analysis.several_runs.measured_run import MeasuredRun, reduced
from bench.errors import HarnessError, UsageError
from bench.facts import journal
from bench.system.program import call


def runs_below(folder: Path) -> tuple[list[MeasuredRun], list[UnreadRun]]:
    """Read all runs, oldest first; only their figures are kept.

    Raises UsageError where there is none to be found.
    """
    if not folder.is_dir():
        raise UsageError(
            f"'{folder}' is not a folder: name one that has runs in it, such as results/"
        )
    runs: list[MeasuredRun] = []
    left_out: list[UnreadRun] = []
    for place in _places(folder, left_out):
        try:
            runs.append(_read(place))
        except (UsageError, HarnessError, OSError) as error:
            left_out.append(UnreadRun(str(place), str(error)))
    if not runs:
        raise _nothing(folder, left_out)
    return oldest_first(runs), left_out


def _places(folder: Path, left_out: list[UnreadRun]) -> Iterator[Path]:
    """Folders with a manifest, in the order of their names; links are not followed."""

    def unreadable(error: OSError) -> None:
        refusal = HarnessError(f"it cannot be read: {error.strerror}")
        left_out.append(UnreadRun(str(error.filename), str(refusal)))

    for place, folders, files in os.walk(folder, onerror=unreadable):
        folders.sort()
        if journal.MANIFEST in files:
            yield Path(place)


def _read(place: Path) -> MeasuredRun:
    run = reduced(str(place), journal.read(place))
    started_at = run.manifest.started_at
    if moment(started_at) is None:
        raise HarnessError(f"'{place}' was started at '{started_at}', which is not a date")
    return run


def _nothing(folder: Path, left_out: list[UnreadRun]) -> UsageError:
    if not left_out:
        return UsageError(
            f"there is no run below '{folder}': create one with {call('run')}, or name another "
            "folder"
        )
    more = f" (and {len(left_out) - 1} more)" if len(left_out) > 1 else ""
    return UsageError(f"no run below '{folder}' can be used: {left_out[0].error}{more}")
