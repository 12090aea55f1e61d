"""Facts of a pass that counted instructions."""

from dataclasses import replace

from bench.facts.instructions import (
    CountedBlock,
    Counter,
    CountFailure,
    InstructionCount,
    KernelWork,
    Spending,
    Spent,
)
from bench.facts.run import Facts

SECOND = 1_000_000_000


def count(
    profile: str, start: int, *per_request: int, counter: Counter = Counter.VALGRIND, idle: int = 0
) -> InstructionCount:
    """One start: a block of 100 requests for each figure, and what timers did in each."""
    blocks = tuple(CountedBlock(100, 100 * one + idle, SECOND, idle) for one in per_request)
    return InstructionCount(profile, "get_item", start, counter, 1, 400, True, 1e5, blocks, 1)


def spent(profile: str, **packages: int) -> Spending:
    """What 100 requests went on: one function a package, instructions a request."""
    parts = tuple(Spent(name, f"{name}_run", 100 * one) for name, one in packages.items())
    return Spending(profile, "get_item", 100, sum(part.instructions for part in parts), parts)


def with_counts(facts: Facts) -> Facts:
    """Two servers counted in three starts each, 1 % apart, and one that cannot be."""
    counts = [
        count(profile, start, *(figure + 50 * (start - 2) + one for one in (7, -7, 0)), idle=1_000)
        for start in (1, 2, 3)
        for profile, figure in (("uvicorn", 500_000), ("daphne", 505_000))
    ]
    return replace(
        facts,
        counts=tuple(counts),
        count_failures=(CountFailure("granian", "get_item", 1, "it ended by signal 4 (SIGILL)"),),
        spendings=(
            spent("uvicorn", uvloop=100_000, pydantic_core=400_000),
            spent("daphne", twisted=105_000, pydantic_core=400_000),
        ),
        kernel_works=(
            KernelWork(
                "uvicorn", "get_item", 1_000, 2_010, 30, 200, {"epoll_wait": 400, "recv": 200}
            ),
            KernelWork("daphne", "get_item", 1_000, 5_000, 0),
        ),
    )
