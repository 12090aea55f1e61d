"""Which servers are started again in a round, after those in which they failed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from bench.facts.server import Drain, Launch

MOST_FAILED: Final = 2  # rounds
NEVER_READY: Final = "is not started again in this run: it never became ready"
FAILED_AGAIN: Final = f"is not started again in this run: it failed in {MOST_FAILED} rounds"


@dataclass(slots=True)
class Attempts:
    """Who has been ready in a run, for its gate or in a round, and in which rounds who failed."""

    ready: set[str] = field(default_factory=set)
    failed: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def after(
        cls, gated: Iterable[str], launches: Iterable[Launch], drains: Iterable[Drain]
    ) -> Self:
        """Begin with those that were ready for their gates, and what is on disk of a run."""
        known = cls({*gated, *(launch.profile for launch in launches)})
        for one in drains:
            if one.failure is not None:
                known.failed[one.profile].add(one.round)
        return known

    def given_up(self, profile: str) -> str | None:
        """Why a server is not started again; None: it is.

        One that has been ready may have had bad luck once. To wait for another again costs as much
        time as the first time, and shows as little.
        """
        times = len(self.failed[profile])
        if times and profile not in self.ready:
            return NEVER_READY
        return FAILED_AGAIN if times >= MOST_FAILED else None
