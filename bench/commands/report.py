"""`report`: write the reports of a run again, from its folder alone."""

from pathlib import Path

from rich.console import Console

from bench import journal, report


def write_again(folder: Path) -> int:
    """Read, write, show. Raises UsageError and HarnessError."""
    facts = journal.read(folder)
    Console().print(report.terminal(report.write(facts, folder)))
    return 0
