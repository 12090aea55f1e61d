"""What a run is doing, in words, and how much of its time is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from bench.facts.load import Mode
from bench.facts.slice import Role, Slice
from bench.formatting import known_to

_MODES: Final = {Mode.OPEN: "in open loop", Mode.CLOSED: "in closed loop"}


class Words(Protocol):
    """How a kind of run speaks of what it does."""

    def launching(self, profile: str, round_: int) -> str:
        """Say that a server is about to be started."""

    def measured(self, done: Slice) -> str:
        """Say what a slice was of."""


@dataclass(frozen=True, slots=True)
class RoundWords:
    """Those of a comparison: so many rounds are fixed, and more may follow."""

    rounds: int

    def launching(self, profile: str, round_: int) -> str:
        """Say in which round a server is started."""
        return f"{self._round(round_)}: starting {profile}"

    def measured(self, done: Slice) -> str:
        """Name round, server, workload and load; pieces are of all servers."""
        load = _MODES[done.cell.load.mode]
        match done.role:
            case Role.WARM_UP:
                what = f"{done.cell.profile}, {done.cell.workload}, warming up"
            case Role.EXPOSURE:
                what = f"{done.cell.profile}, {done.cell.workload}, {load}"
            case Role.COMPARISON:
                what = f"all servers in turn, {done.cell.workload}, {load}"
            case _:
                assert_never(done.role)
        return f"{self._round(done.round)}: {what}"

    def _round(self, round_: int) -> str:
        of = f" of {self.rounds}" if round_ <= self.rounds else ""
        return f"round {round_}{of}"


@dataclass(frozen=True, slots=True)
class RunOutline:
    """What is known of a run before it begins.

    baseline: what the others are compared with; None: nothing is compared. earlier: the slices of
    a run that goes on.
    """

    words: Words
    budget_s: float
    baseline: str | None = None
    earlier: Sequence[Slice] = ()


@dataclass(slots=True)
class Countdown:
    """How much of a run's time is spent, in seconds; `whole_s` is the budget, or what it takes."""

    whole_s: float
    spent_s: float = 0.0

    def measured(self, done: Slice) -> None:
        """A slice has ended."""
        self.spent_s = done.ended_s

    def known(self, left_s: float) -> None:
        """A round has ended, and it is known how long the rest will take.

        A budget that is exceeded stays so where nothing is left.
        """
        if left_s > 0 or self.spent_s < self.whole_s:
            self.whole_s = self.spent_s + left_s

    @property
    def share(self) -> float:
        """Of the time that is spent, at most 1."""
        return min(1.0, self.spent_s / self.whole_s) if self.whole_s > 0 else 1.0

    def __str__(self) -> str:
        left_s = self.whole_s - self.spent_s
        return f"{_minutes(left_s)} left" if left_s > -1 else f"{_minutes(-left_s)} over the budget"


def known_in_words(round_: int, precision: Mapping[str, float], left: Countdown) -> str:
    """Say how far from the truth the widest interval of each profile reaches, and what is left."""
    known = ", ".join(
        f"{name}'s{'' if place else ' ratio'} is {known_to(width)}"
        for place, (name, width) in enumerate(precision.items())
    )
    known = known or "no differences can be shown yet"
    return f"after round {round_}: {known}; {left}"


def _minutes(left_s: float) -> str:
    minutes, seconds = divmod(round(max(0.0, left_s)), 60)
    return f"{minutes}:{seconds:02}"
