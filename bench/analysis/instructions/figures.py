"""From blocks of requests to one figure a start, and to comparisons of starts: pure."""

from collections.abc import Collection
from statistics import fmean
from typing import Final

from bench.facts.instructions import InstructionCount, timers_known
from bench.stats.compare import Series
from bench.stats.covariate import compare_adjusted
from bench.stats.units import NS_PER_S
from bench.stats.unpaired import Unpaired, compare_unpaired

_BUSY: Final = 1.5
"""How much more timers may do in a second under load than in an idle one: 1.05 times in 120 starts
of hypercorn, 1.3 of uvicorn."""


def compare_starts(
    subject: Collection[InstructionCount], reference: Collection[InstructionCount]
) -> Unpaired | None:
    """Compare the starts of two sides of one server; None where either has none.

    Where it is not known of every start what went by the clock, it is in their figures, and grows
    with the time that a start's blocks took: by the machine's other work, not by the server's. So
    starts are compared as if they had taken equally long, as far as there are enough of them. More
    instructions make blocks longer, too; so no more is taken for timers than they can have done.
    """
    figures, every = counted_figures(subject, reference), (*subject, *reference)
    if every and not timers_known(every):
        ours, theirs = (
            [(found[one.start, 1], _window_ns(one)) for one in starts]
            for found, starts in zip(figures, (subject, reference), strict=True)
        )
        adjusted = compare_adjusted(ours, theirs, fmean(map(_most_by_timers, every)))
        if adjusted is not None:
            return adjusted
    return compare_unpaired(*figures)


def _window_ns(one: InstructionCount) -> float:
    return fmean(block.window_ns for block in one.blocks)


def _most_by_timers(one: InstructionCount) -> float:
    """The largest share of a block that timers can execute in a nanosecond of it."""
    executed = fmean(block.instructions for block in one.blocks)
    return _BUSY * one.idle_rate / NS_PER_S / executed


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
