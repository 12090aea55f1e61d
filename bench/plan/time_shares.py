"""How a round's time is shared between exposures and pieces."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

from bench.facts.slice import Role
from bench.plan import schedule


@dataclass(slots=True)
class Shares:
    """How a round's time is shared between exposures and pieces.

    spent_s: by role. longest_s: that a rotation of a role took.
    """

    rotations: int = 0
    spent_s: defaultdict[Role, float] = field(default_factory=lambda: defaultdict(float))
    longest_s: defaultdict[Role, float] = field(default_factory=lambda: defaultdict(float))

    def next_role(self, *, pieces: bool, left_s: float = math.inf) -> Role | None:
        """What the next rotation is for; None: none fits into the time that is left.

        Exposures come first, and there is nothing else where there are no pieces. Where there is no
        time for exposures any more, there may be for pieces, which take less.
        """
        fitting = (role for role in self._wanted(pieces=pieces) if self.longest_s[role] < left_s)
        return next(fitting, None)

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
