"""What the tests of the tellers tell."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from bench.facts.load import Cell, Load
from bench.facts.slice import Slice
from bench.progress.words import RoundWords, RunOutline
from tests.build.slices import CLOSED, slice_of

COURSE = RunOutline(RoundWords(5), budget_s=300.0, baseline="uvicorn")


def done(
    profile: str = "uvicorn", load: Load = CLOSED, took_ms: int = 1, **changes: object
) -> Slice:
    """A slice of half a second in which two requests took so long."""
    times_ns = [took_ms * 1_000_000] * 2
    return replace(slice_of(Cell(profile, "get_item", load), 1, 1, times_ns), **changes)  # type: ignore[arg-type]


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now_ns = 10**15

    def __call__(self) -> int:
        """The time."""
        return self.now_ns

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += round(seconds * 1e9)


class Written(StringIO):
    """A file that counts how often it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def write(self, text: str) -> int:
        """Count, and write."""
        self.times += bool(text)
        return super().write(text)


def screen(file: StringIO, width: int = 80, height: int = 24) -> Console:
    """A console that takes a file for a terminal."""
    return Console(
        file=file,
        force_terminal=True,
        legacy_windows=False,
        width=width,
        height=height,
        _environ={"TERM": "xterm"},
    )
