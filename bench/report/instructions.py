"""Instructions a request, as tables and sentences: what they went on, and what is not in them."""

from collections.abc import Iterable, Sequence
from typing import Final

from bench.analysis.instructions.servers import (
    CountedRow,
    CountedWorkload,
    FunctionCost,
    PackageCost,
)
from bench.facts.instructions import Counter, KernelWork
from bench.formatting import DASH, plural
from bench.report.cells import NONE
from bench.report.document import Cell, Column, Value
from bench.report.table_columns import rank
from bench.stats.estimate import Estimate

TITLE: Final = "Instructions per request"
KERNEL: Final = "What the kernel did for a request"
KERNEL_CAPTION: Final = (
    "Without a counter, over one connection: the work that the instructions leave out. System "
    "calls are counted where strace is installed."
)
WHERE: Final = "Where the instructions went"
_BY: Final = {
    Counter.VALGRIND: "counted by valgrind, which simulates the CPU",
    Counter.HARDWARE: "counted by the CPU itself",
}
_NOT_IN_IT: Final = {
    Counter.VALGRIND: "Not in it: the kernel's work, waiting, and what caches and branches cost; "
    "threads run one at a time. Servers whose throughput differs though their instructions do not "
    "differ in these.",
    Counter.HARDWARE: "Not in it: waiting; the kernel's work has a column of its own.",
}
_PACKAGES: Final = 12
_FUNCTIONS: Final = 10
_CALLS: Final = 5
_LEAST: Final = 0.002
"""Of a server's instructions, that a package must be to have a row."""


def title(found: CountedWorkload, among: Sequence[CountedWorkload]) -> str:
    """The heading; it names the workload where there are several."""
    return TITLE if len(among) == 1 else f"{TITLE}: {found.workload}"


def caption(found: CountedWorkload) -> str:
    """What was counted, and how."""
    rows = [row for row in found.rows if row.per_request is not None]
    starts = max((row.starts for row in rows), default=0)
    over = plural(found.connections, "connection")
    return (
        f"In user mode, all processes of a server together, {_BY[found.counter]}, in a pass of its "
        f"own: {plural(starts, 'fresh start')} each, over {over}, every response verified, without "
        "full garbage collections. Intervals are over starts. ratio: to the baseline, "
        "with its own interval. by the clock: "
        f"what timers did meanwhile, which is left out; {NONE}: unknown, and therefore included."
    )


def not_in_it(found: CountedWorkload) -> str:
    """What the figure leaves out."""
    return _NOT_IN_IT[found.counter]


def failures(found: CountedWorkload) -> list[str]:
    """One line for each server that could not be counted, or that did not settle."""
    lines = [f"{row.profile}: not counted: {row.failure}" for row in found.rows if row.failure]
    return lines + [
        f"{row.profile}: its blocks had not settled when counting began"
        for row in found.rows
        if not row.settled
    ]


def columns(found: CountedWorkload) -> tuple[Column, ...]:
    """Shape the table; no columns where no server could be counted."""
    rows = [row for row in found.rows if row.per_request is not None]
    if not rows:
        return ()
    return (
        Column("server", "", tuple(row.profile for row in rows), 120, numeric=False),
        Column("rank", "", tuple(rank(row.rank) for row in rows), 115, numeric=False),
        Column("instructions", "", tuple(precisely(row.per_request) for row in rows), 110),
        Column("ratio", "", tuple(map(_ratio, rows)), 105),
        *_optional("kernel", [row.kernel_per_request for row in rows], 100),
        *_optional("cycles", [row.cycles_per_request for row in rows], 95),
        Column("by the clock", "", tuple(_share(row.idle_share) for row in rows), 40),
        Column("processes", "", tuple(_whole(row.processes) for row in rows), 30),
        Column("requests", "", tuple(_whole(row.requests) for row in rows), 20),
    )


def kernel_columns(found: CountedWorkload) -> tuple[Column, ...]:
    """What the kernel did for a request; no columns where that is not known of any server."""
    known = [(row.profile, row.kernel) for row in found.rows if row.kernel is not None]
    if not known:
        return ()
    works = [work for _, work in known]
    return (
        Column("server", "", tuple(name for name, _ in known), 120, numeric=False),
        Column(
            "context switches", "", tuple(_each(w.context_switches, w.requests) for w in works), 110
        ),
        Column("page faults", "", tuple(_each(w.page_faults, w.requests) for w in works), 100),
        *_system_calls(works),
    )


