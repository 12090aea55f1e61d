"""What the user sees while a search goes on: which server, at which rate, and how that went."""

from collections.abc import Callable, Mapping
from typing import Final

from bench import clock
from bench.capacity.aim import Aim
from bench.capacity.course import Phase
from bench.capacity.evidence import holds, spoilers
from bench.domain import Slice
from bench.progress import Teller
from bench.summary.words import load_in_words

_LINE_EVERY_NS: Final = 5_000_000_000
_PHASES: Final = {
    Phase.SEARCH: "search",
    Phase.VERIFY: "fresh process",
    Phase.OVERLOAD: "overload",
}


class SearchTeller:
    """Tells of slices in the words of a search; of all else as any run does."""

    def __init__(self, teller: Teller, aim: Aim, *, steady: bool) -> None:
        """`steady`: what is told stays where it is, as a bar does; else a line now and then."""
        self._teller = teller
        self._aim = aim
        self._steady = steady
        self._last_ns = 0
        self.phase: Callable[[str], None] = teller.phase
        self.note: Callable[[str], None] = teller.note
        self.troubled: Callable[[str, str], None] = teller.troubled
        self.known: Callable[[int, Mapping[str, float], float], None] = teller.known

    def launching(self, profile: str, round_: int) -> None:
        """A server is about to be started."""
        self._say(f"{_PHASES[Phase(round_)]}: starting {profile}")

    def measured(self, done: Slice) -> None:
        """A slice has ended."""
        if self._steady:
            self._teller.measured(done)
        self._say(_described(self._aim, done))

    def _say(self, what: str) -> None:
        now = clock.monotonic_ns()
        if self._steady or now - self._last_ns >= _LINE_EVERY_NS:
            self._last_ns = now
            self._teller.phase(what)


def _described(aim: Aim, done: Slice) -> str:
    where = f"{_PHASES[Phase(done.round)]}: {done.cell.profile}"
    if done.warm_up:
        return f"{where}, warming up"
    return f"{where}, {load_in_words(done.cell.load)}: {_went(aim, done)}"


def _went(aim: Aim, done: Slice) -> str:
    found = spoilers(aim.slo, done)
    if found:
        return f"left out ({found[0].replace('_', ' ')})"
    return "holds" if holds(aim.slo, done) else "does not hold"
