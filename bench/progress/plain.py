"""Plain lines: of all that goes on, where there is no terminal; only of problems, if so asked."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console

from bench.facts.slice import Slice
from bench.formatting import clean
from bench.progress.ending import RunEnd, RunOutcome, interruption
from bench.progress.words import Countdown, RunOutline, known_in_words
from bench.system import clock

_LINE_EVERY_NS: Final = 5_000_000_000


def say(console: Console, what: str) -> None:
    """Write a line as it is: no colours, no markup, and no control codes from outside."""
    console.print(clean(what), markup=False, highlight=False, soft_wrap=True)


def say_ending(console: Console, ending: RunEnd) -> None:
    """Say what is kept of a run that was interrupted; other endings speak for themselves."""
    if ending.how is RunOutcome.INTERRUPTED:
        say(console, interruption(ending))


class Lines:
    """A line on what goes on every five seconds at most, and at once each note and failure.

    The first phase of a kind, which stands before its colon, is said at once too: it may take long.
    """

    def __init__(self, console: Console, course: RunOutline) -> None:
        self._console = console
        self._words = course.words
        self._countdown = Countdown(course.budget_s)
        self._last_ns = 0
        self._phases: set[str] = set()

    def phase(self, what: str) -> None:
        """Say it, unless it is the like of an earlier one and there was a line just now."""
        kind = what.partition(":")[0]
        if kind in self._phases:
            self._seldom(what)
        else:
            self._phases.add(kind)
            self._say(what)

    def note(self, what: str) -> None:
        """Say it."""
        self._say(what)

    def launching(self, profile: str, round_: int) -> None:
        """Say it, unless there was a line just now."""
        self._seldom(self._words.launching(profile, round_))

    def waiting(self, profile: str, what: str) -> None:
        """Say it."""
        self._say(f"{profile}: {what}")

    def measured(self, done: Slice) -> None:
        """Say it and how much is left, unless there was a line just now."""
        self._countdown.measured(done)
        self._seldom(f"{self._words.measured(done)}, {self._countdown}")

    def between(self) -> None:
        """All is said already."""

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        """Say it."""
        self._countdown.known(left_s)
        self._say(known_in_words(round_, precision, self._countdown))

    def server_failed(self, profile: str, message: str) -> None:
        """Say it."""
        self._say(f"{profile}: {message}")

    def ended(self, ending: RunEnd) -> None:
        """Say what is kept, if it was interrupted."""
        say_ending(self._console, ending)

    def _seldom(self, what: str) -> None:
        if clock.monotonic_ns() - self._last_ns >= _LINE_EVERY_NS:
            self._say(what)

    def _say(self, what: str) -> None:
        self._last_ns = clock.monotonic_ns()
        say(self._console, what)


class Quiet:
    """Only failures, and what is kept of a run that was interrupted."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def phase(self, what: str) -> None:
        """Not shown."""

    def note(self, what: str) -> None:
        """Not shown."""

    def launching(self, profile: str, round_: int) -> None:
        """Not shown."""

    def waiting(self, profile: str, what: str) -> None:
        """Not shown."""

    def measured(self, done: Slice) -> None:
        """Not shown."""

    def between(self) -> None:
        """There is nothing to do."""

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        """Not shown."""

    def server_failed(self, profile: str, message: str) -> None:
        """Say it."""
        say(self._console, f"{profile}: {message}")

    def ended(self, ending: RunEnd) -> None:
        """Say what is kept, if it was interrupted."""
        say_ending(self._console, ending)
