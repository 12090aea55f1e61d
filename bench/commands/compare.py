"""`compare`: two runs, from their folders alone."""

from collections.abc import Sequence
from pathlib import Path

from bench.analysis.comparison import between
from bench.analysis.measured_run import reduced
from bench.commands import screen
from bench.errors import UsageError
from bench.facts import journal
from bench.formatting import listing
from bench.report.destinations import check_file
from bench.report.documents.comparison import document
from bench.report.files import OF_COMPARISON
from bench.report.render.terminal import terminal
from bench.system.files import write_whole


def compare_runs(first: Path, second: Path, out: Sequence[Path], *, anyway: bool) -> int:
    """Read, compare, write, show. Raises UsageError and HarnessError."""
    for path in out:
        check_file(path, OF_COMPARISON, listing(list(OF_COMPARISON)))
    if first.resolve() == second.resolve():
        raise UsageError(f"'{second}' is named twice: name two runs")
    a, b = (reduced(str(folder), journal.read(folder)) for folder in (first, second))
    found = between(a, b, anyway=anyway)
    contents = [(path, OF_COMPARISON[path.suffix](found)) for path in out]
    for path, content in contents:
        write_whole(path, content)
    output = screen.output()
    output.print(terminal(document(found)))
    for path in out:
        output.print(f"Written to {path}", markup=False, highlight=False)
    return 0
