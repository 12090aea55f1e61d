"""Why there is no figure of a cell, and what went wrong with a server, in words."""

from functools import singledispatch

from bench.analysis.absence import (
    Absence,
    GateFailed,
    GateNotRun,
    GrowingQueue,
    InvalidSlices,
    PlainAbsence,
    ServerFailed,
    ServerFault,
    ServerKilled,
    WorstDoubt,
    WrongAnswers,
)
from bench.analysis.model import CellRow, ServerRow
from bench.doubts import says
from bench.facts.load import Sent
from bench.facts.slice import DoubtKind
from bench.formatting import listing, plural
from bench.messages import failure_counts


def reason(row: CellRow) -> str:
    """Say why a cell has no figures; empty: it has."""
    sent = row.cell.load.sent
    match row.reason:
        case None:
            return ""
        case InvalidSlices():
            return _invalid(row.reason, sent)
        case GrowingQueue():
            return _growing(row.reason, sent)
        case _:
            return why_absent(row.reason)


def faults(server: ServerRow) -> list[str]:
    """Say what went wrong with a server, first things first."""
    return [why_absent(each) for each in server.faults]


def why_nothing(fault: ServerFault | None) -> str:
    """Say why nothing of a server was measured: for its first fault, if there is one."""
    return why_absent(PlainAbsence.NO_SLICE if fault is None else fault)


@singledispatch
def why_absent(absence: Absence) -> str:
    """Write one reason."""
    raise NotImplementedError(absence)


@why_absent.register
def _(absence: PlainAbsence) -> str:
    return {PlainAbsence.NO_SLICE: "no slice was finished"}[absence]


@why_absent.register
def _(absence: GateNotRun) -> str:
    first_line = absence.error.splitlines()[0] if absence.error else ""
    return f"the gate could not be run: {first_line}"


@why_absent.register
def _(absence: GateFailed) -> str:
    if not absence.tests:
        return "gate failed: no test was run"
    return f"gate failed: {absence.failed} of {plural(absence.tests, 'test')}"


@why_absent.register
def _(absence: ServerFailed) -> str:
    return f"round {absence.round}: {absence.message}"


@why_absent.register
def _(absence: ServerKilled) -> str:
    return f"round {absence.round}: did not end by itself in time and was killed"


@why_absent.register
def _(absence: GrowingQueue) -> str:
    return _growing(absence)


def _growing(absence: GrowingQueue, sent: Sent = Sent.REQUEST) -> str:
    growth = says(DoubtKind.OVERLOADED, absence.share, sent)
    return f"over {plural(absence.slices, 'slice')}, {growth}"


@why_absent.register
def _(absence: InvalidSlices) -> str:
    return _invalid(absence)


def _invalid(absence: InvalidSlices, sent: Sent = Sent.REQUEST) -> str:
    text = f"{absence.invalid} of {plural(absence.slices, 'slice')} invalid"
    return text if absence.cause is None else f"{text}: {_cause(absence.cause, sent)}"


def _cause(cause: WrongAnswers | WorstDoubt, sent: Sent) -> str:
    if isinstance(cause, WorstDoubt):
        return says(cause.kind, cause.value, sent)
    first = f"; first: {cause.first}" if cause.first else ""
    return (
        f"{cause.right:,} of {plural(cause.requests, sent)} answered correctly, "
        f"{listing(failure_counts(cause.failures))}{first}"
    )
