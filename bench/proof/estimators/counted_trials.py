"""How often the gate by instructions is right: gates cut out of one long run of base and head.

Head has a loop before each request that base has not. Starts are cut into groups in the order of
their numbers, each group as many starts of a side as a gate has. Base and head of one group are a
gate that is to fail. Two groups of the same side are one that is to pass: neighbours, so that no
start is in two of them. So gates of one kind are independent of each other, and of so many groups
there are as many of either kind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Final

from bench.analysis.instructions.figures import counted_figures
from bench.analysis.instructions.verdict import (
    CountedChange,
    InstructionDecision,
    decide_counted,
)
from bench.analysis.sides import BASE, HEAD, RegressionVerdict
from bench.counting.count import Countable
from bench.counting.passes import CountFact, CountingJob, CountingPass
from bench.counting.tool import chosen
from bench.errors import HarnessError
from bench.facts.instructions import CountFailure, InstructionCount
from bench.facts.run import Facts
from bench.proof.estimators.contest import slow_app, slowed
from bench.proof.estimators.gate_trials import side_with
from bench.system.machine import share_out
from bench.workloads.built_in import BUILT_IN
from servers.environments.cache import build
from servers.profile import Profile

TOLERANCE: Final = 0.001
"""Of these gates: what is planted lies above that of a gate, 1 %, or not, but above this."""
_PILOT_LOOPS: Final = 200  # below 257, as those that are planted: Python has these integers at hand


@dataclass(frozen=True, slots=True)
class CountedTrial:
    """One gate: whether it was to fail, and what it decided."""

    should_fail: bool
    decision: InstructionDecision

    @property
    def failed(self) -> bool:
        """Whether it did fail."""
        return self.decision.verdict is RegressionVerdict.FAILED

    @property
    def change(self) -> CountedChange:
        """What it found, under its only workload."""
        (change,) = self.decision.changes
        return change


def sides_with(loops: int) -> tuple[str, str]:
    """Base and head as `regress` takes them."""
    return side_with(0), side_with(loops)


async def loops_for(server: Profile, planted: float, folder: Path) -> int:
    """How often the loop has to be gone through to take this share of a request's instructions.

    Counted in one start with and one without a loop. Raises HarnessError and ServerError.
    """
    app = slow_app()
    environment = await build(server, app)
    workload = BUILT_IN[0]
    pilots = [
        Countable(
            slowed(server, f"{server.name}-pilot-{loops}", loops), app, environment,
            workload, workload,
        )
        for loops in (0, _PILOT_LOOPS)
    ]  # fmt: skip
    found: list[CountFact] = []
    cores = share_out()
    usable = sorted((cores.servers or frozenset()) | (cores.generator or frozenset()))
    counting = CountingPass(chosen(), folder, usable, found.append, lambda _: None, kernel=False)
    await counting.run([CountingJob(pilot, 1) for pilot in pilots])
    failures = [one.reason for one in found if isinstance(one, CountFailure)]
    if failures:
        raise HarnessError(f"{server.name} could not be counted: {failures[0]}")
    counts = {one.profile: one for one in found if isinstance(one, InstructionCount)}
    pairs = counted_figures(*([counts[pilot.profile.name]] for pilot in pilots))
    bare, looping = (fmean(one.values()) for one in pairs)
    if looping <= bare:
        raise HarnessError(f"{server.name} executes no more with a loop than without")
    return max(1, round(planted * bare * _PILOT_LOOPS / (looping - bare)))


def cut(facts: Facts, starts: int, number: int, tolerance: float = TOLERANCE) -> list[CountedTrial]:
    """At most so many gates of either kind, with so many starts a side."""
    counts = {
        side: {one.start: one for one in facts.counts if one.profile == side}
        for side in (BASE, HEAD)
    }
    both = sorted(counts[BASE].keys() & counts[HEAD].keys())
    groups = [both[at : at + starts] for at in range(0, len(both) - starts + 1, starts)][:number]
    planted = [(_group(counts[BASE], group), _group(counts[HEAD], group)) for group in groups]
    same = [
        (_group(of_side, first), _group(of_side, second))
        for first, second in _neighbours(groups)
        for of_side in counts.values()
    ]
    return [
        *(CountedTrial(False, _decided(facts, *each, tolerance)) for each in same),
        *(CountedTrial(True, _decided(facts, *each, tolerance)) for each in planted),
    ]


def all_together(facts: Facts) -> InstructionDecision:
    """One gate of all starts: what is planted, as nearly as it is known."""
    return decide_counted(replace(facts, count_failures=()), TOLERANCE)


def _neighbours(groups: Sequence[list[int]]) -> Iterator[tuple[list[int], list[int]]]:
    return zip(groups[::2], groups[1::2], strict=False)


def _group(counts: dict[int, InstructionCount], numbers: list[int]) -> list[InstructionCount]:
    return [counts[number] for number in numbers]


def _decided(
    facts: Facts,
    base: Sequence[InstructionCount],
    head: Sequence[InstructionCount],
    tolerance: float,
) -> InstructionDecision:
    """What the gate says of these starts."""
    counts = [
        replace(one, profile=side, start=number)
        for side, group in ((BASE, base), (HEAD, head))
        for number, one in enumerate(group, 1)
    ]
    return decide_counted(replace(facts, counts=tuple(counts), count_failures=()), tolerance)
