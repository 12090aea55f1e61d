"""Places, shared where no difference was shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.stats.estimate import Estimate


class Comparable(Protocol):
    """Two names compared: subject / reference, and whether a difference is shown."""

    @property
    def subject(self) -> str:
        """Whose figure is divided."""

    @property
    def reference(self) -> str:
        """By whose."""

    @property
    def ratio(self) -> Estimate:
        """What comes of it."""

    @property
    def shown(self) -> bool:
        """Whether they differ for all that is known."""


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """A place, and whether it is shared."""

    place: int
    tied: bool


def ranks(
    names: Iterable[str], pairs: Sequence[Comparable], *, lower_is_better: bool
) -> dict[str, Rank]:
    """Give each profile the place 1 + the number of profiles that are shown to be better.

    Better than one that is better counts too. So no server is placed behind another without a
    difference that was shown, and those that share a place cannot be told apart. The reverse does
    not hold: of three in a row the first two and the last two may be tied and the outer two not;
    the places are then 1, 1 and 2.
    """
    better = _better(names, pairs, lower_is_better=lower_is_better)
    places = {name: 1 + len(_all_better(name, better) - {name}) for name in better}
    taken = list(places.values())
    return {name: Rank(place, tied=taken.count(place) > 1) for name, place in places.items()}


def arranged(
    names: Sequence[str], pairs: Sequence[Comparable], *, lower_is_better: bool
) -> list[str]:
    """Keep the order of these names, but put none before one that is shown to be better."""
    better = _better(names, pairs, lower_is_better=lower_is_better)
    waiting, order = list(names), list[str]()
    while waiting:
        free = (name for name in waiting if better[name].isdisjoint(waiting))
        order.append(next(free, waiting[0]))
        waiting.remove(order[-1])
    return order


def _better(
    names: Iterable[str], pairs: Iterable[Comparable], *, lower_is_better: bool
) -> dict[str, set[str]]:
    """Who of the names is shown to be better than whom: the winners by the name of the loser.

    A pair may name others: one whose figure is withheld has no place, but can be compared.
    """
    found: dict[str, set[str]] = {name: set() for name in names}
    for pair in pairs:
        if pair.shown and {pair.subject, pair.reference} <= found.keys():
            subject_wins = (pair.ratio.value < 1) == lower_is_better
            winner, loser = (pair.subject, pair.reference)[:: 1 if subject_wins else -1]
            found[loser].add(winner)
    return found


def _all_better(name: str, better: Mapping[str, set[str]]) -> set[str]:
    """Whoever is better, and whoever is better than these."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        fresh = better[ahead.pop()] - found
        found |= fresh
        ahead.extend(fresh)
    return found
