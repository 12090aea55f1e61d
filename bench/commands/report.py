"""`report`: write the reports of a run again, from its folder alone."""

from pathlib import Path

from bench import journal, report
from bench.capacity import report as capacity
from bench.commands import screen
from bench.domain import Purpose


def write_again(folder: Path) -> int:
    """Read, write, show: the report that the run was made for. Raises UsageError, HarnessError."""
    facts = journal.read(folder)
    if facts.manifest.purpose is Purpose.CAPACITY:
        screen.output().print(capacity.terminal(capacity.write(facts, folder)))
    else:
        screen.output().print(report.terminal(report.write(facts, folder)))
    return 0
