"""The seam between what a run does and how it is shown, and the choice of that."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from rich.console import Console

from bench.facts.slice import Slice
from bench.progress.ending import RunEnd
from bench.progress.events import Events
from bench.progress.live import drawable, live
from bench.progress.plain import Lines, Quiet, say
from bench.progress.style import ProgressStyle
from bench.progress.words import RunOutline


class ProgressListener(Protocol):
    """Says what a run is doing; also a `bench.run.context.Watcher`."""

    def phase(self, what: str) -> None:
        """A phase of the run begins."""

    def note(self, what: str) -> None:
        """Something the user should know, kept on the screen."""

    def launching(self, profile: str, round_: int) -> None:
        """A server is about to be started."""

    def waiting(self, profile: str, what: str) -> None:
        """A server takes long to start, or an app to be imported."""

    def measured(self, done: Slice) -> None:
        """A slice has ended."""

    def between(self) -> None:
        """No server is under load: what takes a moment is done now."""

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        """A round has ended; this is how exactly each profile is known against the baseline."""

    def server_failed(self, profile: str, message: str) -> None:
        """A server failed its gate, did not start, or died."""

    def ended(self, ending: RunEnd) -> None:
        """All is over; called when nothing is shown any more."""


@contextmanager
def progress_listener(
    style: ProgressStyle, console: Console, course: RunOutline
) -> Iterator[ProgressListener]:
    """Show it in the way that was asked for, on standard error, which `console` writes to."""
    if style is ProgressStyle.EVENTS:
        yield Events(console.file)
    elif style is ProgressStyle.QUIET:
        yield Quiet(console)
    elif drawable(console):
        with live(console, course) as display:
            yield display
    else:
        yield Lines(console, course)


def phases_before(style: ProgressStyle, console: Console) -> Callable[[str], None]:
    """How a phase is said that comes before it is known what a run will do."""
    if style is ProgressStyle.EVENTS:
        return Events(console.file).phase
    if style is ProgressStyle.QUIET:
        return Quiet(console).phase
    return partial(say, console)
