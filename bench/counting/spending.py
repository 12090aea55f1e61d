"""From functions as a counter names them to what a report shows: by package, the large ones."""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from bench.counting.callgrind_file import CodePlace
from bench.counting.packages import package_of
from bench.facts.instructions import (
    LEAST,
    OTHERS,
    InstructionCount,
    Spending,
    Spent,
    block_figures,
    timers_known,
)
from bench.stats.rare import rare_blocks

BlockParts: TypeAlias = Mapping[tuple[int, int], Mapping[CodePlace, int]]
"""Instructions of each function, by the number of a start and of its block, from 1."""
_Named: TypeAlias = Tally[tuple[str, str]]

_RECURSION: Final = "'"
_RARE: Final = 3  # functions that are named of what fell into few blocks


def spending(counts: Sequence[InstructionCount], parts: BlockParts) -> Spending:
    """What the instructions of one server's requests went on, in blocks that are as usual.

    counts: at least one start. Whoever called itself is one function.
    """
    figures = block_figures(counts, timers=not timers_known(counts))
    rare = {key: parts[key] for key in rare_blocks(figures) or ()}
    usual = {key: parts[key] for key in parts.keys() - rare.keys()}
    of_usual, of_rare = _named(usual.values()), _named(rare.values())
    total = of_usual.total()
    kept: _Named = Tally()
    for (package, function), count in of_usual.items():
        kept[package, function if count >= LEAST * total else OTHERS] += count
    first = counts[0]
    return Spending(
        first.profile,
        first.workload,
        requests=first.requests // len(first.blocks) * len(usual),
        total=total,
        parts=tuple(Spent(*key, count) for key, count in kept.most_common()),
        rare=tuple(_more(of_rare, len(rare), of_usual, len(usual))) if rare else (),
    )


def _named(blocks: Iterable[Mapping[CodePlace, int]]) -> _Named:
    found: _Named = Tally()
    for parts in blocks:
        for code, count in parts.items():
            found[package_of(code.file), code.function.partition(_RECURSION)[0]] += count
    return found


def _more(rare: _Named, blocks: int, usual: _Named, of: int) -> Iterator[Spent]:
    """The functions by which a block of one kind has most more than one of the other."""
    more: _Named = Tally({key: round(rare[key] / blocks - usual[key] / of) for key in rare})
    for key, count in more.most_common(_RARE):
        yield Spent(*key, count)
