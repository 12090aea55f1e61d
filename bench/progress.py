"""What the user sees while a run goes on: a bar on a terminal, plain lines elsewhere.

Nothing here draws by itself: a refresh comes between two slices, so that it costs none of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bench import clock
from bench.domain import Mode, Slice
from bench.summary.words import share

_LINE_EVERY_NS: Final = 5_000_000_000
_MODES: Final = {Mode.OPEN: "at the common rate", Mode.CLOSED: "at saturation"}


class Teller(Protocol):
    """Says what a run is doing; also an `experiment.Watcher`."""

    def phase(self, what: str) -> None:
        """A phase of the run begins: worth a line of its own."""

    def note(self, what: str) -> None:
        """Something the user should know, kept on the screen."""

    def launching(self, profile: str, round_: int) -> None:
        """A server is about to be started."""

    def measured(self, done: Slice) -> None:
        """A slice has ended."""

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        """A round has ended; this is how exactly each profile is known against the baseline."""

    def troubled(self, profile: str, trouble: str) -> None:
        """A server did not start, or died."""


@contextmanager
def teller(console: Console, rounds: int, budget_s: float) -> Iterator[Teller]:
    """Tell on a terminal by a bar, elsewhere by a line every few seconds."""
    if not console.is_terminal:
        yield _Lines(console, rounds, budget_s)
        return
    bar = Progress(
        BarColumn(bar_width=30),  # first, and of one width: what changes stands behind it
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[left]}", style="cyan"),
        TextColumn("{task.description}", markup=False),
        console=console,
        auto_refresh=False,
        transient=True,
    )
    with bar:
        yield _Bar(console, bar, rounds, budget_s)


class _Lines:
    """One line a phase, and while measuring at most one every five seconds."""

    def __init__(self, console: Console, rounds: int, budget_s: float) -> None:
        self._console = console
        self._rounds = rounds
        self._budget_s = budget_s
        self._last_ns = 0

    def phase(self, what: str) -> None:
        self._say(what)

    def note(self, what: str) -> None:
        self._say(what)

    def launching(self, profile: str, round_: int) -> None:
        self._seldom(f"round {round_} of {self._rounds}: starting {profile}")

    def measured(self, done: Slice) -> None:
        self._seldom(f"{_describe(done, self._rounds)}, {_left(done.ended_s, self._budget_s)}")

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        self._say(_known(round_, precision, left_s))

    def troubled(self, profile: str, trouble: str) -> None:
        self._say(f"{profile}: {trouble}")

    def _seldom(self, what: str) -> None:
        if clock.monotonic_ns() - self._last_ns >= _LINE_EVERY_NS:
            self._say(what)

    def _say(self, what: str) -> None:
        self._last_ns = clock.monotonic_ns()
        self._console.print(what, markup=False, highlight=False, soft_wrap=True)


class _Bar:
    """A bar that fills with the time spent of the budget."""

    def __init__(self, console: Console, bar: Progress, rounds: int, budget_s: float) -> None:
        self._console = console
        self._bar = bar
        self._rounds = rounds
        self._budget_s = budget_s
        self._task = bar.add_task("", total=None, left="")

    def phase(self, what: str) -> None:
        self._show(what)

    def note(self, what: str) -> None:
        self._console.print(what, markup=False, highlight=False, soft_wrap=True)

    def launching(self, profile: str, round_: int) -> None:
        self._show(f"round {round_} of {self._rounds}: starting {profile}")

    def measured(self, done: Slice) -> None:
        self._bar.update(
            self._task, total=self._budget_s, completed=min(done.ended_s, self._budget_s)
        )
        self._show(_describe(done, self._rounds), _left(done.ended_s, self._budget_s))

    def known(self, round_: int, precision: Mapping[str, float], left_s: float) -> None:
        self.note(_known(round_, precision, left_s))

    def troubled(self, profile: str, trouble: str) -> None:
        self.note(f"{profile}: {trouble}")

    def _show(self, what: str, left: str = "") -> None:
        self._bar.update(self._task, description=what, left=left)
        self._bar.refresh()


def _describe(done: Slice, rounds: int) -> str:
    load = "warming up" if done.warm_up else _MODES[done.cell.load.mode]
    of = f" of {rounds}" if done.round <= rounds else ""
    return f"round {done.round}{of}: {done.cell.profile}, {done.cell.workload}, {load}"


def _known(round_: int, precision: Mapping[str, float], left_s: float) -> str:
    """Say how far from the truth the widest interval of each profile reaches, and what is left."""
    told = ", ".join(f"{name} ±{share(width)}" for name, width in precision.items())
    known = f"known to {told}" if told else "nothing can be told apart yet"
    return f"after round {round_}: {known}; {_clock(left_s)} left"


def _left(spent_s: float, budget_s: float) -> str:
    return f"{_clock(budget_s - spent_s)} left"


def _clock(left_s: float) -> str:
    minutes, seconds = divmod(round(max(0.0, left_s)), 60)
    return f"{minutes}:{seconds:02}"
