"""From the facts of a run to its summary."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.analysis import cells
from bench.analysis.absence import (
    Absence,
    GateFailed,
    GateNotRun,
    PlainAbsence,
    ServerFailed,
    ServerFault,
    ServerKilled,
)
from bench.analysis.claims import tried
from bench.analysis.instructions.servers import counted_workloads
from bench.analysis.model import AgainstItself, AgreedTls, CellRow, Section, ServerRow, Summary
from bench.analysis.notes import most_workers, notes, under_load, warnings
from bench.analysis.processes import process_comparisons
from bench.analysis.protocol_costs import protocol_costs
from bench.analysis.sections import pairs_of_itself, section
from bench.analysis.settings_costs import settings_costs
from bench.facts.load import Cell, Load, Mode
from bench.facts.run import Facts
from bench.facts.server import HTTP_1_1, TCP
from bench.facts.slice import Slice, Verdict
from bench.stats.estimate import ROUNDS_NEEDED, Replicates

Group = tuple[str, Load]


def summarize(facts: Facts) -> Summary:
    """Sum a run up. Warm-up is left out; invalid slices are counted and enter no estimate."""
    counted = [s for s in facts.slices if not s.warm_up]
    servers = _servers(facts)
    rounds = len({s.round for s in counted})
    sections = tuple(_section(facts, group, counted, servers) for group in _groups(facts, counted))
    itself = _itself(facts, sections)
    costs = settings_costs(facts.manifest, sections)
    return Summary(
        facts.manifest,
        sections,
        tuple(servers),
        rounds,
        _replicates(cells.exposed(counted)),
        warnings(facts.manifest.selftest, itself),
        itself,
        notes(facts, counted, sections),
        under_load(facts),
        costs,
        protocol_costs(facts.manifest, sections),
        _tls(facts),
        tried(facts.manifest, sections, process_comparisons(facts, _twin(facts)), costs),
        dict(facts.cuts),
        counted_workloads(facts),
    )


def _tls(facts: Facts) -> tuple[AgreedTls, ...]:
    """What was agreed upon, and with whom, in the order of the manifest's servers."""
    agreed: dict[tuple[str, str, bool], list[str]] = {}
    for server in facts.manifest.servers:
        each = {one.tls for one in facts.launches if one.profile == server.name and one.tls}
        for version, cipher, resumed in sorted({(t.version, t.cipher, t.resumed) for t in each}):
            agreed.setdefault((version, cipher, resumed), []).append(server.name)
    return tuple(AgreedTls(tuple(names), *how) for how, names in agreed.items())


def _itself(facts: Facts, sections: Sequence[Section]) -> tuple[AgainstItself, ...]:
    """The baseline against itself, wherever its twin was measured."""
    twin = _twin(facts)
    if twin is None:
        return ()
    pairs = pairs_of_itself(sections, facts.manifest.baseline, twin)
    places = [(one.workload, one.load, figure) for one in sections for figure in one.itself]
    return tuple(AgainstItself(*place, p) for place, p in zip(places, pairs, strict=True))


def _twin(facts: Facts) -> str | None:
    return next(
        (server.name for server in facts.manifest.servers if server.twin_of is not None), None
    )


def _replicates(exposures: Sequence[Slice]) -> Replicates:
    """What intervals of figures are made of."""
    if len({s.round for s in exposures}) >= ROUNDS_NEEDED:
        return Replicates.ROUNDS
    many = len({(s.round, s.rotation) for s in exposures}) > 1
    return Replicates.SLICES if many else Replicates.NONE


def _groups(facts: Facts, counted: Sequence[Slice]) -> list[Group]:
    """List workloads in the order of the plan, each open loop first, light loads first."""
    planned = list(facts.rates)

    def order(group: Group) -> tuple[int, str, bool, float]:
        workload, load = group
        place = planned.index(workload) if workload in planned else len(planned)
        return place, workload, load.mode is Mode.CLOSED, load.offered_rate or load.connections

    return sorted({(s.cell.workload, s.cell.load) for s in counted}, key=order)


def _section(
    facts: Facts, group: Group, counted: Sequence[Slice], servers: Sequence[ServerRow]
) -> Section:
    workload, load = group
    slices: dict[str, list[Slice]] = defaultdict(list)
    for one in counted:
        if (one.cell.workload, one.cell.load) == group:
            slices[one.cell.profile].append(one)
    stage = facts.manifest.stage
    rows = [
        _row(server, group, cells.exposed(slices[server.profile]), facts.manifest.seed, stage)
        for server in servers
    ]
    return section(workload, load, rows, slices, facts.manifest.baseline, _twin(facts), stage)


def _row(
    server: ServerRow, group: Group, slices: Sequence[Slice], seed: int, stage: int | None
) -> CellRow:
    cell = Cell(server.profile, *group)
    if slices:
        found = cells.row(cell, server.title, slices, server.figures, seed, stage)
    else:
        reason = _why_absent(server)
        found = CellRow(cell, server.title, Verdict.INVALID, figures=server.figures, reason=reason)
    return replace(
        found, workers=server.workers, connection=server.connection, protocol=server.protocol
    )


def _why_absent(server: ServerRow) -> Absence:
    gate = server.gate
    if gate and gate.error is not None:
        return GateNotRun(gate.error)
    if gate and not gate.passed:
        return GateFailed(sum(test.keeps_out for test in gate.tests), len(gate.tests))
    return server.faults[0] if server.faults else PlainAbsence.NO_SLICE


def _servers(facts: Facts) -> list[ServerRow]:
    """List the manifest's servers in their order, then any that only the slices know; no twin."""
    titles = {server.name: server.title for server in facts.manifest.servers}
    for one in facts.slices:
        titles.setdefault(one.cell.profile, one.cell.profile)
    titles.pop(_twin(facts) or "", None)
    gates = {gate.profile: gate for gate in facts.gates}
    known = {server.name: server for server in facts.manifest.servers}
    left = {one.profile: one for one in facts.left_streams}
    return [
        ServerRow(
            name,
            title,
            cells.process_figures(facts, name),
            gates.get(name),
            tuple(_faults(facts, name)),
            most_workers(facts, name),
            known[name].connection if name in known else TCP,
            known[name].protocol if name in known else HTTP_1_1,
            left.get(name),
        )
        for name, title in titles.items()
    ]


def _faults(facts: Facts, profile: str) -> Iterator[ServerFault]:
    """What went wrong with a server, round by round."""
    for drain in facts.drains:
        if drain.profile == profile and drain.failure:
            yield ServerFailed(drain.round, drain.failure)
        if drain.profile == profile and drain.killed:
            yield ServerKilled(drain.round)
