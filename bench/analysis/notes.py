"""Notes on a run as a whole, reasons to distrust all of it, and its share of time under load."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import inf

from bench.analysis.budget_missed import budget_missed
from bench.analysis.cells import exposed, pieces_suffice
from bench.analysis.model import (
    AgainstItself,
    FalseDifferences,
    RunWarning,
    Section,
    SelfTestFailed,
)
from bench.analysis.note import (
    FewRounds,
    KnownFault,
    NeverIdle,
    Note,
    NotGated,
    OtherConnections,
    OtherWorkers,
    PlainNote,
    PrecisionMissed,
    ReadByServers,
    RecordedNote,
    SharedConnections,
    StartupNotRun,
    Unfinished,
)
from bench.analysis.slice_figures import AVERAGE
from bench.facts.run import Facts, Pacing
from bench.facts.selftest import Finding, SelfTest
from bench.facts.server import TCP, ServerFacts
from bench.facts.settings import Check
from bench.facts.slice import Role, Slice
from bench.plan.forecast import precise_s
from bench.stats.estimate import ROUNDS_NEEDED

_STARTUP = "lifespan"
_UNFINISHED = (None, "failed", "interrupted")


def notes(facts: Facts, counted: Sequence[Slice], sections: Sequence[Section]) -> tuple[Note, ...]:
    """Find what holds for every figure of the run, in the order in which it is reported."""
    return (
        *([Unfinished(facts.ending)] if facts.ending in _UNFINISHED else []),
        *facts.resumptions,
        *_slices(counted),
        *budget_missed(facts, counted),
        *_without_itself(facts, counted),
        *([PlainNote.ONE_AT_A_TIME] if facts.manifest.settings.alone else []),
        *_workers(facts),
        *_connections(facts),
        *_streams(facts),
        *_read_by_servers(facts),
        *_never_idle(facts),
        *_without_startup(facts, sections),
        *_imprecise(facts, sections),
        *_platform(facts),
        *facts.folder_changes,
        *facts.request_notes,
        *facts.logged_statuses,
        *([PlainNote.NO_SELFTEST] if facts.manifest.selftest is None else []),
        *_ungated(facts),
        *_known_faults(facts),
        *(RecordedNote(text) for text in facts.notes if text),
    )


def _slices(counted: Sequence[Slice]) -> Iterator[Note]:
    exposures = exposed(counted)
    rounds = len({s.round for s in exposures})
    if not exposures:
        yield PlainNote.NO_SLICE
    elif len({(s.round, s.rotation) for s in counted}) == 1:
        yield PlainNote.ONE_ROTATION
    elif len({(s.round, s.rotation) for s in exposures}) == 1:
        yield PlainNote.ONE_EXPOSURE
    elif rounds < ROUNDS_NEEDED:
        yield FewRounds(rounds)


def _without_itself(facts: Facts, counted: Sequence[Slice]) -> Iterator[PlainNote]:
    """Tell that a run ended before the baseline's twin had its turn.

    The twin takes part in comparisons alone, where slices are cut; what they have of a round is
    what exposures leave. Where that is nothing by the plan, it is not even started.
    """
    twins = {server.name for server in facts.manifest.servers if server.twin_of is not None}
    failed = any(drain.failure for drain in facts.drains if drain.profile in twins)
    started = any(launch.profile in twins for launch in facts.launches)
    pieces = {one.round for one in counted if one.role is Role.COMPARISON}
    had_time = started and pieces_suffice(len(pieces), len({s.round for s in exposed(counted)}))
    if not twins or failed or had_time or not exposed(counted):
        return
    in_time = facts.ending == "finished" and not facts.manifest.settings.alone
    rested = all(one.settled for one in facts.slices)
    if in_time and rested and not any(one.cell.profile in twins for one in exposed(counted)):
        yield PlainNote.NO_TIME_FOR_ITSELF


def most_workers(facts: Facts, profile: str) -> int | None:
    """The most processes of a server that took requests, of all rounds; None: not known."""
    counts = [drain.workers for drain in facts.drains if drain.profile == profile and drain.workers]
    return max(counts, default=None)


def _workers(facts: Facts) -> Iterator[OtherWorkers]:
    """Servers that ran more workers, or fewer, than they were asked to."""
    asked = facts.manifest.settings.workers
    others: dict[int, list[str]] = defaultdict(list)
    for server in facts.manifest.servers:
        workers = most_workers(facts, server.name)
        if workers is not None and workers != asked and server.twin_of is None:
            others[workers].append(server.name)
    for workers, names in others.items():
        yield OtherWorkers(tuple(names), workers, asked)


def _connections(facts: Facts) -> Iterator[OtherConnections]:
    """Servers that were not reached as the others were."""
    reached = {
        server.name: server.connection
        for server in facts.manifest.servers
        if server.twin_of is None and not _is_asked_for(server)
    }
    apart = tuple((name, how) for name, how in reached.items() if how != TCP)
    if apart:
        yield OtherConnections(apart, others=len(apart) < len(reached))


def _read_by_servers(facts: Facts) -> Iterator[ReadByServers]:
    own = facts.manifest.settings.own_app
    if own is not None and own.read_by_servers:
        yield ReadByServers(own.read_by_servers)


def _streams(facts: Facts) -> Iterator[SharedConnections]:
    """What is a connection over HTTP/1.1 is a request in flight over a protocol with streams."""
    settings = facts.manifest.settings
    over = dict.fromkeys(each.protocol for each in facts.manifest.servers)
    shared = tuple(protocol for protocol in over if not protocol.endswith("/1.1"))
    if shared and settings.streams is not None:
        yield SharedConnections(shared, settings.connections, settings.streams)


def _is_asked_for(server: ServerFacts) -> bool:
    """Whether it was reached by TLS because of the protocol that was asked for."""
    return server.speaker is not None and server.connection == "TLS"


def _never_idle(facts: Facts) -> Iterator[NeverIdle]:
    names = sorted({s.cell.profile for s in facts.slices if not s.settled})
    if names:
        yield NeverIdle(tuple(names))


def _without_startup(facts: Facts, sections: Sequence[Section]) -> Iterator[StartupNotRun]:
    """Servers under which the app's startup did not run.

    Where it is not known whether it has one, those that failed.
    """
    certain = _STARTUP in (facts.manifest.settings.app_has or ())
    without = [server for server in facts.manifest.servers if _STARTUP in server.lacks]
    if not certain:
        failed = {row.profile for section in sections for row in section.rows if row.failures}
        failed |= {drain.profile for drain in facts.drains if drain.failure}
        without = [each for each in without if each.interface == "asgi" and each.name in failed]
    if without:
        yield StartupNotRun(tuple(server.name for server in without), certain)


def _imprecise(facts: Facts, sections: Sequence[Section]) -> Iterator[PrecisionMissed]:
    """Servers that are not known as precisely as was asked for; averages never are."""
    wanted = facts.manifest.settings.precision
    if wanted is None:
        return
    widths: dict[str, float] = {}
    for section in sections:
        for figure in set(section.comparisons) - {AVERAGE}:
            for name, pair in section.against(facts.manifest.baseline, figure).items():
                widths[name] = max(widths.get(name, 0.0), pair.smallest or inf)
    missed = tuple((name, width) for name, width in widths.items() if width > wanted)
    if missed:
        budget_s = facts.manifest.settings.timing.budget_s
        yield PrecisionMissed(wanted, missed, precise_s(budget_s, max(widths.values()), wanted))


def _platform(facts: Facts) -> Iterator[PlainNote]:
    """What this machine did not offer; every slice that depends on it is doubted."""
    machine, instrument = facts.manifest.machine, facts.manifest.instrument
    if not machine.server_cores or set(machine.server_cores) & set(machine.generator_cores):
        yield PlainNote.SHARED_CORES
    if instrument.pacing is Pacing.POLL:
        yield PlainNote.NO_TIMER
    if not instrument.kernel_timestamps:
        yield PlainNote.NO_KERNEL_TIMESTAMPS


def _ungated(facts: Facts) -> Iterator[NotGated]:
    skipped = tuple(gate.profile for gate in facts.gates if gate.skipped)
    if skipped and facts.manifest.settings.check is not Check.ANSWERS:
        yield NotGated(skipped)


def _known_faults(facts: Facts) -> Iterator[KnownFault]:
    """Each once, with the servers that have it."""
    found: dict[str, list[str]] = {}
    for gate in facts.gates:
        for fault in dict.fromkeys(test.known_fault for test in gate.tests if test.known_fault):
            found.setdefault(fault, []).append(gate.profile)
    yield from (KnownFault(tuple(names), fault) for fault, names in found.items())


def warnings(proof: SelfTest | None, itself: Sequence[AgainstItself]) -> tuple[RunWarning, ...]:
    """Find why no figure of the run is to be trusted as it stands."""
    shown = tuple(each for each in itself if each.pair.shown)
    return (*failed_selftest(proof), *([FalseDifferences(shown)] if shown else []))


def failed_selftest(proof: SelfTest | None) -> Iterator[SelfTestFailed]:
    """What the instrument could not prove; nothing if it proved all, or was not asked."""
    if proof is not None and not proof.passed:
        failed = (claim for claim in proof.claims if claim.finding is Finding.FAILS)
        yield SelfTestFailed(tuple(failed))


def under_load(facts: Facts) -> float | None:
    """Measured windows / time from the start of the run to the end of its last slice, 0 to 1."""
    if not facts.slices:
        return None
    try:
        start = datetime.fromisoformat(facts.manifest.started_at)
        ends = (
            datetime.fromisoformat(s.started_at) + timedelta(microseconds=s.window_ns / 1000)
            for s in facts.slices
        )
        elapsed_s = (max(ends) - start).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no dates, or some with a zone and some without
        return None
    if elapsed_s <= 0:
        return None
    return min(1.0, sum(s.window_ns for s in facts.slices) / 1e9 / elapsed_s)
