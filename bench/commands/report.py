"""`report`: write the reports of a run again, from its folder alone."""

from collections.abc import Collection
from pathlib import Path

from bench.commands import regress, screen
from bench.errors import UsageError
from bench.facts import journal
from bench.facts.run import Purpose
from bench.report.documents import capacity, run
from bench.report.files import write, write_capacity
from bench.report.formats import Format
from bench.report.render.terminal import terminal


def write_again(folder: Path, formats: Collection[Format] = tuple(Format)) -> int:
    """Read, write, show. Raises UsageError and HarnessError."""
    facts = journal.read(folder)
    if facts.manifest.purpose is Purpose.REGRESSION:
        beside = [each for each in formats if each in regress.FORMATS]
        if not beside:
            raise UsageError(
                f"--format {','.join(formats)}: of '{folder}' there is regression.xml (JUnit), and "
                f"of the run: {', '.join(regress.FORMATS)}"
            )
        write(facts, folder, beside)
        regress.show(facts, folder)
        return 0
    if facts.manifest.purpose is Purpose.CAPACITY:
        found, _ = write_capacity(facts, folder, formats)
        screen.output().print(terminal(capacity.document(found)))
        return 0
    screen.output().print(terminal(run.document(write(facts, folder, formats).summary)))
    return 0
