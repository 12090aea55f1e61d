"""Every two servers at one load compared, each pair by what it has most of: pure.

Pieces that were taken in turns tell most, but only of servers that had them in the same rotations.
A server that is measured alone, or that came late, has exposures in common with the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.analysis.cells import pieces_suffice
from bench.stats.compare import Comparison, Fine
from bench.stats.family import Names, steadied


@dataclass(frozen=True, slots=True)
class ComparedPairs:
    """Comparisons by the names of their two servers; `by_exposures`: those not made by pieces."""

    comparisons: dict[Names, Comparison]
    by_exposures: frozenset[Names]


def compared_pairs(
    pieces: Mapping[str, Fine], exposures: Mapping[str, Fine], stage: int | None = None
) -> ComparedPairs:
    """Compare every two servers by one figure, of their pieces and of their exposures.

    Names of `exposures` come in the order in which subjects are named. `stage`: see
    `bench.stats.compare`.
    """
    everything = (*pieces.values(), *exposures.values())
    made = len({round_ for each in everything for round_, _ in each})
    by_pieces = steadied(_known(pieces), stage=stage, made=made)
    by_exposures = steadied(_known(exposures), stage=stage, made=made)
    found: dict[Names, Comparison] = {}
    chosen: set[Names] = set()
    for names in by_pieces | by_exposures:
        one, other = by_pieces.get(names), by_exposures.get(names)
        if one is not None and pieces_suffice(one.rounds, 0 if other is None else other.rounds):
            found[names] = one
        elif other is not None:
            found[names] = other
            chosen.add(names)
    return ComparedPairs(found, frozenset(chosen))


def _known(figures: Mapping[str, Fine]) -> dict[str, Fine]:
    return {name: each for name, each in figures.items() if each}
