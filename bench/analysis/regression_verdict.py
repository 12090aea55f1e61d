"""From the summary of a run of base and head to a verdict: pure.

A head fails for what is both shown, corrected for all that is gated, and larger than what is
tolerated; for answering wrongly where the base did not; and for dying where the base lived. Tails
inform: they do not gate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, TypeAlias

from scipy.special import betainc

from bench import figures
from bench.analysis.absence import Absence, ServerFailed
from bench.analysis.model import CellRow, RunWarning, Section, Summary
from bench.analysis.note import Unfinished
from bench.analysis.sides import BASE, HEAD, RegressionVerdict
from bench.analysis.slice_figures import CPU, MEDIAN, THROUGHPUT
from bench.facts.load import Load, Mode
from bench.stats.compare import Comparison
from bench.stats.estimate import CONFIDENCE, Estimate
from bench.stats.family import Names, Pair, as_family, holm

GATED: Final = {Mode.OPEN: (MEDIAN, CPU), Mode.CLOSED: (THROUGHPUT, CPU)}
INFORMING: Final = tuple(
    each.name for each in (figures.AVERAGE, figures.P90, figures.P95, figures.P99)
)
FAILURES_TOLERATED: Final = 0.001
"""Of the requests, more than with the base: one slice that a disturbance has spoiled."""


@dataclass(frozen=True, slots=True)
class WithoutFigures:
    """A side has no figures in some section; absence: why, None if it was not even measured."""

    side: str
    absence: Absence | None


@dataclass(frozen=True, slots=True)
class Faulted:
    """A side failed in rounds in which the other did not: its first failure, and how many rounds.

    It died, or was not ready in time. What it answered in other rounds says nothing of that.
    """

    side: str
    first: ServerFailed
    rounds: int


class PlainReason(Enum):
    """Reasons that need no numbers."""

    TOO_FEW_SLICES = auto()  # to compare anything


RegressionReason: TypeAlias = WithoutFigures | Faulted | PlainReason | RunWarning
"""Why a verdict is not "passed"."""


@dataclass(frozen=True, slots=True)
class Change:
    """One gated figure of head against base, under one workload at one load.

    worse: the share by which head is worse, negative where it is better; 0.1 is 10 %.
    """

    workload: str
    load: Load
    figure: str
    pair: Pair
    worse: float
    regressed: bool


@dataclass(frozen=True, slots=True)
class FailureChange:
    """Failed of all requests, of base and head, and the chance of so many if nothing differed.

    p_adjusted: corrected for all that is gated; None where so few failed that nothing could have
    been shown, even if all of them had been the head's: it is not tested.
    """

    workload: str
    load: Load
    base: int
    of_base: int
    head: int
    of_head: int
    p: float
    p_adjusted: float | None
    regressed: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """A figure that informs and does not gate, ms: of all slices pooled."""

    workload: str
    load: Load
    figure: str
    base: Estimate | None
    head: Estimate | None


@dataclass(frozen=True, slots=True)
class RegressionDecision:
    """A verdict with all that it rests on.

    reasons: why it is not "passed". budget_s: that the run was given; 0: it is not known. finished:
    whether it went on to its end.
    """

    verdict: RegressionVerdict
    tolerance: float
    reasons: tuple[RegressionReason, ...]
    changes: tuple[Change, ...]
    failures: tuple[FailureChange, ...]
    tails: tuple[Tail, ...]
    budget_s: float = 0.0
    finished: bool = True


def decide(summary: Summary, tolerance: float) -> RegressionDecision:
    """Judge head against base; `tolerance` as a share.

    Undecided where base differs significantly from itself, for then the run can show neither that
    head is worse nor that it is not; and where the two were not compared at all.
    """
    counted = tuple(found for section in summary.sections for found in _counted(section))
    tested = [_tested(one) for one in counted]
    changes = tuple(_changes(summary, tolerance, tested))
    failures = tuple(
        _failures(counted, holm([*tested, *(change.pair.comparison.p for change in changes)]))
    )
    verdict, reasons = _verdict(summary, changes, failures)
    tails = tuple(found for one in summary.sections for found in _tails(one))
    budget_s = summary.manifest.settings.timing.budget_s
    return RegressionDecision(
        verdict,
        tolerance,
        reasons,
        changes,
        failures,
        tails,
        budget_s,
        finished=not any(isinstance(note, Unfinished) for note in summary.notes),
    )


def _verdict(
    summary: Summary, changes: Sequence[Change], failures: Sequence[FailureChange]
) -> tuple[RegressionVerdict, tuple[RegressionReason, ...]]:
    missing = tuple(_without_figures(summary))
    if missing:
        is_heads = any(each.side == HEAD for each in missing)
        return RegressionVerdict.FAILED if is_heads else RegressionVerdict.UNDECIDED, missing
    faulted = _faulted(summary)
    if faulted is not None:
        return RegressionVerdict.FAILED, (faulted,)
    if any(one.pair.shown for one in summary.itself if one.figure in GATED[one.load.mode]):
        return RegressionVerdict.UNDECIDED, summary.warnings
    if all(change.pair.p_adjusted is None for change in changes):
        return RegressionVerdict.UNDECIDED, (PlainReason.TOO_FEW_SLICES,)
    if any([*(one.regressed for one in changes), *(failure.regressed for failure in failures)]):
        return RegressionVerdict.FAILED, ()
    return RegressionVerdict.PASSED, ()


def _faulted(summary: Summary) -> Faulted | None:
    """Head's failures, if base had none: where both fail it is the machine, or what they share."""
    base, head = (
        [
            fault
            for server in summary.servers
            if server.profile == side
            for fault in server.faults
            if isinstance(fault, ServerFailed)
        ]
        for side in (BASE, HEAD)
    )
    if base or not head:
        return None
    return Faulted(HEAD, head[0], len({fault.round for fault in head}))


