"""Which rate to try next: a state machine without a clock, a server or any other I/O.

From a low rate upward in equal ratios until the SLO seems not to hold; then bisection, on the scale
of ratios, between the highest rate that has passed and the lowest that has failed. A rate that is
undecided after a few slices is left, and the bracket closes in on it from both sides; the time
that is left then goes to such rates, where it serves the estimate best. The words are those of
draft-ietf-bmwg-mlrsearch; the manner is not: there, the majority of short trials decides.

Everything follows from what was learned, in the order in which it was: a report that reads it from
the journal comes to the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt
from typing import Final

from bench.analysis.capacity.decision import LOOKS, SloDecision
from bench.analysis.capacity.rate import Rate
from bench.analysis.capacity.slo import Slo, Trial

RAMP: Final = 1.3
"""From one rate up to the next, until the SLO seems not to hold."""

RETREAT: Final = 4.0
"""From one rate down to the next, while it seems to hold at none."""

WIDEN: Final = 1.1
"""From an undecided rate outward, while nothing beyond it is decided."""

CONFIRMED: Final = 8
"""Slices at the rate that is to stand as the highest that passed. Times in a queue are skewed: two
or three quiet slices are no rarity where one in ten is not, and t takes them for certainty."""

SPOILED_MOST: Final = 4
"""Slices in a row that the client has spoiled at one rate, before it counts as out of reach."""

SPARE: Final = 2
"""Slices that are kept to spare, for overloaded ones take longer."""

LOWEST_RATE: Final = 1.0
"""Requests a second: at less, a slice shows nothing."""

_DIGITS: Final = 4  # significant, of a rate


class SearchEnd(StrEnum):
    """What a search has come to."""

    BRACKETED = "bracketed"  # a rate passed, and one above it failed
    GENERATOR = "generator"  # it passed as far up as the generator reaches
    NEVER = "never"  # it failed as far down as there is
    OPEN = "open"  # there was no time to decide so much


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to search, in requests a second: from `start`, up to `top`.

    resolution: the search is over when hi / lo - 1 is no more. slices: that there is time for.
    """

    start: float
    top: float
    resolution: float
    slices: int


