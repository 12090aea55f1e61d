"""What rounds take, and which of them there is time for."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.facts.settings import RunSettings
from bench.facts.slice import Cut
from bench.plan import schedule
from bench.plan.budget import OVERDRAFT, Outlook
from bench.plan.forecast import Forecast
from bench.run.rounds.precision import PrecisionSoFar


@dataclass(frozen=True, slots=True)
class StartedRound:
    """A fixed round whose servers have started, or those of them that live side by side.

    began_s: when it began, in seconds of the experiment's time. starting_s: that they took to
    start. together: how many they are. alone: how many others are measured after them.
    """

    number: int
    began_s: float
    starting_s: float
    together: int
    alone: int

    @property
    def servers(self) -> int:
        """How many are measured in it."""
        return self.together + self.alone

    @property
    def all_starting_s(self) -> float:
        """How long all of them take to start."""
        return self.starting_s + self.alone * self._each_s

    def alone_s(self, exposed_s: float) -> float:
        """How long those take that are measured alone; `exposed_s`: to expose one to each load."""
        return self.alone * (self._each_s + exposed_s)

    def least_s(self, exposed_s: float) -> float:
        """What such a round cannot do without; `exposed_s`: to expose one to each load."""
        return self.starting_s + self.together * exposed_s + self.alone_s(exposed_s)

    @property
    def _each_s(self) -> float:
        return max(schedule.LAUNCH_S, self.starting_s / self.together)


@dataclass(slots=True)
class RoundTime:
    """What rounds take, as far as it is known by now, and which of them there is time for.

    profiles: of all contenders. spent_s: how much of the experiment's time is spent, seconds.
    """

    profiles: Sequence[str]
    settings: RunSettings
    so_far: PrecisionSoFar
    spent_s: Callable[[], float]
    _least_s: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    _rounds_left: int | None = None  # of the fixed ones, that fit; None: not reckoned yet
    _needed: dict[str, int] | None = None  # rounds in all, by profile; None: not reckoned yet

    def add_least(self, round_: int, seconds: float) -> None:
        """Count what a round cannot do without: launches, first rotations, servers alone."""
        self._least_s[round_] += seconds

    @property
    def fits_fixed(self) -> bool:
        """Whether another of the fixed rounds fits; the first does in any case."""
        least_s = max(self._least_s.values(), default=0.0)
        if not least_s:
            return True
        within = self.spent_s() + least_s <= OVERDRAFT * self.settings.timing.budget_s
        return within and self._rounds_left != 1

    def needs(self, profile: str, round_: int) -> bool:
        """Whether a profile is not known well enough before this round, after the fixed ones."""
        return self._rounds_needed().get(profile, 0) >= round_

    def fits(self, servers: int) -> bool:
        """Whether a round of so many servers fits, after the fixed ones."""
        return self.spent_s() + self._round_s(servers) <= self.settings.timing.budget_s

    def until_s(self, started: StartedRound, cuts: Mapping[str, Cut]) -> float:
        """Until when, of the experiment's time, a fixed round may go on with those side by side."""
        exposed_s = sum(cut.exposures_s + 2 * cut.lead_in_s for cut in cuts.values())
        outlook = Outlook(
            self.settings,
            started.number,
            started.began_s,
            started.starting_s,
            started.least_s(exposed_s),
        )
        self._rounds_left = outlook.rounds_left
        return outlook.until_s - started.alone_s(exposed_s)

    def forecast(self, servers: int, starting_s: float, cuts: Mapping[str, Cut]) -> Forecast:
        """How long the run is going to take, once its servers have been seen under load.

        starting_s: that they take to start.
        """
        return Forecast(
            timing=self.settings.timing,
            rounds=self.settings.rounds,
            servers=servers,
            cuts=tuple(cuts.values()),
            ready_s=self.spent_s(),
            starting_s=starting_s,
            alone=self.settings.alone,
        )

    def left_s(self, round_: int) -> float:
        """How long all that comes after this round will take."""
        if round_ < self.settings.rounds:
            return max(0.0, self.settings.timing.stage_s - self.spent_s())
        return max(0.0, self._later_s(round_))

    def _later_s(self, round_: int) -> float:
        """How long the rounds after this one take that are needed, as far as the budget goes."""
        needed = self._rounds_needed()
        last = max(needed.values(), default=0)
        missing = (
            [profile for profile in self.profiles if needed.get(profile, last) >= later]
            for later in range(round_ + 1, last + 1)
        )
        budget_s = self.settings.timing.budget_s - self.spent_s()
        return min(budget_s, sum(self._round_s(len(due)) for due in missing))

    def _rounds_needed(self) -> dict[str, int]:
        """Reckoned once, when the fixed rounds are over; empty where no precision is wanted."""
        if self.settings.precision is None:
            return {}
        if self._needed is None:
            self._needed = self.so_far.rounds_needed(self.settings.precision, self.settings.rounds)
        return self._needed

    def _round_s(self, servers: int) -> float:
        """How long a round of so many takes, by how long a fixed one took with all."""
        fixed_s = self.settings.timing.stage_s / self.settings.rounds
        return fixed_s * servers / len(self.profiles)