def _changes(
    summary: Summary, tolerance: float, failures: Sequence[float | None]
) -> Iterator[Change]:
    """All gated figures, as one family with the p values of failures."""
    places = [
        (section, figure, pair.comparison)
        for section in summary.sections
        for figure in GATED[section.load.mode]
        if (pair := section.against(BASE, figure).get(HEAD)) is not None
    ]
    numbered: dict[Names, Comparison] = {(str(n), ""): one for n, (*_, one) in enumerate(places)}
    for (section, figure, _), pair in zip(places, as_family(numbered, failures), strict=True):
        worse = _worse(figure, pair.comparison.ratio.value)
        yield Change(
            section.workload,
            section.load,
            figure,
            pair,
            worse,
            regressed=pair.shown and worse > tolerance,
        )


def _worse(figure: str, ratio: float) -> float:
    return 1 / ratio - 1 if figure == THROUGHPUT else ratio - 1


def _counted(section: Section) -> Iterator[FailureChange]:
    """Failures under one load, not yet corrected nor judged."""
    rows = {row.profile: row for row in section.rows}
    if BASE in rows and HEAD in rows and rows[BASE].requests and rows[HEAD].requests:
        base, head = rows[BASE], rows[HEAD]
        yield FailureChange(
            section.workload,
            section.load,
            base.failures,
            base.requests,
            head.failures,
            head.requests,
            chance_of_so_many(head.failures, head.requests, base.failures, base.requests),
            p_adjusted=None,
            regressed=False,
        )


def _tested(one: FailureChange) -> float | None:
    """The p value as a member of the family; None: so few failures can show nothing.

    What could not have been shown with all failures on the head's side takes no level from the
    others: Tarone, A Modified Bonferroni Method for Discrete Data, Biometrics 46 (1990).
    """
    least = chance_of_so_many(one.base + one.head, one.of_head, 0, one.of_base)
    return one.p if least < 1 - CONFIDENCE else None


def _failures(
    counted: Sequence[FailureChange], adjusted: Sequence[float | None]
) -> Iterator[FailureChange]:
    for one, p in zip(counted, adjusted, strict=False):
        more = one.head / one.of_head - one.base / one.of_base
        shown = p is not None and p < 1 - CONFIDENCE
        yield replace(one, p_adjusted=p, regressed=shown and more > FAILURES_TOLERATED)


def chance_of_so_many(head: int, of_head: int, base: int, of_base: int) -> float:
    """Probability that head has so many of all failures, or more, if it is no likelier to fail.

    Given how many there are in all, head's number is then binomial with its share of the requests:
    the conditional test of two Poisson rates, Przyborowski and Wilenski, Biometrika 31 (1940).
    """
    if head == 0:
        return 1.0
    return float(betainc(head, base + 1, of_head / (of_head + of_base)))


def _tails(section: Section) -> Iterator[Tail]:
    rows = {row.profile: row for row in section.rows}
    if section.load.mode is Mode.OPEN and {BASE, HEAD} <= rows.keys():
        for figure in INFORMING:
            found = (rows[role].figures.get(figure) for role in (BASE, HEAD))
            yield Tail(section.workload, section.load, figure, *found)


def _without_figures(summary: Summary) -> Iterator[WithoutFigures]:
    """Sides that have no figures at all in some section, with the reason."""
    rows: Sequence[CellRow] = [row for section in summary.sections for row in section.rows]
    for role in (BASE, HEAD):
        reasons = [row.reason for row in rows if row.profile == role and row.reason]
        gates = [server.gate for server in summary.servers if server.profile == role]
        if reasons:
            yield WithoutFigures(role, reasons[0])
        elif not any(row.profile == role for row in rows) or any(g and not g.passed for g in gates):
            yield WithoutFigures(role, None)
