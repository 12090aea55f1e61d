"""From blocks of requests to one figure a start: what a request usually executes: pure.

Left out is what no request asked for, as far as it is known: timers (`bench.counting.idle`), and
work that comes once in many hundred requests (`bench.stats.rare`). Either is left out of all starts
that are compared or of none: else it would be a difference between them.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from statistics import fmean

from bench.facts.instructions import InstructionCount, block_figures, timers_known
from bench.stats.compare import Rotation, Series
from bench.stats.rare import rare_blocks


@dataclass(frozen=True, slots=True)
class RareWork:
    """What fell into few blocks and was left out.

    blocks: into how many, `of` all of them. each: instructions each time. share: of all that the
    server executed in all blocks.
    """

    blocks: int
    of: int
    each: float
    share: float


@dataclass(frozen=True, slots=True)
class CountedFigures:
    """Instructions a request: one figure a start, and what is not in it; rare: None: nothing."""

    starts: Series
    rare: RareWork | None


def counted_figures(*servers: Collection[InstructionCount]) -> list[CountedFigures]:
    """The figures of servers whose starts are to be compared, one entry a server.

    Timers are taken off if they are known for every start of all servers, and rare work if it is
    rare with all of them.
    """
    timers = not timers_known(one for starts in servers for one in starts)
    blocks = [block_figures(starts, timers=timers) for starts in servers]
    found = [rare_blocks(each) for each in blocks]
    rare = [frozenset[Rotation]() if one is None else one for one in found]
    if None in found:
        rare = [frozenset()] * len(rare)
    return [_figures(*each) for each in zip(servers, blocks, rare, strict=True)]


def _figures(
    counts: Collection[InstructionCount], blocks: Series, rare: frozenset[Rotation]
) -> CountedFigures:
    usual = defaultdict[int, list[float]](list)
    for (start, number), value in blocks.items():
        if (start, number) not in rare:
            usual[start].append(value)
    starts = {(start, 1): fmean(values) for start, values in usual.items()}
    if not rare:
        return CountedFigures(starts, None)
    more = [blocks[key] - starts[key[0], 1] for key in rare]
    each = fmean(more) * sum(one.requests for one in counts) / len(blocks)
    return CountedFigures(
        starts, RareWork(len(rare), len(blocks), each, sum(more) / sum(blocks.values()))
    )
