"""From the facts of a run to what its report says: each server's course is taken again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil
from typing import Final

from bench.analysis.capacity.decision import broken, decide
from bench.analysis.capacity.goal import CapacityGoal, read
from bench.analysis.capacity.model import CapacityRow, CapacitySummary, Overload, RatePoint
from bench.analysis.capacity.note import (
    CapacityFailure,
    GateTestFailed,
    NoCapacity,
    PlainNoCapacity,
    ServerDied,
    SloNeverMet,
    SuiteNotRun,
)
from bench.analysis.capacity.notes import notes
from bench.analysis.capacity.phases import Phase, SearchState
from bench.analysis.capacity.search import SearchEnd
from bench.analysis.capacity.slo import Average, Clause, FailureShare, Slo
from bench.analysis.capacity.trials import holds, spoilers, trial
from bench.analysis.capacity.verification import BracketState
from bench.analysis.instructions.servers import counted_workloads
from bench.errors import HarnessError
from bench.facts.run import FINISHED, Facts
from bench.facts.server import ServerFacts
from bench.facts.slice import Observation, Slice
from bench.stats.estimate import Estimate
from bench.stats.histogram import Histogram
from bench.stats.units import NS_PER_S

_MS: Final = 1e6


def summarize(facts: Facts) -> CapacitySummary:
    """Reckon everything. Raises HarnessError where the settings in the manifest are damaged."""
    settings = facts.manifest.settings
    aim = read(settings.capacity or {})
    rows = [_row(facts, aim, server) for server in facts.manifest.servers]
    rows.sort(key=lambda row: -(row.capacity.value if row.capacity else 0.0))
    return CapacitySummary(
        manifest=facts.manifest,
        aim=aim,
        workload=", ".join(settings.workloads),
        rows=tuple(rows),
        notes=tuple(notes(facts, aim, rows)),
        failures=tuple(_failures(facts)),
        counted=counted_workloads(facts),
    )


def course_of(aim: CapacityGoal, top_rate: float, slices: Sequence[Slice]) -> SearchState | None:
    """Take one server's course again; None: it was not even warmed up."""
    warm_up = next((one for one in slices if one.round == Phase.SEARCH and one.warm_up), None)
    if warm_up is None:
        return None
    course = SearchState.begun(aim, top_rate, warm_up)
    for one in slices:
        course.take(one)
    return course


def _top_rate(facts: Facts) -> float:
    """The highest rate that could be offered. Raises HarnessError."""
    rate = facts.manifest.settings.top_rate
    if rate is None:
        raise HarnessError("the settings in the run's manifest are damaged: there is no top_rate")
    return rate


def _row(facts: Facts, aim: CapacityGoal, server: ServerFacts) -> CapacityRow:
    slices = [one for one in facts.slices if one.cell.profile == server.name]
    course = course_of(aim, _top_rate(facts), slices)
    searched = [one for one in slices if not one.warm_up and one.round != Phase.OVERLOAD]
    return CapacityRow(
        profile=server.name,
        title=server.title,
        ending=course.search.ending if course else SearchEnd.OPEN,
        standing=course.verification.standing if course else BracketState.OPEN,
        capacity=_capacity(course) if course else None,
        gave_out=_gave_out(course) if course else (),
        points=tuple(_points(aim.slo, searched)),
        overload=_overload(course) if course else None,
        slices=len(searched),
        left_out=sum(bool(spoilers(aim.slo, one)) for one in searched),
        spoiled=dict(Counter(kind for one in searched for kind in spoilers(aim.slo, one))),
        reason=_reason(facts, server.name, course),
    )


def _capacity(course: SearchState) -> Estimate | None:
    value, low = course.capacity, course.verification.low
    if value is None or low is None:
        return None
    return Estimate(value, low * (1 - course.aim.blind), course.verification.high)


def _gave_out(course: SearchState) -> tuple[str, ...]:
    high = course.verification.high
    if high is None or high not in course.trials:
        return ()
    return tuple(clause.text for clause in broken(course.aim.slo, course.trials[high]))


