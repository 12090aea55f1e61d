"""`history`: all runs below a folder, from their folders alone."""

from pathlib import Path

from bench.across.document import terminal
from bench.across.finding import runs_below
from bench.across.history import history
from bench.across.history_document import document
from bench.across.history_files import files
from bench.across.written import check_folder, put
from bench.commands import screen
from bench.errors import UsageError
from bench.summary.figures import FIGURES


def follow(folder: Path, figure: str | None, out: Path | None) -> int:
    """Read, compare, write, show. Raises UsageError."""
    if figure is not None and figure not in FIGURES:
        raise UsageError(f"--figure '{figure}' is unknown; known: {', '.join(FIGURES)}")
    place = out or folder / "history"
    check_folder(place)
    found = history(*runs_below(folder), figure=figure)
    for name, content in files(found).items():
        put(place / name, content)
    output = screen.output()
    output.print(terminal(document(found)))
    output.print(
        f"Written to {place}/: history.md, history.csv, history.json, charts/",
        markup=False,
        highlight=False,
    )
    return 0
