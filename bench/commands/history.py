"""`history`: all runs below a folder, from their folders alone."""

from pathlib import Path

from bench.analysis.find_runs import runs_below
from bench.analysis.history import history
from bench.analysis.slice_figures import FIGURES
from bench.commands import screen
from bench.errors import UsageError
from bench.report.destinations import check_folder
from bench.report.documents.history import document
from bench.report.files import of_history, write_all
from bench.report.render.terminal import terminal


def follow(folder: Path, figure: str | None, out: Path | None) -> int:
    """Read, compare, write, show. Raises UsageError."""
    if figure is not None and figure not in FIGURES:
        raise UsageError(f"--figure '{figure}' is unknown; known: {', '.join(FIGURES)}")
    place = out or folder / "history"
    check_folder(place)
    found = history(*runs_below(folder), figure=figure)
    names = write_all(of_history(found), place)
    output = screen.output()
    output.print(terminal(document(found)))
    output.print(f"Written to {place}/: {', '.join(names)}", markup=False, highlight=False)
    return 0
