"""What the rounds of a run are going to take, once it is known how long requests take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, log1p
from typing import Final

from bench.facts.settings import Timing
from bench.facts.slice import Cut
from bench.plan import schedule
from bench.plan.budget import OVERDRAFT, STARTING_SHARE
from bench.stats.estimate import ROUNDS_NEEDED

_STEP_S: Final = 10.0
"""To which a budget that is named is rounded up."""
_LONGEST_S: Final = 86_400.0
"""Of a budget that is named for a precision: nobody waits for more than a day."""
_TRIES: Final = 50
_WIDEST: Final = 1.0
"""Half-width of an interval, a share, from which on it is not known to what it would narrow."""
MARGIN: Final = 1.1
"""Of a budget that is named, over what its rounds are expected to take: machines are not steady."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The fixed rounds of a run; times in seconds.

    servers: that are exposed, the twin among them. ready_s: of the experiment's time, when all of
    them had been started and seen under load. starting_s: that they took to start. alone: one lives
    at a time, and is started again for the first round.
    """

    timing: Timing
    rounds: int
    servers: int
    cuts: Sequence[Cut]  # of each workload
    ready_s: float
    starting_s: float
    alone: bool = False

    def takes_s(self, rounds: int) -> float:
        """How long so many rounds take at the least."""
        return self._takes_s(rounds, self.timing.exposure_s)

    @property
    def fitting(self) -> int:
        """How many rounds there are going to be: those that fit, and one in any case."""
        limit_s = OVERDRAFT * self.timing.budget_s
        fitting = (n for n in range(self.rounds, 1, -1) if self.takes_s(n) <= limit_s)
        return next(fitting, 1)

    @property
    def enough_s(self) -> float:
        """A budget that holds all rounds, each with an exposure to every load.

        Exposures are longer where the budget is, up to a limit.
        """
        budget_s = self.timing.budget_s
        for _ in range(_TRIES):  # each with what the one before it falls short of
            timing = replace(self.timing, stage_s=budget_s)
            exposure_s = schedule.exposure_s(
                timing, self.rounds, self.servers, len(self.cuts), alone=self.alone
            )
            wanted_s = max(MARGIN * self._takes_s(self.rounds, exposure_s), self._well_spent_s)
            if wanted_s <= budget_s:
                break
            budget_s = ceil(wanted_s / _STEP_S) * _STEP_S
        return budget_s

    @property
    def _well_spent_s(self) -> float:
        """Below which there are fewer rounds, for they would mostly start servers."""
        is_shared = not self.alone and self.rounds > ROUNDS_NEEDED
        return self.rounds * self.starting_s / STARTING_SHARE if is_shared else 0.0

    def _takes_s(self, rounds: int, exposure_s: float) -> float:
        """How long so many rounds take, with exposures of this length where requests are quick."""
        loads_s = self.servers * sum(self._loads_s(cut, exposure_s) for cut in self.cuts)
        warming_s = self.servers * sum(
            self.timing.lead_in_s + self.timing.warm_up_s + _last_s(cut) for cut in self.cuts
        )
        round_s = self.starting_s + warming_s + loads_s
        first_s = round_s if self.alone else loads_s
        return self.ready_s + first_s + (rounds - 1) * round_s

    def _loads_s(self, cut: Cut, exposure_s: float) -> float:
        """How long one server is exposed to the two loads of a workload."""
        is_slow = cut.exposure_s > self.timing.exposure_s  # requests decide, whatever the budget
        window_s = max(exposure_s, cut.exposure_s) if is_slow else exposure_s
        open_s = cut.replayed_s or window_s
        return open_s + window_s + 2 * (cut.lead_in_s + _last_s(cut))


def _last_s(cut: Cut) -> float:
    """How long the last answers are waited for after a window, at the most as a rule."""
    return min(cut.lead_in_s / schedule.LEAD_IN_IN_REQUESTS, cut.exposure_s / 2)


def precise_s(budget_s: float, width: float, wanted: float) -> float | None:
    """A budget after which an interval of this half-width is as narrow as is wanted; both shares.

    As the root of the number of rounds narrows it. None where the width says too little for that,
    the interval is narrow enough, or a day would be too short.
    """
    if not wanted < width < _WIDEST or wanted <= 0:
        return None
    enough_s = ceil(budget_s * (log1p(width) / log1p(wanted)) ** 2 / _STEP_S) * _STEP_S
    return enough_s if enough_s <= _LONGEST_S else None
