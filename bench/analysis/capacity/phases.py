"""One server's way through search, verification and overload, from its slices alone.

The experiment asks it for the next rate, and a report feeds it with the journal: both come to the
same.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from math import sqrt
from typing import Final, Self

from bench.analysis.capacity.crossing import crossing
from bench.analysis.capacity.goal import OVERLOAD, RECOVERY, RECOVERY_MOST, CapacityGoal
from bench.analysis.capacity.search import Scope, Search, rounded
from bench.analysis.capacity.slo import Trial
from bench.analysis.capacity.trials import holds, trial
from bench.analysis.capacity.verification import Verification
from bench.facts.slice import Slice, Verdict

START_SHARE: Final = 0.5
"""Of the closed loop's throughput: where the search begins."""

START_RATE: Final = 100.0
"""Where it begins when the warm-up has shown no throughput, requests a second."""


class Phase(IntEnum):
    """What the servers were started for; the round of the slices."""

    SEARCH = 1
    VERIFY = 2
    OVERLOAD = 3


@dataclass(slots=True)
class SearchState:
    """What is known of one server by now."""

    aim: CapacityGoal
    search: Search
    verification: Verification
    overload: list[Slice] = field(default_factory=list)

    @classmethod
    def begun(cls, aim: CapacityGoal, top_rate: float, warm_up: Slice) -> Self:
        """Begin where a warm-up in closed loop suggests; `top_rate`: the generator's most."""
        sound = warm_up.verdict is not Verdict.INVALID
        start = (warm_up.throughput_rps if sound else 0.0) * START_SHARE
        scope = Scope(start or START_RATE, top_rate, aim.resolution, aim.search_slices)
        search = Search(aim.slo, scope)
        return cls(aim, search, Verification(search))

    def take(self, done: Slice) -> None:
        """Take in a slice, in the order of measuring; warm-ups say nothing more."""
        rate = done.cell.load.offered_rate
        if done.warm_up or rate is None:
            return
        if done.round == Phase.OVERLOAD:
            self.overload.append(done)
            return
        learner = self.search if done.round == Phase.SEARCH else self.verification
        learner.learn(rate, trial(self.aim.slo, done))

    def next_rate(self, phase: Phase) -> float | None:
        """The rate to offer next in this phase, requests a second; None: it is over."""
        if phase is Phase.SEARCH:
            return self.search.next_rate()
        if phase is Phase.VERIFY:
            return self.verification.next_rate()
        return self._overload_rate()

    @property
    def trials(self) -> dict[float, list[Trial]]:
        """Slices that count, of both processes, by rate, ascending."""
        found: dict[float, list[Trial]] = {}
        for tried in (self.search.tried, self.verification.tried):
            for rate, one in tried.items():
                found.setdefault(rate, []).extend(one.trials)
        return {rate: trials for rate, trials in sorted(found.items()) if trials}

    @property
    def capacity(self) -> float | None:
        """The rate at which the SLO gives out, estimated within the bracket; None: not known.

        By the slices of the search alone: where a fresh process differs, it moves the bracket. The
        middle of the bracket where nothing grew with the rate; its lower end where it has no upper.
        """
        low, high = self.verification.low, self.verification.high
        if low is None or high is None:
            return low
        searched = {rate: found.trials for rate, found in self.search.measured.items()}
        found = crossing(self.aim.slo, searched, low, high)
        return sqrt(low * high) if found is None else found

    def _overload_rate(self) -> float | None:
        """Far more than the capacity once, and then far less, until the SLO holds again."""
        capacity = self.capacity
        if capacity is None:
            return None
        if not self.overload:
            return rounded(capacity * OVERLOAD)
        recovering = self.overload[1:]
        recovered = bool(recovering) and holds(self.aim.slo, recovering[-1])
        if recovered or len(recovering) >= RECOVERY_MOST:
            return None
        return rounded(capacity * RECOVERY)
