"""Instructions a request: each server's figure, all of them compared, and what they went on.

Blocks of one start are no replicates of each other, starts are (`counted_figures`): a server's
figure is the mean over its starts, and two servers are compared start by start, as two independent
runs are (`bench.stats.unpaired`), all pairs of a workload as one family.
"""

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from bench.analysis.instructions.figures import counted_figures
from bench.facts.instructions import (
    Counter,
    InstructionCount,
    KernelWork,
    Spending,
    idle_share,
    timers_known,
)
from bench.facts.run import Facts
from bench.stats.compare import Series
from bench.stats.estimate import Estimate
from bench.stats.ranks import Rank, ranks
from bench.stats.unpaired import Unpaired, as_family, compare_unpaired, level


@dataclass(frozen=True, slots=True)
class CountedPair:
    """Two servers compared by their instructions a request; shown: after Holm's correction."""

    subject: str
    reference: str
    comparison: Unpaired
    p_adjusted: float | None
    shown: bool
    smallest: float | None

    @property
    def ratio(self) -> Estimate:
        """Subject / reference."""
        return self.comparison.ratio


@dataclass(frozen=True, slots=True)
class PackageCost:
    """Instructions a request that a package executes, and how many more than the baseline's."""

    package: str
    per_request: float
    more: float | None


@dataclass(frozen=True, slots=True)
class FunctionCost:
    """The same of one function."""

    package: str
    function: str
    per_request: float
    more: float | None


@dataclass(frozen=True, slots=True)
class CountedRow:
    """One server under one workload.

    per_request: None where it could not be counted: `failure` says why. ratio: to the baseline;
    None for itself, and where it has none. rank: None where no two servers could be tested. The
    kernel's share and cycles are known of hardware counters alone. idle_share: of all instructions,
    that were not for requests and were taken off; None where that is unknown in some start,
    and none were. kernel: what it had the kernel do; None: not known.
    """

    profile: str
    title: str
    per_request: Estimate | None = None
    failure: str | None = None
    starts: int = 0
    requests: int = 0
    processes: int = 0
    settled: bool = True
    idle_share: float | None = None
    kernel_per_request: float | None = None
    cycles_per_request: float | None = None
    ratio: CountedPair | None = None
    rank: Rank | None = None
    packages: tuple[PackageCost, ...] = ()
    functions: tuple[FunctionCost, ...] = ()
    kernel: KernelWork | None = None


