"""What a search says of itself while it goes on: which server, at which rate, how that went."""

from dataclasses import dataclass
from typing import Final

from bench.analysis.capacity.goal import CapacityGoal
from bench.analysis.capacity.phases import Phase
from bench.analysis.capacity.trials import holds, spoilers
from bench.facts.slice import Slice
from bench.formatting import load_in_words

_PHASES: Final = {
    Phase.SEARCH: "search",
    Phase.VERIFY: "fresh process",
    Phase.OVERLOAD: "overload",
}


@dataclass(frozen=True, slots=True)
class SearchWords:
    """The words of a search; its rounds are phases."""

    aim: CapacityGoal

    def launching(self, profile: str, round_: int) -> str:
        """Say for what a server is started."""
        return f"{_PHASES[Phase(round_)]}: starting {profile}"

    def measured(self, done: Slice) -> str:
        """Name phase, server and load, and say whether the SLO held."""
        where = f"{_PHASES[Phase(done.round)]}: {done.cell.profile}"
        if done.warm_up:
            return f"{where}, warming up"
        return f"{where}, {load_in_words(done.cell.load)}: {self._went(done)}"

    def _went(self, done: Slice) -> str:
        found = spoilers(self.aim.slo, done)
        if found:
            return f"left out ({found[0].replace('_', ' ')})"
        return "holds" if holds(self.aim.slo, done) else "fails"
