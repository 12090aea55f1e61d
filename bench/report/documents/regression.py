"""What a regression test says: its verdict, and every figure that it rests on."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Final

from bench.analysis.regression_verdict import (
    Change,
    FailureChange,
    Faulted,
    PlainReason,
    RegressionDecision,
    RegressionReason,
    Tail,
    WithoutFigures,
)
from bench.analysis.sides import RegressionVerdict
from bench.facts.load import Load
from bench.figures import FIGURES
from bench.formatting import load_in_words, plural, share, showable, spoken, worded
from bench.plan.forecast import precise_s
from bench.report.absences import why_absent
from bench.report.cells import compared, estimated, relative
from bench.report.document import (
    Block,
    Cell,
    Column,
    Document,
    DocumentSection,
    KeySentence,
    Table,
    Tone,
    paragraphs,
)
from bench.report.notes import warning

_ELSEWHERE: Final = "see regression.md"
TONES: Final = {
    RegressionVerdict.PASSED: Tone.GOOD,
    RegressionVerdict.FAILED: Tone.ALARM,
    RegressionVerdict.UNDECIDED: Tone.DOUBTFUL,
}
_PLAIN: Final = {PlainReason.TOO_FEW_SLICES: "there are too few slices to compare anything"}
CUT_SHORT: Final = (
    "The run did not go on to its end: more rounds would have narrowed the intervals."
)
_NOTE: Final = (
    "Gated: median response time, throughput, CPU per request, and failures. A figure fails "
    "if its difference is shown (at 95 %, corrected for everything that is gated) and larger "
    "than the tolerance. Averages and tails are for information; they do not gate."
)


def document(decision: RegressionDecision, sides: tuple[str, str]) -> Document:
    """Shape the report; sides: what base and head are."""
    blocks: list[Block] = [
        KeySentence(headline(decision, sides), TONES[decision.verdict]),
        *_tables(decision),
        paragraphs(_NOTE, *([] if decision.finished else [CUT_SHORT]), tone=Tone.ASIDE),
    ]
    return Document("Regression test", f"{sides[1]} against {sides[0]}", blocks, _ELSEWHERE)


def headline(decision: RegressionDecision, sides: tuple[str, str]) -> str:
    """Say in a sentence what came of it; sides: what base and head are."""
    what = f"{sides[1]} against {sides[0]}"
    why = reasons(decision)
    if decision.verdict is RegressionVerdict.UNDECIDED:
        return f"undecided: {what}: {'; '.join(why)}"
    if decision.verdict is RegressionVerdict.FAILED:
        return f"failed: {what}: {'; '.join(why or _regressions(decision))}"
    return (
        f"passed: {what}: no figure is shown to be worse by more than "
        f"{share(decision.tolerance)}{_blindness(decision)}"
    )


def reasons(decision: RegressionDecision) -> list[str]:
    """Say why a verdict is not "passed"; empty where a figure says so, or it is."""
    return [_reason(reason) for reason in decision.reasons]


def _reason(found: RegressionReason) -> str:
    if isinstance(found, PlainReason):
        return _PLAIN[found]
    if isinstance(found, Faulted):
        times = f" (in {plural(found.rounds, 'round')})" if found.rounds > 1 else ""
        return f"{found.side} failed: {why_absent(found.first)}{times}"
    if not isinstance(found, WithoutFigures):
        return warning(found)
    if found.absence is None:
        return f"{found.side} was not measured: see its gate and its log"
    return f"{found.side} has no figures: {why_absent(found.absence)}"


def _blindness(decision: RegressionDecision) -> str:
    """Say what a pass is worth where the run could not have shown what is not tolerated."""
    found = [change.pair.smallest for change in decision.changes]
    widest = max((inf if each is None else each for each in found), default=inf)
    if widest <= decision.tolerance:
        return ""
    enough_s = precise_s(decision.budget_s, widest, decision.tolerance)
    more = f", about {enough_s:.0f}s" if enough_s else ""
    return f" ({showable(widest)}: give more --budget{more})"


def _regressions(decision: RegressionDecision) -> Iterator[str]:
    for change in decision.changes:
        if change.regressed:
            yield (
                f"{figure_of(change)} of {where(change.workload, change.load)} is "
                f"worse by {share(change.worse)} ({spoken(change.pair.ratio)} times the base's)"
            )
    for failed in decision.failures:
        if failed.regressed:
            yield (
                f"{failed.head:,} of {failed.of_head:,} {failed.load.sent}s of "
                f"{where(failed.workload, failed.load)} failed, and {failed.base:,} of "
                f"{failed.of_base:,} with the base"
            )


def where(workload: str, load: Load) -> str:
    """Name a workload and its load."""
    return f"{workload}, {load_in_words(load)}"


def figure_of(change: Change) -> str:
    """Name what is gated, in running text."""
    return worded(FIGURES[change.figure].sentence, change.load.sent)


def _tables(decision: RegressionDecision) -> Iterator[DocumentSection]:
    if decision.changes:
        yield _section("Gated", _gated(decision.changes), decision.changes)
    if decision.failures:
        yield _section("Failures", _failed(decision.failures), decision.failures)
    if decision.tails:
        yield _section("For information", _informing(decision.tails))


def _section(
    title: str, columns: Sequence[Column], rows: Sequence[Change | FailureChange] = ()
) -> DocumentSection:
    """A section of one table; rows: what its lines are of, where they can regress."""
    tones = [Tone.BAD if row.regressed else Tone.PLAIN for row in rows]
    return DocumentSection(title, [Table(title, columns, tones)])


def _gated(changes: Sequence[Change]) -> Sequence[Column]:
    return (
        _column("load", [where(change.workload, change.load) for change in changes], 60),
        _column("figure", [figure_of(change) for change in changes], 120),
        _column("head / base", [compared(change.pair) for change in changes], 110, numeric=True),
        _column(
            "smallest difference",
            [relative(change.pair.smallest) for change in changes],
            40,
            numeric=True,
        ),
        _column("verdict", ["regressed" if change.regressed else "" for change in changes], 100),
    )


def _failed(failures: Sequence[FailureChange]) -> Sequence[Column]:
    return (
        _column("load", [where(failure.workload, failure.load) for failure in failures], 60),
        _column(
            "base",
            [f"{failure.base:,} of {failure.of_base:,}" for failure in failures],
            90,
            numeric=True,
        ),
        _column(
            "head",
            [f"{failure.head:,} of {failure.of_head:,}" for failure in failures],
            90,
            numeric=True,
        ),
        _column("verdict", ["regressed" if failure.regressed else "" for failure in failures], 100),
    )


def _informing(tails: Sequence[Tail]) -> Sequence[Column]:
    return (
        _column("load", [where(tail.workload, tail.load) for tail in tails], 60),
        _column("response time", [FIGURES[tail.figure].title for tail in tails], 120),
        _column("base (ms)", [estimated(tail.base) for tail in tails], 90, numeric=True),
        _column("head (ms)", [estimated(tail.head) for tail in tails], 90, numeric=True),
    )


def _column(title: str, cells: Sequence[Cell], weight: int, *, numeric: bool = False) -> Column:
    return Column(title, "", tuple(cells), weight, numeric=numeric)
