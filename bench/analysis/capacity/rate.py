"""One rate that was tried, and what its slices have shown so far."""

from dataclasses import dataclass, field
from typing import Final

from bench.analysis.capacity.decision import LOOKS, SloDecision, broken, decide, slices_needed
from bench.analysis.capacity.slo import Slo, Trial

PATIENCE: Final = 4
"""Slices at a rate that stays undecided, before others are tried."""


@dataclass(slots=True)
class Rate:
    """One rate that was tried: its slices, and what they have shown.

    spoiled: how many in a row were, since the last that was not.
    """

    slo: Slo
    trials: list[Trial] = field(default_factory=list)
    spoiled: int = 0
    decision: SloDecision = SloDecision.UNDECIDED

    def add(self, trial: Trial | None) -> None:
        """Take in a slice; None: it was spoiled."""
        if trial is None:
            self.spoiled += 1
            return
        self.trials.append(trial)
        self.spoiled = 0
        self.decision = decide(self.slo, self.trials)

    @property
    def seems_to_hold(self) -> bool:
        """Whether the SLO holds: as decided, else by the slices taken at their word."""
        if self.decision is SloDecision.UNDECIDED:
            return not broken(self.slo, self.trials)
        return self.decision is SloDecision.PASS

    @property
    def patience(self) -> int:
        """After how many slices others are tried: not before it could have passed."""
        return max(PATIENCE, self.soonest if self.can_pass else 0)

    @property
    def can_pass(self) -> bool:
        """Whether there are requests enough in a slice for the SLO to be shown at all."""
        return self.soonest <= LOOKS[-1]

    @property
    def soonest(self) -> int:
        """Slices after which it can pass: at the first look at which there are enough requests."""
        needed = slices_needed(self.slo, self.trials)
        return next((look for look in LOOKS if look >= needed), needed)

    @property
    def waiting(self) -> bool:
        """Whether a few more slices may decide."""
        return len(self.trials) < self.patience and self.decision is SloDecision.UNDECIDED

    @property
    def stuck(self) -> bool:
        """Whether a few more would not."""
        return len(self.trials) >= self.patience and self.decision is SloDecision.UNDECIDED
