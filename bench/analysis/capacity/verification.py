"""Whether the bracket stands with a fresh process; where it does not, it is moved and tried again.

A fresh process need not pass at the lower end, which is close to the limit, but it must not fail;
at the upper end it must not pass. A state machine like the search, and like it free of I/O.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bench.analysis.capacity.decision import SloDecision
from bench.analysis.capacity.rate import Rate
from bench.analysis.capacity.search import LOWEST_RATE, SPOILED_MOST, WIDEN, Search, rounded
from bench.analysis.capacity.slo import Trial

ENOUGH: Final = 3
"""Slices at an end: what is undecided then is not refuted."""

MOVES: Final = 4
"""Times that an end is moved, before it is given up."""


class BracketState(StrEnum):
    """What a fresh process has shown of the bracket."""

    CONFIRMED = "confirmed"  # it stands
    MOVED = "moved"  # it stands where it is now
    REFUTED = "refuted"  # an end was moved as far as it may be, and does not stand
    OPEN = "open"  # there was no time to tell, or nothing to verify


@dataclass(frozen=True, slots=True)
class _End:
    """One end of the bracket by now; `at` is None where it was given up, or never was."""

    at: float | None
    moves: int


@dataclass(slots=True)
class Verification:
    """Tries the ends of the bracket that a search has found."""

    search: Search
    tried: dict[float, Rate] = field(default_factory=dict)

    def learn(self, rate: float, trial: Trial | None) -> None:
        """Take in a slice of the fresh process; None: it was spoiled by the client."""
        self.tried.setdefault(rate, Rate(self.search.slo)).add(trial)

    def next_rate(self) -> float | None:
        """The rate to offer next, requests a second; None: there is nothing left to verify."""
        if self.search.stands is None:
            return None
        ends = (self._low.at, self._high.at)
        return next((at for at in ends if at is not None and not self._done(at)), None)

    @property
    def low(self) -> float | None:
        """The highest rate that passed and was not refuted."""
        return self._low.at

    @property
    def high(self) -> float | None:
        """The lowest rate that failed and was not refuted."""
        return self._high.at

    @property
    def standing(self) -> BracketState:
        """What it has come to by now."""
        if self.search.stands is None or self.next_rate() is not None:
            return BracketState.OPEN
        if self.low is None or (self.high is None and self.search.fails is not None):
            return BracketState.REFUTED
        return BracketState.MOVED if self._low.moves or self._high.moves else BracketState.CONFIRMED

    @property
    def _low(self) -> _End:
        return self._settled(self.search.stands, SloDecision.FAIL, self._lower)

    @property
    def _high(self) -> _End:
        return self._settled(self.search.fails, SloDecision.PASS, self._higher)

    def _settled(
        self, start: float | None, refuting: SloDecision, step: Callable[[float], float | None]
    ) -> _End:
        """Move an end until it is not refuted."""
        at, moves = start, 0
        while at is not None and self._decision(at) is refuting:
            at, moves = (step(at) if moves < MOVES else None), moves + 1
        return _End(at, moves)

    def _lower(self, rate: float) -> float | None:
        """The next lower rate that passed, or one that was not tried."""
        known = [one for one in self.search.decided(SloDecision.PASS) if one < rate]
        lower = max(known, default=rounded(rate / WIDEN))
        return lower if lower >= LOWEST_RATE else None

    def _higher(self, rate: float) -> float | None:
        """The next higher rate that failed, or one that was not tried."""
        known = [one for one in self.search.decided(SloDecision.FAIL) if one > rate]
        higher = min(known, default=rounded(rate * WIDEN))
        return higher if higher <= self.search.reach else None

    def _decision(self, rate: float) -> SloDecision:
        found = self.tried.get(rate)
        return SloDecision.UNDECIDED if found is None else found.decision

    def _done(self, rate: float) -> bool:
        """Whether a rate has been tried long enough, or cannot be."""
        found = self.tried.get(rate)
        if found is None:
            return False
        enough = len(found.trials) >= ENOUGH or found.spoiled >= SPOILED_MOST
        return enough or found.decision is not SloDecision.UNDECIDED
