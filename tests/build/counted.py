"""Runs in which base and head are counted instead of timed."""

from collections.abc import Sequence
from dataclasses import replace

from bench.facts.instructions import (
    CountedBlock,
    Counter,
    CountFailure,
    InstructionCount,
    Spending,
    Spent,
)
from bench.facts.run import Facts
from bench.facts.settings import CountKind, SidesRecord
from tests.build.runs import small
from tests.build.variants import with_settings

REQUESTS = 100
NEAR = (0.9995, 1.0, 1.0005, 1.0, 0.9995, 1.0005)
"""How starts of a side differ, as shares of its instructions a request."""


def count_of(
    side: str, start: int, per_request: float, *, idle: int | None = 0, workload: str = "get_item"
) -> InstructionCount:
    """One start, of two blocks; idle: instructions of timers in each; None: not told."""
    block = CountedBlock(REQUESTS, round(per_request * REQUESTS) + (idle or 0), 10**9, idle)
    return InstructionCount(
        side, workload, start, Counter.VALGRIND, 1, 400, True, 0.0, (block, block), 1
    )


def starts_of(
    side: str, per_request: float, near: Sequence[float] = NEAR, workload: str = "get_item"
) -> tuple[InstructionCount, ...]:
    """Starts of a side that are as near to a figure as this."""
    return tuple(
        count_of(side, number, share * per_request, workload=workload)
        for number, share in enumerate(near, 1)
    )


def counted(*counts: InstructionCount, failures: Sequence[CountFailure] = ()) -> Facts:
    """A run of these starts alone."""
    facts = with_settings(
        small("base", "head"),
        regression=SidesRecord("main", ".", 0.01),
        count=CountKind.INSTRUCTIONS,
    )
    return replace(facts, slices=(), counts=counts, count_failures=tuple(failures))


def spent(side: str, **functions: float) -> Spending:
    """What a request took of functions "package__function"; all of it together is the total."""
    parts = tuple(
        Spent(package, function, round(count * REQUESTS))
        for name, count in functions.items()
        for package, function in [name.split("__")]
    )
    return Spending(side, "get_item", REQUESTS, sum(part.instructions for part in parts), parts)
