"""Where the difference between two sides' instructions went, by package and function: pure."""

from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from bench.analysis.sides import BASE, HEAD
from bench.facts.instructions import LEAST, OTHERS, Spending
from bench.facts.run import Facts

MOST: Final = 20
"""Functions that are listed, of a workload."""
_ADDRESS: Final = "0x"
_Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """Instructions a request of a package, or of one of its functions, on either side.

    function: None: all of the package. base, head: None where the side's is not known: it has no
    such function, or so little of it that it was not kept apart. difference: head - base; where one
    of them is not known, the least that it can be.
    """

    package: str
    function: str | None
    base: float | None
    head: float | None
    difference: float


@dataclass(frozen=True, slots=True)
class WorkloadMoves:
    """What moved under one workload, the largest difference first."""

    workload: str
    packages: tuple[Move, ...]
    functions: tuple[Move, ...]


def moves(facts: Facts) -> tuple[WorkloadMoves, ...]:
    """Of each workload that both sides have a spending of; of several the last is of all starts."""
    found = {(one.profile, one.workload): one for one in facts.spendings}
    workloads = dict.fromkeys(one.workload for one in facts.spendings)
    return tuple(
        _moved(found[BASE, workload], found[HEAD, workload])
        for workload in workloads
        if (BASE, workload) in found and (HEAD, workload) in found
    )


def _moved(base: Spending, head: Spending) -> WorkloadMoves:
    packages, functions = _packages(base, head), _functions(base, head)
    return WorkloadMoves(
        base.workload,
        tuple(_largest(packages)),
        tuple(_largest(functions))[:MOST],
    )


def _largest(found: Iterator[Move]) -> Sequence[Move]:
    return sorted(found, key=lambda one: -abs(one.difference))


def _packages(base: Spending, head: Spending) -> Iterator[Move]:
    """Packages are known in full: what is small is kept under another name, not left out."""
    of_base, of_head = _by_package(base), _by_package(head)
    for package in of_base | of_head:
        before, after = of_base.get(package), of_head.get(package)
        yield Move(package, None, before, after, (after or 0.0) - (before or 0.0))


def _by_package(of: Spending) -> dict[str, float]:
    found = Tally[str]()
    for part in of.parts:
        found[part.package] += part.instructions
    return {package: count / of.requests for package, count in found.items()}


def _functions(base: Spending, head: Spending) -> Iterator[Move]:
    """Those that at least one side has by name."""
    of_base, of_head = _by_function(base), _by_function(head)
    least = [LEAST * each.total / each.requests for each in (base, head)]
    for key in of_base | of_head:
        move = _function(key, of_base, of_head, least)
        if key[1] != OTHERS and move.difference:
            yield move


def _by_function(of: Spending) -> dict[_Key, float]:
    """Without those that have an address for a name: it is another in each build."""
    return {
        (part.package, part.function): part.instructions / of.requests
        for part in of.parts
        if not part.function.startswith(_ADDRESS)
    }


def _function(
    key: _Key, of_base: Mapping[_Key, float], of_head: Mapping[_Key, float], least: Sequence[float]
) -> Move:
    before, after = of_base.get(key), of_head.get(key)
    if before is None:
        difference = max(0.0, (after or 0.0) - least[0])
    elif after is None:
        difference = min(0.0, least[1] - before)
    else:
        difference = after - before
    return Move(*key, before, after, difference)
