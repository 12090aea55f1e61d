"""The live display of a terminal: what is measured now, a table of what is known, and a bar.

It is drawn between slices alone, since the program that draws it shares cores with the servers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from bench.facts.slice import Slice
from bench.formatting import clean
from bench.progress.ending import RunEnd
from bench.progress.plain import say, say_ending
from bench.progress.standings import Standings
from bench.progress.table import HEADS, fitted, table
from bench.progress.words import Countdown, RunOutline
from bench.system import clock

_DRAW_EVERY_NS: Final = 250_000_000
_BAR: Final = 24
_HINT: Final = "Ctrl-C stops; results are kept"
_OTHERS: Final = 2 + HEADS + 1  # lines: what goes on and the bar, the table's head, a free one


def drawable(console: Console) -> bool:
    """Whether a console can show it: a terminal that moves its cursor and speaks UTF-8.

    An environment that asks for colours does not make a file a terminal.
    """
    encoding = str(getattr(console.file, "encoding", ""))
    is_terminal = console.is_interactive and console.file.isatty()
    return is_terminal and encoding.lower().startswith("utf")


@contextmanager
def live(console: Console, course: RunOutline) -> Iterator["Display"]:
    """Show it until the end, and leave nothing of it."""
    display = Display(console, course)
    with display.screen:
        console.show_cursor()  # whatever ends the program, the terminal has its cursor
        yield display


class Display:
    """A display that is drawn four times a second at most, and never while a server is loaded."""

    def __init__(self, console: Console, course: RunOutline) -> None:
        self._console = console
        self._words = course.words
        self._countdown = Countdown(course.budget_s)
        self._what = ""
        self._waited: set[str] = set()
        self._drawn_ns = 0
        self._standings = None if course.baseline is None else Standings(course.baseline)
        for each in course.earlier:
            self._count(each)
        self.screen = Live(
            console=console, auto_refresh=False, transient=True, get_renderable=self._rendered
        )

    def phase(self, what: str) -> None:
        """Show it in place of what was shown."""
        self._what = what
        self._draw()

    def note(self, what: str) -> None:
        """Leave it on the screen, above the display."""
        say(self._console, what)

    def launching(self, profile: str, round_: int) -> None:
        """Show it in place of what was shown."""
        self.phase(self._words.launching(profile, round_))

    def waiting(self, profile: str, what: str) -> None:
        """Leave it on the screen the first time; then show it in place of what was shown."""
        line = f"{profile}: {what}"
        if profile in self._waited:
            self.phase(line)
        else:
            self._waited.add(profile)
            self.note(line)

    def measured(self, done: Slice) -> None:
        """Count it; it is shown when there is time."""
        self._count(done)
        self._what = self._words.measured(done)

    def between(self) -> None:
        """Draw, unless that was done just now."""
        if clock.monotonic_ns() - self._drawn_ns >= _DRAW_EVERY_NS:
            self._draw()

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        """Show it in the table."""
        self._what = f"round {round_} finished"
        self._countdown.known(left_s)
        if self._standings is not None:
            self._standings.known(precision)
        self._draw()

    def server_failed(self, profile: str, message: str) -> None:
        """Leave it on the screen, above the display."""
        self.note(f"{profile}: {message}")

    def ended(self, ending: RunEnd) -> None:
        """Say what is kept, if it was interrupted; the display is gone by then."""
        say_ending(self._console, ending)

    def _count(self, done: Slice) -> None:
        self._countdown.measured(done)
        if self._standings is not None:
            self._standings.add(done)

    def _draw(self) -> None:
        self._drawn_ns = clock.monotonic_ns()
        self.screen.refresh()

    def _rendered(self) -> Group:
        """Lines that fit the terminal as it is now, and leave its last line and column free."""
        width, height = self._console.size
        width -= 1
        lines = [Text(fitted(clean(self._what), width))] if self._what else []
        if self._standings is not None:
            lines += table(self._standings.best_first(), width, height - _OTHERS)
        if self._countdown.spent_s:
            lines.append(self._bar(width))
        return Group(*lines[max(0, len(lines) - height + 1) :])

    def _bar(self, width: int) -> Text:
        """Fill a bar with the time that is spent."""
        full = round(_BAR * self._countdown.share)
        line = Text(no_wrap=True, overflow="crop")
        line.append("━" * full, style="bar.complete")
        line.append("━" * (_BAR - full), style="bar.back")
        line.append(f" {self._countdown.share:>4.0%}  ")
        line.append(str(self._countdown), style="cyan")
        line.append(f"  {_HINT}", style="dim")
        line.truncate(max(1, width - 2), overflow="crop")  # a terminal puts ^C behind it
        return line
