"""Words about the runs of a comparison or a history: their notes, and steps without a test."""

from typing import Final

from bench.analysis.note import RecordedNote
from bench.analysis.several_runs.history_model import HistoryStep, NotCompared
from bench.analysis.several_runs.measured_run import MeasuredRun, PlainRunNote

OTHER_RATE: Final = "another rate"
NOT_COMPARED: Final = {NotCompared.OTHER_RATE: OTHER_RATE, NotCompared.NO_FIGURE: "no figure"}
NOTES: Final = {
    PlainRunNote.INTERRUPTED: "it was interrupted and has only the slices that were finished",
    PlainRunNote.FAILED: "it ended early and has only the slices that were finished",
    PlainRunNote.CUT_OFF: "it was cut off and has only the slices that were finished",
    PlainRunNote.SELFTEST_FAILED: "its self-test did not pass: see its report",
    PlainRunNote.SELFTEST_SKIPPED: "its self-test was skipped",
}


def run_notes(run: MeasuredRun) -> list[str]:
    """Write what is to be known before the figures of a run are believed."""
    return [note.text if isinstance(note, RecordedNote) else NOTES[note] for note in run.notes]


def why_not_compared(step: HistoryStep) -> str:
    """Say why two points were not compared; empty: they were."""
    return "" if step.why_not is None else NOT_COMPARED[step.why_not]
