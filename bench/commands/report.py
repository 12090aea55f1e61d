"""`report`: write the reports of a run again, from its folder alone."""

from pathlib import Path

from bench import journal, report
from bench.capacity import report as capacity
from bench.commands import screen
from bench.commands.regress import show
from bench.domain import Purpose


def write_again(folder: Path) -> int:
    """Read, write, show. Raises UsageError and HarnessError."""
    facts = journal.read(folder)
    if facts.manifest.purpose is Purpose.REGRESSION:
        report.write(facts, folder)
        show(facts, folder)
        return 0
    if facts.manifest.purpose is Purpose.CAPACITY:
        screen.output().print(capacity.terminal(capacity.write(facts, folder)))
        return 0
    screen.output().print(report.terminal(report.write(facts, folder)))
    return 0
