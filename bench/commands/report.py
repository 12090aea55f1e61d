"""`report`: write the reports of a run again, from its folder alone."""

from pathlib import Path

from bench import journal, report
from bench.commands import screen


def write_again(folder: Path) -> int:
    """Read, write, show. Raises UsageError and HarnessError."""
    facts = journal.read(folder)
    screen.output().print(report.terminal(report.write(facts, folder)))
    return 0
