"""What is to be kept in mind with the figures, the weightiest first."""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.analysis.capacity.goal import CapacityGoal
from bench.analysis.capacity.model import CapacityRow
from bench.analysis.capacity.note import (
    Accuracy,
    CapacityNote,
    ExcludedSlices,
    FewConnections,
    PlaceDoubt,
    PlainCapacityNote,
    ServerLimit,
    ServerNote,
)
from bench.analysis.capacity.phases import Phase
from bench.analysis.capacity.search import SearchEnd
from bench.analysis.capacity.verification import BracketState
from bench.analysis.note import RecordedNote, Unfinished
from bench.analysis.notes import failed_selftest
from bench.facts.run import FINISHED, Facts
from bench.facts.settings import Check
from bench.facts.slice import DoubtKind
from bench.stats.units import NS_PER_S

MANY_SPOILED: Final = 0.1  # of a server's slices: worth a note

_OF_THE_PLACE: Final = (
    DoubtKind.ONE_CORE,
    DoubtKind.NOT_PINNED,
    DoubtKind.COARSE_TIMER,
    DoubtKind.NETWORK_DELAY,
)


def notes(facts: Facts, aim: CapacityGoal, rows: Sequence[CapacityRow]) -> Iterator[CapacityNote]:
    """Everything that limits what the figures say."""
    yield from _of_the_run(facts)
    for row in rows:
        yield from _of_server(facts, aim, row)
    for kind in _OF_THE_PLACE:
        yield from _of_the_place(facts, kind)


def _of_the_run(facts: Facts) -> Iterator[CapacityNote]:
    proof = facts.manifest.selftest
    if proof is None:
        yield PlainCapacityNote.NO_SELFTEST
    else:
        yield from failed_selftest(proof)
        yield Accuracy(proof)
    answers_known = facts.manifest.settings.check is Check.ANSWERS
    if any(gate.skipped for gate in facts.gates) and not answers_known:
        yield PlainCapacityNote.NO_GATE
    yield from facts.folder_changes
    yield from facts.request_notes
    yield from facts.logged_statuses
    if facts.ending != FINISHED:
        yield Unfinished(facts.ending)
    yield from map(RecordedNote, facts.notes)


def _of_server(facts: Facts, aim: CapacityGoal, row: CapacityRow) -> Iterator[CapacityNote]:
    for limit in _limits(row, finished=facts.ending == FINISHED):
        yield ServerNote(row.profile, limit)
    yield from _connections(facts, aim, row)
    if row.left_out > MANY_SPOILED * row.slices:
        yield ExcludedSlices(row.profile, row.left_out, row.slices, tuple(row.spoiled))


def _limits(row: CapacityRow, *, finished: bool) -> Iterator[ServerLimit]:
    if row.ending is SearchEnd.GENERATOR:
        yield ServerLimit.GENERATOR
    elif row.capacity is not None and row.capacity.hi is None:
        yield ServerLimit.NOTHING_FAILED
    if row.standing is BracketState.MOVED:
        yield ServerLimit.MOVED
    if row.standing is BracketState.REFUTED:
        yield ServerLimit.REFUTED
    if row.capacity is not None and row.standing is BracketState.OPEN:
        yield ServerLimit.UNVERIFIED if finished else ServerLimit.UNVERIFIED_YET


def _connections(facts: Facts, aim: CapacityGoal, row: CapacityRow) -> Iterator[FewConnections]:
    """By Little's law, rate x time in flight: whether there were too few connections to tell."""
    if row.capacity is None or row.capacity.hi is None:
        return
    limit_s = aim.slo.limit_ns / NS_PER_S
    connections = facts.manifest.settings.connections
    waited = any(
        doubt.kind is DoubtKind.CONNECTION_WAIT
        for one in facts.slices
        if one.cell.profile == row.profile
        and one.cell.load.offered_rate == row.capacity.hi
        and one.round != Phase.OVERLOAD
        for doubt in one.doubts
    )
    if waited and connections < row.capacity.hi * limit_s:
        yield FewConnections(row.profile, connections)


def _of_the_place(facts: Facts, kind: DoubtKind) -> Iterator[PlaceDoubt]:
    values = [doubt.value for one in facts.slices for doubt in one.doubts if doubt.kind is kind]
    if values:
        yield PlaceDoubt(kind, max(values))
