"""How many of the fixed rounds fit into the budget, and how long each of them may go on."""

from dataclasses import dataclass
from typing import Final

from bench.facts.settings import RunSettings
from bench.stats.estimate import ROUNDS_NEEDED

OVERDRAFT: Final = 1.2  # of the budget, before a round that was to be is left out
STARTING_SHARE: Final = 0.5
"""Of a round, that its servers may take to start: where they take longer, there are fewer rounds,
but not fewer than intervals need, as long as these fit."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A fixed round whose servers have started, and what it takes; seconds of the experiment's.

    began_s: when it began. starting_s: that its servers took to start. least_s: that such a round
    cannot do without, starting included.
    """

    settings: RunSettings
    number: int
    began_s: float
    starting_s: float
    least_s: float

    @property
    def rounds_left(self) -> int:
        """This one, and those after it that fit."""
        budget_s = self.settings.timing.budget_s
        fitting = int((OVERDRAFT * budget_s - self.began_s) / self.least_s)
        measuring = int((budget_s - self.began_s) / self._well_spent_s)
        needed = ROUNDS_NEEDED - self.number + 1
        wanted = self.settings.rounds - self.number + 1
        return max(1, min(wanted, fitting, max(needed, measuring)))

    @property
    def until_s(self) -> float:
        """Until when it may go on, so that those after it have as much time."""
        timing, rounds = self.settings.timing, self.rounds_left
        wanted_s = min(timing.budget_s, self.began_s + rounds * self._well_spent_s)
        return self.began_s + (max(timing.stage_s, wanted_s) - self.began_s) / rounds

    @property
    def _well_spent_s(self) -> float:
        """How long a round is that measures for long enough beside starting its servers."""
        return max(self.least_s, self.starting_s / STARTING_SHARE)
