"""What is to be kept in mind with the figures: sentences, the weightiest first."""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.analysis.capacity.goal import CapacityGoal
from bench.analysis.capacity.model import CapacityRow
from bench.analysis.capacity.phases import Phase
from bench.analysis.capacity.search import SearchEnd
from bench.analysis.capacity.verification import BracketState
from bench.analysis.notes import reliance, unproved_claims, written_files
from bench.doubts import EXPLANATIONS
from bench.facts.run import Facts
from bench.facts.slice import Doubt, DoubtKind
from bench.formatting import listing, plural
from bench.stats.units import NS_PER_S

MANY_SPOILED: Final = 0.1  # of a server's slices: worth a word

_OF_THE_PLACE: Final = (
    DoubtKind.ONE_CORE,
    DoubtKind.NOT_PINNED,
    DoubtKind.COARSE_TIMER,
    DoubtKind.NETWORK_DELAY,
)


def remarks(facts: Facts, aim: CapacityGoal, rows: Sequence[CapacityRow]) -> Iterator[str]:
    """Everything that limits what the figures say."""
    yield from _of_the_run(facts)
    for row in rows:
        yield from _of_server(facts, aim, row)
    for kind in _OF_THE_PLACE:
        yield from _of_the_place(facts, kind)


def _of_the_run(facts: Facts) -> Iterator[str]:
    proof = facts.manifest.selftest
    if proof is None:
        yield (
            "There was no self-test: nothing shows that measurements on this machine can be "
            "trusted."
        )
    else:
        yield from (text for text in (unproved_claims(proof), reliance(proof)) if text)
    if any(gate.skipped for gate in facts.gates):
        yield "There was no gate: nothing shows that these servers respond correctly."
    yield from map(written_files, facts.folder_changes)
    if facts.ending != "finished":
        how = facts.ending or "cut off"
        yield f"The run did not finish ({how}): this report covers what was measured until then."
    yield from (f"{note[:1].upper()}{note[1:]}." for note in facts.notes)


def _of_server(facts: Facts, aim: CapacityGoal, row: CapacityRow) -> Iterator[str]:
    name = row.profile
    if row.ending is SearchEnd.GENERATOR:
        yield (
            f"{name} meets the SLO up to the generator's maximum: its capacity is higher, and "
            "unknown. See --generator-cores."
        )
    elif row.capacity is not None and row.capacity.hi is None:
        yield f"{name}: no rate failed within the budget: give more --budget."
    if row.standing is BracketState.MOVED:
        yield (
            f"{name}: a fresh process disagreed with the first one, so the interval was "
            "widened: processes differ from start to start."
        )
    if row.standing is BracketState.REFUTED:
        yield f"{name}: fresh processes repeatedly refuted an end of the interval."
    if row.capacity is not None and row.standing is BracketState.OPEN:
        yield f"{name} was not verified with a fresh process: the budget was spent."
    yield from _connections(facts, aim, row)
    yield from _spoiled(row)


def _connections(facts: Facts, aim: CapacityGoal, row: CapacityRow) -> Iterator[str]:
    """By Little's law, rate x time in flight: whether there were too few connections to tell."""
    if row.capacity is None or row.capacity.hi is None:
        return
    limit_s = aim.slo.limit_ns / NS_PER_S
    connections = int(facts.manifest.settings.get("connections", 0))
    waited = any(
        doubt.kind is DoubtKind.CONNECTION_WAIT
        for one in facts.slices
        if one.cell.profile == row.profile
        and one.cell.load.offered_rate == row.capacity.hi
        and one.round != Phase.OVERLOAD
        for doubt in one.doubts
    )
    if waited and connections < row.capacity.hi * limit_s:
        yield (
            f"{row.profile}: at its limit, requests waited for one of {connections} "
            "connections; a server that handles many requests at once may reach more with "
            "more --connections."
        )


def _spoiled(row: CapacityRow) -> Iterator[str]:
    if row.left_out > MANY_SPOILED * row.slices:
        kinds = [kind.replace("_", " ") for kind in row.spoiled]
        yield (
            f"{row.profile}: {row.left_out} of {plural(row.slices, 'slice')} were excluded "
            f"because the client's own delay decided them: {listing(kinds)}."
        )


def _of_the_place(facts: Facts, kind: DoubtKind) -> Iterator[str]:
    found = [doubt for one in facts.slices for doubt in one.doubts if doubt.kind is kind]
    if found:
        worst: Doubt = max(found, key=lambda doubt: doubt.value)
        known = EXPLANATIONS[kind]
        says = known.says.format(value=worst.value)
        yield f"{says[:1].upper()}{says[1:]}. {known.advice[:1].upper()}{known.advice[1:]}."
