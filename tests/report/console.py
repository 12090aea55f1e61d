"""What a console shows of a run."""

from rich.console import Console

from bench.analysis.summary import summarize
from bench.facts.run import Facts
from bench.report.documents.run import document as shaped
from bench.report.render.terminal import terminal


def printed(facts: Facts, width: int) -> str:
    """What a console of this width shows, without colours."""
    console = Console(width=width, force_terminal=False, record=True, file=None, quiet=True)
    console.quiet = False
    with console.capture() as capture:
        console.print(terminal(shaped(summarize(facts))))
    return capture.get()
