"""What a regression test by instructions says: its verdict, and where the difference went."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final

from bench.analysis.instructions.moves import MOST, Move, WorkloadMoves
from bench.analysis.instructions.verdict import (
    CountedChange,
    InstructionDecision,
    InstructionReason,
    NotItself,
    TwoCounters,
)
from bench.analysis.sides import RegressionVerdict
from bench.facts.instructions import LEAST, Counter
from bench.formatting import listing, plural, share
from bench.report.cells import NONE
from bench.report.document import (
    Block,
    Cell,
    Column,
    Document,
    DocumentSection,
    KeySentence,
    Table,
    Tone,
    Value,
    paragraphs,
)
from bench.report.documents.regression import CUT_SHORT, TONES
from bench.stats.estimate import Estimate

_ELSEWHERE: Final = "see regression.md"
_ROWS: Final = {
    RegressionVerdict.PASSED: Tone.PLAIN,
    RegressionVerdict.FAILED: Tone.BAD,
    RegressionVerdict.UNDECIDED: Tone.DOUBTFUL,
}
_COUNTERS: Final = {
    Counter.VALGRIND: "valgrind, which counts what a server executes in user mode",
    Counter.HARDWARE: "the CPU's counters, in user mode",
}
_LEAST_MOVED: Final = 0.0001
"""Of all instructions of base: less is not listed."""


def document(
    decision: InstructionDecision, moved: Sequence[WorkloadMoves], sides: tuple[str, str]
) -> Document:
    """Shape the report; sides: what base and head are."""
    blocks: list[Block] = [KeySentence(headline(decision, sides), TONES[decision.verdict])]
    if decision.changes:
        tones = [_ROWS[one.verdict] for one in decision.changes]
        table = Table("Instructions a request", _columns(decision.changes), tones)
        blocks.append(DocumentSection("Instructions a request", [table]))
    blocks += _where_it_went(decision.changes, moved)
    blocks.append(paragraphs(*_notes(decision), tone=Tone.ASIDE))
    title = "Regression test by instructions"
    return Document(title, f"{sides[1]} against {sides[0]}", blocks, _ELSEWHERE)


def headline(decision: InstructionDecision, sides: tuple[str, str]) -> str:
    """Say in a sentence what came of it; sides: what base and head are."""
    what = f"{decision.verdict}: {sides[1]} against {sides[0]}: "
    worse = [
        f"{one.workload} takes {percent(one.ratio)} instructions a request"
        for one in decision.changes
        if one.verdict is decision.verdict is RegressionVerdict.FAILED
    ]
    why = reasons(decision)
    if worse or why:
        return what + "; ".join([*worse, *why])
    if decision.verdict is RegressionVerdict.UNDECIDED:
        return what + _undecided(decision)
    widest = max(one.smallest for one in decision.changes)
    return (
        f"{what}no workload takes more than {share(decision.tolerance)} more instructions a "
        f"request (differences from {widest:.2%} on could have been shown)"
    )


def _undecided(decision: InstructionDecision) -> str:
    """Name the intervals that the tolerance lies in."""
    open_ = [one for one in decision.changes if one.verdict is RegressionVerdict.UNDECIDED]
    if not open_:
        return "nothing was counted"
    found = "; ".join(f"{one.workload}: {percent(one.ratio)}" for one in open_)
    return f"more --rounds would tell on which side of {share(decision.tolerance)} it is: {found}"


def reasons(decision: InstructionDecision) -> list[str]:
    """Say why a verdict is not what the ratios alone would say; mostly empty."""
    return [_reason(reason) for reason in decision.reasons]


def _reason(found: InstructionReason) -> str:
    if isinstance(found, NotItself):
        return f"base differs from itself under {found.workload}, so nothing can be told"
    if isinstance(found, TwoCounters):
        return "some starts were counted by valgrind and others by the CPU, which do not agree"
    if found.gate:
        return f"{found.side} failed its gate: {found.reason or 'see its gate and its log'}"
    where = f" under {found.workload}" if found.workload else ""
    return f"{found.side} was not counted{where}" + (f": {found.reason}" if found.reason else "")


def percent(ratio: Estimate) -> Value:
    """A ratio as a change in per cent, to its hundredths, with its interval."""
    if ratio.lo is None or ratio.hi is None:
        return Value(f"{ratio.value - 1:+.2%}", "no interval", ratio.value)
    detail = f"{ratio.lo - 1:+.2%} to {ratio.hi - 1:+.2%}"
    return Value(f"{ratio.value - 1:+.2%}", detail, ratio.value)


def _columns(changes: Sequence[CountedChange]) -> Sequence[Column]:
    return (
        _column("workload", [one.workload for one in changes], 100, numeric=False),
        _column("base", [_level(one.base) for one in changes], 90),
        _column("head", [_level(one.head) for one in changes], 90),
        _column("difference", [percent(one.ratio) for one in changes], 120),
        _column("smallest difference", [_width(one.smallest) for one in changes], 50),
        _column("base against itself", [_itself(one.itself) for one in changes], 40),
        _column("verdict", [str(one.verdict) for one in changes], 110, numeric=False),
    )


def _level(figure: Estimate) -> Value:
    """A side's own figure: its interval covers how one start differs from the next."""
    bounds = (
        "" if figure.lo is None or figure.hi is None else f"{figure.lo:,.0f} to {figure.hi:,.0f}"
    )
    return Value(f"{figure.value:,.0f}", bounds or "no interval", figure.value)