@dataclass(slots=True)
class Search:
    """Looks for the highest rate at which one server holds an SLO."""

    slo: Slo
    scope: Scope
    tried: dict[float, Rate] = field(default_factory=dict)

    def learn(self, rate: float, trial: Trial | None) -> None:
        """Take in a slice at a rate; None: it was spoiled by the client."""
        self.tried.setdefault(rate, Rate(self.slo)).add(trial)

    @property
    def measured(self) -> dict[float, Rate]:
        """Rates with a slice that counts, ascending."""
        return {rate: found for rate, found in sorted(self.tried.items()) if found.trials}

    @property
    def holds(self) -> float | None:
        """The highest rate that passed, below all that failed."""
        fails = self.fails
        passed = self.decided(SloDecision.PASS)
        return max((rate for rate in passed if fails is None or rate < fails), default=None)

    @property
    def stands(self) -> float | None:
        """The highest rate that passed for good.

        By slices enough, or because a higher one passed too: both would have to be wrong.
        """
        highest = self.holds
        if highest is None or len(self.tried[highest].trials) >= CONFIRMED:
            return highest
        return max((one for one in self.decided(SloDecision.PASS) if one < highest), default=None)

    @property
    def fails(self) -> float | None:
        """The lowest rate that failed."""
        return min(self.decided(SloDecision.FAIL), default=None)

    @property
    def ending(self) -> SearchEnd:
        """What it has come to by now."""
        stands = self.stands
        if stands is not None and self.fails is not None:
            return SearchEnd.BRACKETED
        if stands is not None:
            reached = stands == max(self.measured) and stands >= self.reach
            return SearchEnd.GENERATOR if reached else SearchEnd.OPEN
        fails = self.fails
        lowest = fails is not None and fails == min(self.measured) and fails / RETREAT < LOWEST_RATE
        return SearchEnd.NEVER if lowest else SearchEnd.OPEN

    def next_rate(self) -> float | None:
        """The rate to offer next, requests a second; None: there is nothing left to learn."""
        measured = self.measured
        if not measured:
            start = min(self.scope.start, self.reach)
            return rounded(start) if start >= LOWEST_RATE else None
        above = self._between(self.holds, None)
        bad = min((rate for rate, found in above.items() if not found.seems_to_hold), default=None)
        if bad is None:
            return self._upward(max(measured))
        good = max((rate for rate in measured if rate < bad), default=None)
        if good is None:
            return self._downward(bad)
        if bad / good > RAMP * (1 + self.scope.resolution):
            return rounded(sqrt(good * bad))  # first come near, by one slice each
        return self._inward(good)

    @property
    def reach(self) -> float:
        """The highest rate that may be offered."""
        spoiled = [rate for rate, found in self.tried.items() if found.spoiled >= SPOILED_MOST]
        return min(self.scope.top, min(spoiled, default=self.scope.top * WIDEN) / WIDEN)

    def decided(self, decision: SloDecision) -> list[float]:
        """Rates of which this was decided, ascending."""
        return [rate for rate, found in self.measured.items() if found.decision is decision]

    def _upward(self, highest: float) -> float | None:
        """It seems to hold wherever it was tried."""
        if highest < self.reach:
            return rounded(min(highest * RAMP, self.reach))
        return self._confirm() or (highest if self._worth_more(highest) else None)

    def _downward(self, lowest: float) -> float | None:
        """It seems to hold nowhere below; one slice alone may have met a disturbance."""
        if len(self.tried[lowest].trials) == 1:
            return lowest
        if lowest / RETREAT >= LOWEST_RATE:
            return rounded(lowest / RETREAT)
        return lowest if self._worth_more(lowest) else None

    def _inward(self, good: float) -> float | None:
        """It seems to hold at `good`, and not at the next rate above that was tried."""
        if (soon := self._before_the_end()) is not None:
            return soon
        between = self._between(self.holds, self.fails)
        waiting = [rate for rate, found in between.items() if rate >= good and found.waiting]
        if waiting:
            return max(waiting, key=lambda rate: len(self.tried[rate].trials))
        stuck = [rate for rate, found in between.items() if found.stuck]
        if stuck and self.fails is not None and (unsure := self._confirm()) is not None:
            return unsure
        return self._around(stuck) or self._confirm() or self._again(stuck)

    def _between(self, low: float | None, high: float | None) -> dict[float, Rate]:
        return {
            rate: found
            for rate, found in self.measured.items()
            if (low is None or rate > low) and (high is None or rate < high)
        }

    def _around(self, stuck: list[float]) -> float | None:
        """Close in on what is undecided, on the side where more room is left."""
        low, high = self.holds, self.fails
        if low is None and (below := self._below(stuck)) is not None:
            return below
        if high is None and (above := self._above(stuck)) is not None:
            return above
        gaps = [(low, min(stuck, default=high)), (max(stuck, default=low), high)]
        return _middle_of_widest(gaps, self.scope.resolution)

    def _below(self, stuck: list[float]) -> float | None:
        lowest = min(stuck)
        known = [rate for rate in self.measured if rate < lowest]
        if known:
            return max(known)
        if not self.tried[lowest].can_pass:
            return None  # and with fewer requests, even less
        return rounded(lowest / WIDEN) if lowest / WIDEN >= LOWEST_RATE else None

    def _above(self, stuck: list[float]) -> float | None:
        highest = max(stuck)
        known = [rate for rate in self.measured if rate > highest]
        if known:
            return min(known)
        wider = rounded(min(highest * WIDEN, self.reach))
        return wider if wider > highest else None

    def _confirm(self) -> float | None:
        """See that the highest rate that passed stands."""
        holds = self.holds
        if holds is None or len(self.tried[holds].trials) >= CONFIRMED:
            return None
        return holds

    def _before_the_end(self) -> float | None:
        """When hardly any time is left and nothing stands: what soonest bears out the one."""
        holds = self.holds
        if holds is None or self.stands is not None:
            return None
        missing = {
            rate: found.soonest - len(found.trials)
            for rate, found in self.measured.items()
            if rate < holds and found.waiting
        }
        missing[holds] = CONFIRMED - len(self.tried[holds].trials)
        soonest = min(missing, key=lambda rate: (missing[rate], -rate))
        spent = sum(len(found.trials) + found.spoiled for found in self.tried.values())
        return soonest if self.scope.slices - spent <= missing[soonest] + SPARE else None

    def _again(self, stuck: list[float]) -> float | None:
        """Give more slices to the undecided rate that has had fewest."""
        worth = [rate for rate in stuck if self._worth_more(rate)]
        return min(worth, key=lambda rate: len(self.tried[rate].trials), default=None)

    def _worth_more(self, rate: float) -> bool:
        found = self.tried[rate]
        return found.decision is SloDecision.UNDECIDED and len(found.trials) < LOOKS[-1]


def _middle_of_widest(
    gaps: Iterable[tuple[float | None, float | None]], resolution: float
) -> float | None:
    """The geometric mean of the two ends that are farthest apart; None: all are close."""
    known = [(low, high) for low, high in gaps if low is not None and high is not None]
    if not known:
        return None
    low, high = max(known, key=lambda gap: gap[1] / gap[0])
    return rounded(sqrt(low * high)) if high / low > 1 + resolution else None


def rounded(rate: float) -> float:
    """Rates as people write them, so that the same rate is met again."""
    return float(f"{rate:.{_DIGITS}g}")