def _points(slo: Slo, slices: Sequence[Slice]) -> Iterator[RatePoint]:
    """Rates ascending, each process apart; slices that were left out are."""
    places = {(one.cell.load.offered_rate or 0.0, Phase(one.round)) for one in slices}
    for rate, phase in sorted(places):
        counted = [
            one
            for one in slices
            if one.cell.load.offered_rate == rate and one.round == phase and not spoilers(slo, one)
        ]
        if counted:
            yield _point(slo, rate, phase, counted)


def _point(slo: Slo, rate: float, phase: Phase, slices: Sequence[Slice]) -> RatePoint:
    trials = [found for one in slices if (found := trial(slo, one)) is not None]
    return RatePoint(
        rate=rate,
        phase=phase,
        decision=decide(slo, trials),
        slices=len(slices),
        requests=sum(one.requests for one in slices),
        failures=sum(one.failures for one in slices),
        figures={clause.name: _figure(clause, slices) for clause in slo.clauses},
    )


def _figure(clause: Clause, slices: Sequence[Observation]) -> float | None:
    """What a clause bounds, of all slices pooled: ms, or a share."""
    requests = sum(one.requests for one in slices)
    if isinstance(clause, FailureShare):
        return sum(one.failures for one in slices) / requests if requests else None
    times = Histogram.merged(one.response for one in slices if one.response)
    if isinstance(clause, Average):
        found = times.mean_ns()
    elif times.total and ceil(requests * clause.percent / 100) <= times.total:
        found = times.percentile_ns(100 * requests * clause.percent / 100 / times.total)
    else:
        found = None
    return None if found is None else found / _MS


def _overload(course: SearchState) -> Overload | None:
    if not course.overload:
        return None
    first, *after = course.overload
    return Overload(
        rate=first.cell.load.offered_rate or 0.0,
        goodput_rps=course.aim.slo.useful(first) / (first.window_ns / NS_PER_S),
        outcomes=first.outcomes,
        recovery_s=_recovery_s(course.aim, first, after),
        spoiled=tuple(spoilers(course.aim.slo, first)),
    )


def _recovery_s(aim: CapacityGoal, overload: Slice, after: Sequence[Slice]) -> float | None:
    """From the end of the overload to the beginning of the first slice that held."""
    held = next((one for one in after if holds(aim.slo, one)), None)
    if held is None:
        return None
    try:
        began, ended = (datetime.fromisoformat(one.started_at) for one in (overload, held))
        return max(0.0, (ended - began).total_seconds() - overload.window_ns / NS_PER_S)
    except (ValueError, TypeError):  # no dates, or one with a zone and one without
        return None


def _reason(facts: Facts, profile: str, course: SearchState | None) -> NoCapacity | None:
    """Why a server has no capacity; None: it has one."""
    if course is not None and course.verification.low is not None:
        return None
    if any(gate.profile == profile and not gate.passed for gate in facts.gates):
        return PlainNoCapacity.GATE_FAILED
    if any(drain.failure for drain in facts.drains if drain.profile == profile):
        return PlainNoCapacity.NOT_STARTED
    if course is None:
        return PlainNoCapacity.NOT_LOADED
    return _not_found(course, finished=facts.ending == FINISHED)


def _not_found(course: SearchState, *, finished: bool) -> NoCapacity:
    if course.search.tried and not course.search.measured:
        return PlainNoCapacity.CLIENT_DELAY
    if course.search.ending is SearchEnd.NEVER:
        return SloNeverMet(min(course.search.measured))
    if course.verification.standing is BracketState.REFUTED:
        return PlainNoCapacity.NOT_CONFIRMED
    if not all(found.can_pass for found in course.search.measured.values()):
        return PlainNoCapacity.TOO_FEW_REQUESTS
    return PlainNoCapacity.NOT_CONCLUSIVE if finished else PlainNoCapacity.NOT_CONCLUSIVE_YET


def _failures(facts: Facts) -> Iterator[CapacityFailure]:
    """Every failed gate, and all that died or did not start."""
    for gate in facts.gates:
        if gate.error is not None:
            yield SuiteNotRun(gate.profile, gate.error)
        for test in gate.tests:
            if test.keeps_out:
                yield GateTestFailed(gate.profile, test.name, test.message)
    for drain in facts.drains:
        if drain.failure is not None:
            yield ServerDied(drain.profile, drain.failure)
