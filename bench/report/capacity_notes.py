"""Sentences about a search for capacity: its notes, why a server has none, and what failed."""

from functools import singledispatch
from typing import Final

from bench.analysis.capacity.model import CapacityRow, CapacitySummary
from bench.analysis.capacity.note import (
    Accuracy,
    CapacityNote,
    ExcludedSlices,
    FewConnections,
    GateTestFailed,
    PlaceDoubt,
    PlainCapacityNote,
    PlainNoCapacity,
    ServerLimit,
    ServerNote,
    SloNeverMet,
    SuiteNotRun,
)
from bench.analysis.model import SelfTestFailed
from bench.analysis.note import RecordedNote, Unfinished
from bench.doubts import advice, says
from bench.facts.load import Sent
from bench.facts.run import FolderChanges, LoggedStatuses, RequestNotes
from bench.formatting import listing, plural, worded
from bench.messages import accuracy, changed_files, failed_claims, other_statuses, unsent

PLAIN: Final = {
    PlainCapacityNote.NO_SELFTEST: (
        "There was no self-test: nothing shows that measurements on this machine can be trusted."
    ),
    PlainCapacityNote.NO_GATE: (
        "There was no gate: nothing shows that these servers respond correctly."
    ),
}
_LIMITS: Final = {
    ServerLimit.GENERATOR: (
        " meets the SLO up to the generator's maximum: its capacity is higher, and "
        "unknown. See --generator-cores."
    ),
    ServerLimit.NOTHING_FAILED: ": no rate failed within the budget: give more --budget.",
    ServerLimit.MOVED: (
        ": a fresh process disagreed with the first one, so the interval was "
        "widened: processes differ from start to start."
    ),
    ServerLimit.REFUTED: ": fresh processes repeatedly refuted an end of the interval.",
    ServerLimit.UNVERIFIED: " was not verified with a fresh process: the budget was spent.",
    ServerLimit.UNVERIFIED_YET: (
        " was not verified with a fresh process: the run ended too early for that."
    ),
}
_REASONS: Final = {
    PlainNoCapacity.GATE_FAILED: "it failed its gate",
    PlainNoCapacity.NOT_STARTED: "it did not start, or it crashed",
    PlainNoCapacity.NOT_LOADED: "it was not loaded",
    PlainNoCapacity.CLIENT_DELAY: (
        "the client's own delay decided every slice: keep other programs off the generator's core"
    ),
    PlainNoCapacity.NOT_CONFIRMED: (
        "a fresh process passed at none of the rates that had passed before"
    ),
    PlainNoCapacity.TOO_FEW_REQUESTS: "too few requests to show so small a share: relax the limit",
    PlainNoCapacity.NOT_CONCLUSIVE: (
        "no rate passed conclusively within the budget: give more --budget"
    ),
    PlainNoCapacity.NOT_CONCLUSIVE_YET: "the run ended before any rate had passed conclusively",
}


_COUNTING: Final = (FewConnections, PlaceDoubt)
"""Notes that say how requests fared, in words of our own and names of servers alone."""


def notes(summary: CapacitySummary) -> list[str]:
    """Write everything that limits what the figures say."""
    return [
        worded(sentence(note), summary.sent) if isinstance(note, _COUNTING) else sentence(note)
        for note in summary.notes
    ]


def reason(row: CapacityRow, sent: Sent = Sent.REQUEST) -> str:
    """Say why a server has no capacity; empty: it has one."""
    if row.reason is None:
        return ""
    if isinstance(row.reason, SloNeverMet):
        return f"it meets the SLO at no rate, not even at {row.reason.lowest_rate:g} {sent}s/s"
    return worded(_REASONS[row.reason], sent)


def failures(summary: CapacitySummary) -> list[tuple[str, str]]:
    """Profile and text of all that went wrong."""
    found = []
    for failure in summary.failures:
        if isinstance(failure, SuiteNotRun):
            text = f"the suite could not be run: {failure.error}"
        elif isinstance(failure, GateTestFailed):
            text = f"failed its gate: {failure.test}: {failure.message}"
        else:
            text = failure.message
        found.append((failure.profile, text))
    return found


@singledispatch
def sentence(note: CapacityNote) -> str:
    """Write one note."""
    raise NotImplementedError(note)


@sentence.register
def _(note: PlainCapacityNote) -> str:
    return PLAIN[note]


@sentence.register
def _(note: SelfTestFailed) -> str:
    return failed_claims(note.claims)


@sentence.register
def _(note: Accuracy) -> str:
    return accuracy(note.proof)


@sentence.register
def _(note: FolderChanges) -> str:
    return changed_files(note)


@sentence.register
def _(note: LoggedStatuses) -> str:
    return other_statuses(note)


@sentence.register
def _(note: RequestNotes) -> str:
    return unsent(note)


@sentence.register
def _(note: Unfinished) -> str:
    how = note.ending or "cut off"
    return f"The run did not finish ({how}): this report covers what was measured until then."


@sentence.register
def _(note: RecordedNote) -> str:
    return f"{_capitalized(note.text)}."


@sentence.register
def _(note: ServerNote) -> str:
    return f"{note.profile}{_LIMITS[note.limit]}"


@sentence.register
def _(note: FewConnections) -> str:
    return (
        f"{note.profile}: at its limit, requests waited for one of {note.connections} "
        "connections; a server that handles many requests at once may reach more with "
        "more --connections."
    )


@sentence.register
def _(note: ExcludedSlices) -> str:
    kinds = [kind.replace("_", " ") for kind in note.kinds]
    return (
        f"{note.profile}: {note.excluded} of {plural(note.slices, 'slice')} were excluded "
        f"because the client's own delay decided them: {listing(kinds)}."
    )


@sentence.register
def _(note: PlaceDoubt) -> str:
    return f"{_capitalized(says(note.kind, note.value))}. {_capitalized(advice(note.kind))}."


def _capitalized(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