def _width(smallest: float) -> Cell:
    return Value(f"{smallest:.2%}", sort=smallest) if isfinite(smallest) else NONE


def _itself(ratio: Estimate | None) -> Cell:
    return NONE if ratio is None else percent(ratio)


def _where_it_went(
    changes: Sequence[CountedChange], moved: Sequence[WorkloadMoves]
) -> Iterator[DocumentSection]:
    """By package, and by function: only of workloads where something is shown to differ."""
    levels = {one.workload: one.base.value for one in changes if one.shown}
    for one in moved:
        least = _LEAST_MOVED * levels.get(one.workload, 0.0)
        packages = [move for move in one.packages if abs(move.difference) >= least]
        functions = [move for move in one.functions if abs(move.difference) >= least]
        if one.workload in levels and packages:
            title = f"Where the difference went: {one.workload}"
            tables: list[Block] = [Table("By package", _moves("package", packages))]
            if functions:
                tables.append(Table("By function", _moves("function", functions)))
            yield DocumentSection(title, [*tables, paragraphs(_of_moves(), tone=Tone.ASIDE)])


def _moves(title: str, found: Sequence[Move]) -> Sequence[Column]:
    names = [one.package if one.function is None else _function(one) for one in found]
    return (
        _column(title, names, 100, numeric=False),
        _column("base", [_part(one.base) for one in found], 60),
        _column("head", [_part(one.head) for one in found], 60),
        _column("difference", [_difference(one) for one in found], 110),
    )


def _function(one: Move) -> str:
    return f"{one.function} ({one.package})"


def _part(value: float | None) -> Cell:
    return NONE if value is None else Value(f"{value:,.0f}", sort=value)


def _difference(one: Move) -> Value:
    at_least = one.function is not None and (one.base is None or one.head is None)
    before = "at least " if at_least else ""
    return Value(f"{before}{one.difference:+,.0f}", sort=one.difference)


def _of_moves() -> str:
    """Say what these tables have, and what they cannot tell."""
    return (
        "Instructions a request, each function without those that it calls, with the work of "
        f"timers. At most {MOST} functions; of one with less than {LEAST:.2%} of a side's "
        f"instructions nothing is known there ({NONE}). Functions are those of machine code: all "
        "Python functions are the interpreter's."
    )


def _notes(decision: InstructionDecision) -> Iterator[str]:
    yield (
        "A workload fails if the whole interval of its difference lies above the tolerance "
        f"({share(decision.tolerance)}), and is undecided if the tolerance lies in it. Intervals "
        "are at 95 % for all workloads together, over fresh starts (Welch's t on logarithms)."
    )
    if decision.counters:
        by = listing([_COUNTERS[one] for one in decision.counters])
        over = plural(decision.connections, "connection")
        yield (
            f"Counted by {by}, over {over}. Time in the kernel, waiting, and Python's full garbage "
            "collections are not in it."
        )
    starts = sorted({one.starts for one in decision.changes})
    if starts:
        shown = listing([f"{base} of base and {head} of head" for base, head in starts])
        yield f"Fresh starts: {shown}."
    if decision.changes and not decision.finished:
        yield CUT_SHORT
    yield from _by_the_clock(decision)
    unsettled = sum(one.unsettled for one in decision.changes)
    if unsettled:
        yield f"{plural(unsettled, 'start')} had not settled when counting began."


def _by_the_clock(decision: InstructionDecision) -> Iterator[str]:
    """What was left out as timers did it, and where it is too much to be passed over."""
    for one in decision.changes:
        if one.idle is None:
            yield (
                f"{one.workload}: what goes by the clock was not known in some start, so it is in "
                "the figures of both sides. From three starts a side on, they are compared as if "
                "their blocks had taken equally long."
            )
            continue
        base, head = one.idle
        yield (
            f"{one.workload}: what goes by the clock is left out: {base:.1%} of base's "
            f"instructions, {head:.1%} of head's."
        )
        if abs(head - base) > decision.tolerance:
            yield (
                f"{one.workload}: head does more or less by the clock than base, which is not "
                "judged: under valgrind timers fire too often for a request."
            )


def _column(title: str, cells: Sequence[Cell], weight: int, *, numeric: bool = True) -> Column:
    return Column(title, "", tuple(cells), weight, numeric=numeric)
