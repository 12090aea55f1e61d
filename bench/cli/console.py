"""Where the commands write: figures to standard output, everything else to standard error."""

from typing import Final

from rich.console import Console

_WIDTH_ELSEWHERE: Final = 120  # of a file or a pipe, which has no width of its own


def stdout() -> Console:
    """Standard output: tables."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_ELSEWHERE)


def stderr() -> Console:
    """Standard error: what is going on."""
    return Console(stderr=True)
