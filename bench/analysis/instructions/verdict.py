"""From the instructions that base and head were counted to execute, to a verdict: pure.

A start gives one figure a workload: instructions a request (`counted_figures`). Starts of base and
of head are independent, so their ratio has Welch's interval on the log scale
(`bench.stats.unpaired`), or one that takes the time into account that timers had
(`compare_starts`), at 95 % for all workloads together (Bonferroni). These intervals are
narrow, so they decide by themselves: head fails where all of its interval is beyond the tolerance,
passes where none is, and is undecided where the tolerance lies in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, TypeAlias

from bench.analysis.instructions.figures import compare_starts, counted_figures
from bench.analysis.sides import BASE, HEAD, RegressionVerdict
from bench.facts.instructions import Counter, InstructionCount, idle_share, timers_known
from bench.facts.run import FINISHED, Facts
from bench.stats.estimate import CONFIDENCE, Estimate
from bench.stats.unpaired import Unpaired, level

HALVES_NEEDED: Final = 4
"""Starts of base, for two halves that can be compared."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A side of which there is no figure, or none under some workload.

    gate: whether its gate kept it out. reason: in the words of gate or counter; None: it was not
    reached, or its gate has a failed test. fault: whether that is the side's own, as it is not
    where the counter cannot tell. workload: None: there is no figure under any.
    """

    side: str
    gate: bool
    reason: str | None
    fault: bool = False
    workload: str | None = None


@dataclass(frozen=True, slots=True)
class NotItself:
    """Base differs from itself by more than the tolerance: no verdict on this workload counts."""

    workload: str


@dataclass(frozen=True, slots=True)
class TwoCounters:
    """Starts were counted by different counters, as in a run that went on elsewhere."""


InstructionReason: TypeAlias = Uncounted | NotItself | TwoCounters
"""Why a verdict is not what the ratios alone would say."""


@dataclass(frozen=True, slots=True)
class CountedChange:
    """Instructions a request of head against base, under one workload.

    base, head: of one side alone. ratio: head / base. smallest: the smallest difference that could
    have been shown, a share. itself: one half of base's starts against the other, None where there
    are too few. unsettled: starts whose blocks were not yet alike when they began to count. idle:
    what base and head executed by the clock, which was left out, as a share of all; None: unknown
    in some start of either, and therefore left in.
    """

    workload: str
    base: Estimate
    head: Estimate
    starts: tuple[int, int]
    ratio: Estimate
    smallest: float
    itself: Estimate | None
    verdict: RegressionVerdict
    unsettled: int
    idle: tuple[float, float] | None = None

    @property
    def shown(self) -> bool:
        """Whether head is shown to differ at all, in either direction."""
        return not _holds(self.ratio, 1.0)


@dataclass(frozen=True, slots=True)
class InstructionDecision:
    """A verdict with all that it rests on.

    reasons: why it is not what the ratios alone say. connections: over which it was counted.
    finished: whether all starts were made that there was time for.
    """

    verdict: RegressionVerdict
    tolerance: float
    counters: tuple[Counter, ...]
    reasons: tuple[InstructionReason, ...]
    changes: tuple[CountedChange, ...]
    connections: int = 1
    finished: bool = True


def decide_counted(facts: Facts, tolerance: float) -> InstructionDecision:
    """Judge head against base; `tolerance` as a share."""
    counts = [one for one in facts.counts if one.profile in {BASE, HEAD}]
    missing = tuple(_uncounted(facts))
    workloads = list(dict.fromkeys(one.workload for one in counts))
    changes = tuple(_changes(counts, workloads, tolerance))
    noisy = tuple(NotItself(one.workload) for one in changes if _differs(one.itself, tolerance))
    counters = tuple(dict.fromkeys(one.counter for one in counts))
    mixed = (TwoCounters(),) if len(counters) > 1 else ()
    verdict = _verdict(missing, changes, comparable=not mixed)
    return InstructionDecision(
        verdict,
        tolerance,
        counters,
        (*missing, *noisy, *mixed),
        changes,
        max((one.connections for one in counts), default=1),
        finished=facts.ending == FINISHED,
    )


def _verdict(
    missing: Sequence[Uncounted], changes: Sequence[CountedChange], *, comparable: bool
) -> RegressionVerdict:
    if missing:
        heads = all(one.side == HEAD and one.fault for one in missing)
        return RegressionVerdict.FAILED if heads else RegressionVerdict.UNDECIDED
    if not comparable or not changes:
        return RegressionVerdict.UNDECIDED
    found = {one.verdict for one in changes}
    for verdict in (RegressionVerdict.FAILED, RegressionVerdict.UNDECIDED):
        if verdict in found:
            return verdict
    return RegressionVerdict.PASSED


def _uncounted(facts: Facts) -> Iterator[Uncounted]:
    """Sides that failed their gate, could not be counted, or were not reached."""
    kept_out = {gate.profile: gate for gate in facts.gates if not gate.passed}
    counted = {(one.profile, one.workload) for one in facts.counts}
    wanted = facts.manifest.settings.workloads
    for side in (BASE, HEAD):
        failures = [one for one in facts.count_failures if one.profile == side]
        missing = [workload for workload in wanted if (side, workload) not in counted]
        if side in kept_out:
            yield Uncounted(side, gate=True, reason=kept_out[side].error, fault=True)
        elif failures:
            first = next((one for one in failures if not one.tool), failures[0])
            yield Uncounted(side, gate=False, reason=first.reason, fault=not first.tool)
        elif not kept_out and len(missing) == len(wanted):
            yield Uncounted(side, gate=False, reason=None)
        elif not kept_out:
            for workload in missing:
                yield Uncounted(side, gate=False, reason=None, workload=workload)


def _changes(
    counts: Sequence[InstructionCount], workloads: Sequence[str], tolerance: float
) -> Iterator[CountedChange]:
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(workloads))
    for workload in workloads:
        found = [one for one in counts if one.workload == workload]
        starts = [[one for one in found if one.profile == side] for side in (BASE, HEAD)]
        base, head = counted_figures(*starts)
        of_base, of_head = level(base), level(head)
        compared = compare_starts(starts[1], starts[0])
        if compared is None or of_base is None or of_head is None:
            continue
        ratio, itself = compared.at(confidence), _itself(starts[0], confidence)
        yield CountedChange(
            workload,
            of_base,
            of_head,
            starts=(len(base), len(head)),
            ratio=ratio,
            smallest=_smallest(compared, confidence),
            itself=itself,
            verdict=RegressionVerdict.UNDECIDED
            if _differs(itself, tolerance)
            else _judged(ratio, tolerance),
            unsettled=sum(not one.settled for one in found),
            idle=(idle_share(starts[0]), idle_share(starts[1])) if timers_known(found) else None,
        )


def _smallest(compared: Unpaired, confidence: float) -> float:
    """Infinite where a side was started once: then nothing could have been shown."""
    width = compared.half_width(confidence)
    return inf if width is None else width


def _itself(base: Sequence[InstructionCount], confidence: float) -> Estimate | None:
    """Starts of base with odd numbers against those with even ones."""
    if len(base) < HALVES_NEEDED:
        return None
    compared = compare_starts(*([one for one in base if one.start % 2 == odd] for odd in (1, 0)))
    return None if compared is None else compared.at(confidence)


def _judged(ratio: Estimate, tolerance: float) -> RegressionVerdict:
    most = 1 + tolerance
    if ratio.lo is None or ratio.hi is None or ratio.lo <= most < ratio.hi:
        return RegressionVerdict.UNDECIDED
    return RegressionVerdict.FAILED if ratio.lo > most else RegressionVerdict.PASSED


def _differs(ratio: Estimate | None, tolerance: float) -> bool:
    """Whether all of an interval is further from 1 than is tolerated, on either side."""
    if ratio is None or ratio.lo is None or ratio.hi is None:
        return False
    return ratio.lo > 1 + tolerance or ratio.hi < 1 / (1 + tolerance)


def _holds(ratio: Estimate, value: float) -> bool:
    return ratio.lo is None or ratio.hi is None or ratio.lo <= value <= ratio.hi