def _system_calls(works: Sequence[KernelWork]) -> tuple[Column, ...]:
    if all(work.calls is None for work in works):
        return ()
    all_of_them = tuple(
        NONE if work.calls is None else _each(sum(work.calls.values()), work.traced)
        for work in works
    )
    by_name = tuple(NONE if work.calls is None else _most(work) for work in works)
    return (
        Column("system calls", "", all_of_them, 105),
        Column("most of them", "", by_name, 90, numeric=False),
    )


def _most(work: KernelWork) -> str:
    """The system calls that are made most often, each with how often for a request."""
    calls = sorted((work.calls or {}).items(), key=lambda each: -each[1])[:_CALLS]
    return ", ".join(f"{name} {count / work.traced:.1f}" for name, count in calls)


def _each(count: int, requests: int) -> Cell:
    each = count / requests
    return Value(f"{each:.2f}", sort=each)


def package_columns(found: CountedWorkload) -> tuple[Column, ...]:
    """Instructions a request of each package, a column for each server."""
    rows = [row for row in found.rows if row.packages]
    names = _largest(row.packages for row in rows)
    if not names:
        return ()
    return (
        Column("package", "", tuple(names), 120, numeric=False),
        *(
            Column(
                row.profile,
                "",
                tuple(
                    _cost({one.package: one for one in row.packages}.get(name)) for name in names
                ),
                110 - place,
            )
            for place, row in enumerate(rows)
        ),
    )


def function_columns(row: CountedRow) -> tuple[Column, ...]:
    """The functions of one server that differ most from the baseline's, or are its largest."""
    shown = row.functions[:_FUNCTIONS]
    return (
        Column("package", "", tuple(one.package for one in shown), 120, numeric=False),
        Column("function", "", tuple(one.function for one in shown), 110, numeric=False),
        Column("instructions", "", tuple(_whole(one.per_request) for one in shown), 100),
        *_differences(shown),
    )


def where_caption(baseline: str) -> str:
    """What the table of packages is."""
    return (
        f"Instructions per request by package, and in brackets how many more than {baseline}'s. "
        "What Python code executes is the interpreter's: its functions are not told apart."
    )


def precisely(estimate: Estimate | None) -> Cell:
    """A count with its interval, every digit of it: they mean something here."""
    if estimate is None:
        return NONE
    return Value(f"{estimate.value:,.0f}", _bounds(estimate, 0), estimate.value)


def _ratio(row: CountedRow) -> Cell:
    """To four places: hundredths of a per cent mean something here."""
    pair = row.ratio
    if pair is None:
        return NONE
    if pair.p_adjusted is None:
        before = "not tested, "
    else:
        before = "" if pair.shown else "no difference shown, "
    ratio = pair.ratio
    return Value(f"{before}{ratio.value:.4f}", _bounds(ratio, 4), ratio.value)


def _bounds(estimate: Estimate, places: int) -> str:
    """The interval with so many places."""
    if estimate.lo is None or estimate.hi is None:
        return "no interval"
    return f"{estimate.lo:,.{places}f}{DASH}{estimate.hi:,.{places}f}"


def _optional(name: str, values: Sequence[float | None], weight: int) -> tuple[Column, ...]:
    """A column that is there where something is known."""
    if not any(value is not None for value in values):
        return ()
    cells = tuple(NONE if value is None else _whole(value) for value in values)
    return (Column(name, "", cells, weight),)


def _largest(every: Iterable[Sequence[PackageCost]]) -> list[str]:
    """Packages that are some part of any server, the largest first."""
    most: dict[str, float] = {}
    for packages in every:
        total = sum(one.per_request for one in packages)
        for one in packages:
            if one.per_request >= _LEAST * total:
                most[one.package] = max(most.get(one.package, 0.0), one.per_request)
    return sorted(most, key=lambda name: -most[name])[:_PACKAGES]


def _of(name: str, packages: Sequence[PackageCost]) -> PackageCost | None:
    return next((one for one in packages if one.package == name), None)


def _cost(one: PackageCost | None) -> Cell:
    if one is None or not one.per_request:
        return NONE
    more = "" if one.more is None else f"{one.more:+,.0f}"
    return Value(f"{one.per_request:,.0f}", more, one.per_request)


def _differences(shown: Sequence[FunctionCost]) -> tuple[Column, ...]:
    if all(one.more is None for one in shown):
        return ()
    cells = tuple(
        NONE if one.more is None else Value(f"{one.more:+,.0f}", sort=one.more) for one in shown
    )
    return (Column("more than the baseline", "", cells, 105),)


def _whole(value: float) -> Cell:
    return Value(f"{value:,.0f}", sort=value)


def _share(value: float | None) -> Cell:
    return NONE if value is None else Value(f"{value:.1%}", sort=value)
