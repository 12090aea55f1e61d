"""How a run ended, and what there is of it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.system.program import call


class RunOutcome(StrEnum):
    """Whether a run did what it was asked to, was stopped, or could not."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended; folder: what is kept of it, None: nothing.

    slices: that are kept, without warm-ups; None: not counted. can_go_on: whether `--resume` takes
    it up again. error: why it failed, in one line.
    """

    how: RunOutcome
    exit_code: int
    folder: Path | None = None
    slices: int | None = None
    can_go_on: bool = False
    error: str | None = None


def interruption(ending: RunEnd) -> str:
    """Say what is kept of a run that was interrupted, how to read it, and how to go on."""
    folder = ending.folder
    if folder is None:
        return "interrupted before anything was measured; all servers were stopped"
    goes_on = f", '{call('run', '--resume', folder)}' resumes the run" if ending.can_go_on else ""
    return (
        f"interrupted; all servers were stopped. {ending.slices} slices are kept in {folder}/: "
        f"'{call('report', folder)}' writes their report{goes_on}"
    )
