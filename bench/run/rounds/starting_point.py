"""Where an experiment begins: from nothing, or after what is known of one that had stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from bench.facts.run import Facts
from bench.facts.server import Drain, Launch
from bench.facts.slice import Cut, Role, Slice
from bench.plan import schedule
from bench.run.rounds.slices import Turn


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where an experiment begins: from nothing, or after the last slice of one that had stopped."""

    slices: Sequence[Slice] = ()
    rates: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    launches: Sequence[Launch] = ()
    drains: Sequence[Drain] = ()

    @classmethod
    def after(cls, facts: Facts) -> Self:
        """Go on after what is known."""
        return cls(facts.slices, dict(facts.rates), dict(facts.cuts), facts.launches, facts.drains)

    @property
    def spent_s(self) -> float:
        """Of the experiment's time."""
        return max((each.ended_s for each in self.slices), default=0.0)

    @property
    def turn(self) -> Turn:
        """The last that was taken in the last round, by servers that live side by side.

        Whoever is measured alone comes after them, in a rotation that they have had.
        """
        round_ = self.slices[-1].round if self.slices else 1
        taken = (
            Turn(each.round, each.rotation, each.position, each.role)
            for each in self.slices
            if each.round == round_ and not each.warm_up
        )
        none = Turn(round_, 0, -1)
        return max(taken, key=lambda turn: (turn.rotation, turn.position), default=none)

    @property
    def exposed(self) -> set[tuple[int, int]]:
        """Round and position of all exposures that a server may have had alone."""
        return {
            (each.round, each.position)
            for each in self.slices
            if each.rotation == schedule.ALONE_ROTATION
        }

    @property
    def restless(self) -> set[str]:
        """Profiles that worked on after a load."""
        return {each.cell.profile for each in self.slices if not each.settled}

    @property
    def weighed(self) -> set[str]:
        """Profiles whose idle WebSockets were."""
        return {drain.profile for drain in self.drains if drain.idle}

    def last_place(self, round_: int) -> tuple[int, int]:
        """Rotation and position of the last slice, if it was in this round."""
        last = self.turn
        return (last.rotation, last.position) if last.round == round_ else (0, -1)

    def role_at(self, round_: int, rotation: int) -> Role:
        """What a rotation that was broken off is for, or the first of a round."""
        last = self.turn
        broken_off = rotation and (last.round, last.rotation) == (round_, rotation)
        return last.role if broken_off else Role.EXPOSURE