@dataclass(frozen=True, slots=True)
class CountedWorkload:
    """All servers under one workload, fewest instructions first; pairs: every two of them."""

    workload: str
    counter: Counter
    connections: int
    rows: tuple[CountedRow, ...]
    pairs: tuple[CountedPair, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one server under one workload."""

    counts: Sequence[InstructionCount]
    figures: Series
    spending: Spending | None = None


def counted_workloads(facts: Facts) -> tuple[CountedWorkload, ...]:
    """What was counted, by workload, in the order of the run's; nothing where nothing was."""
    seen = [each.workload for each in facts.counts]
    seen += [each.workload for each in facts.count_failures]
    return tuple(_workload(facts, workload) for workload in dict.fromkeys(seen))


def _workload(facts: Facts, workload: str) -> CountedWorkload:
    counts: dict[str, dict[int, InstructionCount]] = defaultdict(dict)
    for each in facts.counts:
        if each.workload == workload:
            counts[each.profile][each.start] = each  # a run that goes on counts again
    failed = {one.profile: one for one in facts.count_failures if one.workload == workload}
    known = {
        profile: _Known(
            tuple(starts.values()),
            counted_figures(starts.values())[0],
            _spending(facts, profile, workload),
        )
        for profile, starts in counts.items()
        if profile not in failed
    }
    kernel = {one.profile: one for one in facts.kernel_works if one.workload == workload}
    pairs = _pairs(known)
    tested = any(pair.p_adjusted is not None for pair in pairs)
    places = ranks(known, pairs, lower_is_better=True) if tested else {}
    baseline = facts.manifest.baseline
    titles = {server.name: server.title for server in facts.manifest.servers}
    rows = [
        replace(
            _row(profile, known, pairs, baseline),
            title=titles.get(profile, profile),
            rank=places.get(profile),
            kernel=kernel.get(profile),
        )
        for profile in known
    ]
    rows.sort(key=lambda row: row.per_request.value if row.per_request else 0.0)
    rows += [
        CountedRow(name, titles.get(name, name), failure=one.reason) for name, one in failed.items()
    ]
    some = next(iter(facts.counts), None)
    return CountedWorkload(
        workload,
        Counter.VALGRIND if some is None else some.counter,
        1 if some is None else some.connections,
        tuple(rows),
        pairs,
    )


def _spending(facts: Facts, profile: str, workload: str) -> Spending | None:
    """The last that was noted."""
    found = [
        each for each in facts.spendings if each.profile == profile and each.workload == workload
    ]
    return found[-1] if found else None


def _pairs(known: Mapping[str, _Known]) -> tuple[CountedPair, ...]:
    """Every two servers, compared as one family."""
    found = {
        names: comparison
        for names in combinations(known, 2)
        if (comparison := _compared(*map(known.__getitem__, names))) is not None
    }
    return tuple(
        CountedPair(*names, one.comparison, one.p_adjusted, one.shown, one.smallest)
        for names, one in zip(found, as_family(list(found.values())), strict=True)
    )


def _compared(subject: _Known, reference: _Known) -> Unpaired | None:
    """Two servers, with what goes by the clock taken off both, or left in both."""
    return compare_unpaired(*counted_figures(subject.counts, reference.counts))


def _row(
    profile: str, known: Mapping[str, _Known], pairs: Sequence[CountedPair], baseline: str
) -> CountedRow:
    """What one server has shown, but for its title and its rank."""
    one = known[profile]
    blocks = [block for count in one.counts for block in count.blocks]
    requests = sum(block.requests for block in blocks)
    reference = known.get(baseline)
    spent = one.spending
    base = reference.spending if reference and profile != baseline else None
    return CountedRow(
        profile,
        profile,
        level(one.figures),
        starts=len(one.counts),
        requests=requests,
        processes=max(count.processes for count in one.counts),
        settled=all(count.settled for count in one.counts),
        idle_share=idle_share(one.counts) if timers_known(one.counts) else None,
        kernel_per_request=_mean([block.kernel_instructions for block in blocks], requests),
        cycles_per_request=_mean([_cycles(b.cycles, b.kernel_cycles) for b in blocks], requests),
        ratio=_against(profile, baseline, known, pairs),
        packages=_packages(spent, base) if spent else (),
        functions=_functions(spent, base) if spent else (),
    )


def _cycles(user: int | None, kernel: int | None) -> int | None:
    return None if user is None or kernel is None else user + kernel


def _mean(counts: Sequence[int | None], requests: int) -> float | None:
    """The sum / requests; None where a part is not known."""
    known = [count for count in counts if count is not None]
    return sum(known) / requests if requests and len(known) == len(counts) else None


def _against(
    profile: str, baseline: str, known: Mapping[str, _Known], pairs: Sequence[CountedPair]
) -> CountedPair | None:
    """This server / the baseline, with what the family says of the two."""
    if profile == baseline or baseline not in known:
        return None
    (pair,) = [one for one in pairs if {one.subject, one.reference} == {profile, baseline}]
    ratio = _compared(known[profile], known[baseline])
    if ratio is None:
        return None
    return CountedPair(profile, baseline, ratio, pair.p_adjusted, pair.shown, pair.smallest)


def _packages(spent: Spending, base: Spending | None) -> tuple[PackageCost, ...]:
    """Packages by what they execute; those that the baseline alone has are there with 0."""
    ours, theirs = _by_package(spent), _by_package(base) if base else {}
    names = sorted({*ours, *theirs}, key=lambda name: -max(ours.get(name, 0), theirs.get(name, 0)))
    return tuple(
        PackageCost(
            name,
            ours.get(name, 0.0),
            ours.get(name, 0.0) - theirs.get(name, 0.0) if base else None,
        )
        for name in names
    )


def _by_package(spent: Spending) -> dict[str, float]:
    found = Tally[str]()
    for part in spent.parts:
        found[part.package] += part.instructions
    return {name: count / spent.requests for name, count in found.items()}


def _functions(spent: Spending, base: Spending | None) -> tuple[FunctionCost, ...]:
    """The functions that differ most from the baseline's; of the baseline, the largest."""
    ours, theirs = _by_function(spent), _by_function(base) if base else {}
    found = [
        FunctionCost(*key, ours.get(key, 0.0), ours.get(key, 0.0) - theirs.get(key, 0.0))
        if base
        else FunctionCost(*key, ours[key], None)
        for key in {**ours, **theirs}
    ]
    return tuple(
        sorted(found, key=lambda one: -abs(one.per_request if one.more is None else one.more))
    )


def _by_function(spent: Spending) -> dict[tuple[str, str], float]:
    return {
        (part.package, part.function): part.instructions / spent.requests for part in spent.parts
    }
