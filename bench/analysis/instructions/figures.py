"""From blocks of requests to one figure a start: pure."""

from collections.abc import Collection
from statistics import fmean

from bench.facts.instructions import InstructionCount, timers_known
from bench.stats.compare import Series


def counted_figures(*servers: Collection[InstructionCount]) -> list[Series]:
    """Instructions a request by start, of servers whose starts are to be compared.

    The mean of all blocks of a start, which are equally long. What went by the clock is left out
    if it is known for every start of all these servers: else it would be a difference between them.
    """
    timers = not timers_known(one for starts in servers for one in starts)
    return [
        {
            (one.start, 1): fmean(block.per_request(timers=timers) for block in one.blocks)
            for one in starts
        }
        for starts in servers
    ]
