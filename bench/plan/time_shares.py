"""How a round's time is shared between exposures and pieces."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.facts.slice import Role
from bench.plan import schedule


@dataclass(slots=True)
class Shares:
    """How a round's time is shared between exposures and pieces.

    least_s: that a rotation of a role takes at the least. spent_s: by role. longest_s: that a
    rotation of a role took.
    """

    rotations: int = 0
    least_s: Mapping[Role, float] = field(default_factory=dict)
    spent_s: defaultdict[Role, float] = field(default_factory=lambda: defaultdict(float))
    longest_s: defaultdict[Role, float] = field(default_factory=lambda: defaultdict(float))

    def next_role(self, *, pieces: bool, left_s: float = math.inf) -> Role | None:
        """What the next rotation is for; None: none fits into the time that is left.

        Exposures come first, and there is nothing else where there are no pieces. Where there is no
        time for exposures any more, there may be for pieces, which take less.
        """
        wanted = self._wanted(pieces=pieces)
        return next((role for role in wanted if self._takes_s(role) < left_s), None)

    def _takes_s(self, role: Role) -> float:
        return max(self.longest_s[role], self.least_s.get(role, 0.0))

    def _wanted(self, *, pieces: bool) -> tuple[Role, ...]:
        exposed_s, compared_s = self.spent_s[Role.EXPOSURE], self.spent_s[Role.COMPARISON]
        share = schedule.EXPOSED_SHARE / (1 - schedule.EXPOSED_SHARE)
        if not exposed_s or not pieces:
            return (Role.EXPOSURE,)
        if compared_s * share <= exposed_s:
            return (Role.COMPARISON,)
        return (Role.EXPOSURE, Role.COMPARISON)

    def add(self, role: Role, spent_s: float) -> None:
        """Count a rotation."""
        self.rotations += 1
        self.spent_s[role] += spent_s
        self.longest_s[role] = max(self.longest_s[role], spent_s)
