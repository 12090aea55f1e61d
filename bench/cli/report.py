"""`report`: rewrite the reports of a run."""

from collections.abc import Collection
from pathlib import Path

import click

from bench.cli import regress
from bench.cli.console import stdout
from bench.cli.exit_codes import MEASURED
from bench.cli.run_parameters import of_run
from bench.cli.values import PATH
from bench.errors import UsageError
from bench.facts import journal
from bench.facts.run import Purpose
from bench.report.documents import capacity, run
from bench.report.files import write, write_capacity
from bench.report.formats import Format
from bench.report.render.terminal import terminal


@click.command(params=of_run("formats"))
@click.argument("folder", metavar="DIR", type=PATH)
def report(folder: Path, formats: tuple[Format, ...]) -> None:
    """Rewrite the reports of a run from its folder; no server is needed."""
    raise SystemExit(write_again(folder, formats))


def write_again(folder: Path, formats: Collection[Format] = tuple(Format)) -> int:
    """Read, write, show. Raises UsageError and HarnessError."""
    facts = journal.read(folder)
    if facts.manifest.purpose is Purpose.REGRESSION and not facts.manifest.settings.timed:
        regress.show(facts, folder)
        return MEASURED
    if facts.manifest.purpose is Purpose.REGRESSION:
        beside = [each for each in formats if each in regress.FORMATS]
        if not beside:
            raise UsageError(
                f"--format {','.join(formats)}: of '{folder}' there is regression.xml (JUnit), and "
                f"of the run: {', '.join(regress.FORMATS)}"
            )
        write(facts, folder, beside)
        regress.show(facts, folder)
        return MEASURED
    if facts.manifest.purpose is Purpose.CAPACITY:
        found, _ = write_capacity(facts, folder, formats)
        stdout().print(terminal(capacity.document(found)))
        return MEASURED
    stdout().print(terminal(run.document(write(facts, folder, formats).summary)))
    return MEASURED
