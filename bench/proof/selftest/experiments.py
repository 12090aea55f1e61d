"""The experiments of the self-test: each loads a reference server, and asks what must be true."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.facts.load import Arrivals, Client
from bench.facts.selftest import Claim, new_connections_over
from bench.facts.slice import Outcome
from bench.load.arrivals import intended_ns
from bench.load.order import Target, Trace
from bench.load.reckoning.samples import Code
from bench.proof.reference.books import EVENT_BOOKS
from bench.proof.reference.event_streams import EventForm
from bench.proof.reference.lie_counts import COMMITTED, LOOKED_AT
from bench.proof.reference.workloads.timed_workload import LINES, time_ns
from bench.proof.selftest import (
    arrivals,
    event_times,
    exactness,
    fault_counts,
    limits,
    little,
    queue_recursion,
    queueing_theory,
    stall,
)
from bench.proof.selftest.arrivals import ArrivalPace
from bench.proof.selftest.claims import Shown
from bench.proof.selftest.fault_counts import LiarBooks
from bench.proof.selftest.queueing_theory import Law, TheoreticalQueue
from bench.proof.selftest.server_record import Recorded, Times, counted, measured
from bench.proof.selftest.stalling import stalled
from bench.proof.selftest.testbed import (
    FEW_CONNECTIONS,
    SEED,
    STREAMS,
    Plan,
    Stand,
    StandServer,
    ask,
    at_rate,
    on_connections,
)
from bench.stats.units import NS_PER_S
from bench.system import clock
from bench.system.memory import peak_bytes
from servers.protocol import Protocol

RATE: Final = 1000.0
_MS: Final = 1_000_000
_LEAD_IN_S: Final = 0.25  # longer than a queue at 80 % load remembers how it began

_STALL_RATE: Final = 500.0
_STALL_CONNECTIONS: Final = 32

_CONSTANT_NS: Final = 50 * _MS
_FAST_NS: Final = 5 * _MS
_SLOW_NS: Final = 50 * _MS
_LINES_RATE: Final = LINES / 4.0  # so that 4 s hold every line of a script once

_LITTLE_CONNECTIONS: Final = 4
_LITTLE_NS: Final = 5 * _MS

_STREAMS_RATE: Final = 50.0
_STREAMS_LEAD_IN_S: Final = 0.5  # longer than a stream

_LIES_RATE: Final = 2000.0
_LIES_CONNECTIONS: Final = 128

_HANGING_S: Final = 1.0  # that the generator waits for answers that never come
_PATIENCE_S: Final = 30.0  # and for others, which are late on a slow machine

CEILING_CONNECTIONS: Final = 32


async def queue(stand: Stand, law: Law, load: float, window_s: float) -> Shown:
    """One queue: as it is planned, by theory; as it was, by recursion and the server's books."""
    asked = TheoreticalQueue(law, RATE, round(load / RATE * NS_PER_S))
    place = stand.timed(f"/queue/{law}/{asked.service_ns}")
    plan = Plan(at_rate(RATE, Arrivals.POISSON), window_s, _LEAD_IN_S)
    seen = await stand.recorded(place, plan)
    services, which = _services(place, len(seen.trace.due)), counted(seen.trace)
    planned = queue_recursion.responses(seen.trace.due, services)[which]
    simulated = queueing_theory.simulate(asked, int(which.argmax()), int(which.sum()), SEED)
    shown = _open_loop(asked.name, seen)
    return replace(
        shown,
        logic=(
            *queueing_theory.claims(asked, planned, simulated),
            *_recursion(asked.name, seen, services),
            *shown.logic,
        ),
        exactness=(*shown.exactness, *_lateness(asked.name, seen, services)),
    )


def _recursion(name: str, seen: Recorded, services: Times) -> Sequence[Claim]:
    """Each request by Lindley's recursion on when it and those before it came."""
    if seen.answers is None:
        return ()
    return (
        queue_recursion.never_shorter(
            name, seen.answers.as_stamped, services, measured(seen.trace)
        ),
    )


def _lateness(name: str, seen: Recorded, services: Times) -> Sequence[Claim]:
    if seen.answers is None:
        return ()
    expected = queue_recursion.by_turn(seen.answers, services)
    return (exactness.lateness(name, seen.answers, expected),)


def _services(place: StandServer, requests: int) -> NDArray[np.int64]:
    """How long the server was to take for each request of a slice, ns: the script says it."""
    return np.resize([time_ns(each) for each in place.requests()], requests)


def _open_loop(name: str, seen: Recorded) -> Shown:
    """What must hold of any open loop on the exact server, and how exact its figures are."""
    return replace(
        _counts(seen),
        logic=tuple(exactness.causes(name, seen)),
        exactness=tuple(exactness.figures(name, seen)),
        errors=exactness.errors(seen),
    )


def _counts(seen: Recorded) -> Shown:
    """How many requests there were, and how many of them are in the server's books."""
    return Shown(
        requests=len(seen.trace.code), failures=_failures(seen.trace), booked=seen.books.answered
    )


def _failures(trace: Trace) -> int:
    """Requests of a whole slice that were not answered correctly."""
    return int((trace.code != Code.OK).sum())


async def sending(stand: Stand, pace: ArrivalPace, window_s: float) -> Shown:
    """Requests to a server that answers at once, by the times at which they left."""
    plan = Plan(at_rate(pace.rate, pace.kind), window_s, _LEAD_IN_S)
    seen = await stand.recorded(stand.at_once(), plan)
    planned = intended_ns(pace.kind, pace.rate, plan.lead_in_s + plan.window_s, SEED)
    begin = seen.trace.start - round(plan.lead_in_s * NS_PER_S)
    shown = _open_loop(pace.name, seen)
    return replace(
        shown,
        logic=(
            *arrivals.claims(pace, planned + begin, seen, ordered=not stand.protocol.has_streams),
            *shown.logic,
        ),
        exactness=(*shown.exactness, exactness.lag(pace.name, seen.trace.observation)),
    )


async def stalled_open(stand: Stand, window_s: float, stall_s: float) -> Shown:
    """Stop a server under open loop: all that is due meanwhile is slow."""
    load = at_rate(_STALL_RATE, Arrivals.CONSTANT, FEW_CONNECTIONS)
    seen = await stalled(stand, Plan(load, window_s, _LEAD_IN_S), stall_s)
    return replace(_counts(seen), logic=tuple(stall.open_loop(round(stall_s * NS_PER_S), seen)))


async def stalled_closed(stand: Stand, window_s: float, stall_s: float) -> Shown:
    """Stop a server under closed loop: only what is in flight is slow."""
    plan = Plan(on_connections(_STALL_CONNECTIONS), window_s, _LEAD_IN_S)
    seen = await stalled(stand, plan, stall_s)
    return replace(
        _counts(seen),
        logic=tuple(stall.closed_loop(seen)),
        exactness=(stall.omission(seen.trace.observation.service),),
    )


async def always_the_same(stand: Stand, rate: float, window_s: float) -> Shown:
    """A server that takes 50 ms for every request, at a constant rate."""
    place = stand.timed(f"/delay/constant/{_CONSTANT_NS}")
    plan = Plan(at_rate(rate, Arrivals.CONSTANT), window_s, _LEAD_IN_S)
    return _open_loop(f"always 50 ms, {rate:,.0f}/s", await stand.recorded(place, plan))


async def few_slow(stand: Stand) -> Shown:
    """A server that takes 5 ms for 92 requests in a hundred and 50 ms for the rest."""
    place = stand.timed(f"/delay/two/{_FAST_NS}/{_SLOW_NS}")
    plan = Plan(at_rate(_LINES_RATE, Arrivals.CONSTANT), LINES / _LINES_RATE, _LEAD_IN_S)
    return _open_loop("5 ms, or 50 ms (8 %)", await stand.recorded(place, plan))


async def timed_events(stand: Stand, form: EventForm, window_s: float) -> Shown:
    """Streams of events whose times are known: when they came, and when their answers began."""
    plan = Plan(at_rate(_STREAMS_RATE, Arrivals.POISSON), window_s, _STREAMS_LEAD_IN_S)
    await ask(stand.servers.exact, EVENT_BOOKS)  # what was before is forgotten
    seen = await stand.recorded(stand.streaming(form), plan)
    books = await ask(stand.servers.exact, EVENT_BOOKS)
    return replace(
        _counts(seen),
        logic=tuple(event_times.claims(form, seen, books)),
        exactness=tuple(event_times.exactness(form, seen, books)),
    )


async def full_connections(stand: Stand, window_s: float) -> Shown:
    """Closed loop on a server that takes 5 ms: Little's law, by its own books too."""
    place = stand.timed(f"/delay/constant/{_LITTLE_NS}")
    plan = Plan(on_connections(_LITTLE_CONNECTIONS), window_s, _LEAD_IN_S)
    seen = await stand.recorded(place, plan)
    name = f"closed loop, {_LITTLE_CONNECTIONS} connections, 5 ms"
    return replace(
        _counts(seen),
        logic=tuple(little.claims(seen)),
        exactness=tuple(exactness.closed_loop(name, seen)),
    )


async def lied_to(stand: Stand, told: Sequence[fault_counts.Told]) -> Shown:
    """A server that lies in one way after the other."""
    found, latest_ns, before = list[Claim](), 0, await _peak_bytes(stand)
    for each in told:
        counted, late_ns = await _lied_to(stand, each)
        found.append(counted)
        latest_ns = max(latest_ns, late_ns)
    grown = await _peak_bytes(stand) - before
    return Shown(logic=(*found, fault_counts.in_time(latest_ns), fault_counts.bounded(grown)))


async def _peak_bytes(stand: Stand) -> int:
    """Most memory that the generator's processes have had so far, together."""
    return sum(peak_bytes(pid) for pid in await stand.load.pids())


async def _lied_to(stand: Stand, told: fault_counts.Told) -> tuple[Claim, int]:
    """Lie in one way; what was counted, and by how many ns the slice was late to end."""
    hangs = fault_counts.OUTCOMES[told.lie] is Outcome.TIMEOUT
    ends, breaks = told.lie in fault_counts.ENDING, told.lie in fault_counts.BREAKING
    connections = told.requests if ends else min(told.requests, _LIES_CONNECTIONS)
    load = at_rate(_LIES_RATE, Arrivals.CONSTANT, connections)
    window_s = told.requests / _LIES_RATE
    plan = Plan(load, window_s, drain_s=_HANGING_S if hangs else _PATIENCE_S)
    before = await _books(stand, told)
    place = stand.liar(told.lie, told.every, 1 if ends or breaks else STREAMS, told.form)
    async with stand.at(place) as target:
        seen = await stand.traced(target, plan)
        late_ns = clock.monotonic_ns() - seen.end - (round(_HANGING_S * NS_PER_S) if hangs else 0)
        books = (await _books(stand, told)).since(before)
        lost = seen.observation.connections_lost
        if ends:
            lost += await _lost_since(stand, target)
    return fault_counts.counted(told, books, seen.observation, lost), late_ns


async def _books(stand: Stand, told: fault_counts.Told) -> LiarBooks:
    """What the lying server has written down of one way of lying."""
    committed = await ask(stand.servers.lying, COMMITTED)
    looked_at = await ask(stand.servers.lying, LOOKED_AT)
    return LiarBooks(committed.get(told.lie, 0), looked_at.get(told.lie, 0))


async def _lost_since(stand: Stand, target: Target) -> int:
    """Connections that the server has closed, and the generator had not seen by the slice's end.

    It looks at them before the next slice. With a connection for each request, none was used
    between its being closed and being seen to be.
    """
    plan = Plan(at_rate(_LIES_RATE, Arrivals.CONSTANT, 1), 1 / _LIES_RATE, drain_s=_PATIENCE_S)
    return (await stand.traced(target, plan)).observation.connections_lost


async def floor(stand: Stand, client: Client, window_s: float) -> Shown:
    """One connection to a server that does nothing: what the instrument adds at least."""
    plan = Plan(on_connections(1), window_s, _LEAD_IN_S, client=client)
    seen = await stand.run(stand.nothing(), plan)
    return Shown(
        exactness=(limits.floor(client, seen),), requests=seen.requests, failures=seen.failures
    )


async def renewed_ceiling(stand: Stand, client: Client, window_s: float) -> Shown:
    """The same, where every request has a connection of its own: opened, answered, closed."""
    plan = Plan(on_connections(CEILING_CONNECTIONS), window_s, _LEAD_IN_S, client=client)
    seen = await stand.run(stand.nothing(renewed=True), plan)
    found = limits.scaled_ceiling(seen)
    return Shown(
        exactness=(limits.renewed_ceiling(client, CEILING_CONNECTIONS, seen),),
        requests=seen.requests,
        failures=seen.failures,
        ceilings={new_connections_over(stand.protocol): found} if found else {},
    )


async def ceiling(stand: Stand, client: Client, window_s: float) -> Shown:
    """A closed loop on a server that does nothing: what the instrument reaches at most."""
    plan = Plan(on_connections(CEILING_CONNECTIONS), window_s, _LEAD_IN_S, client=client)
    seen = await stand.run(stand.nothing(), plan)
    shown = Shown(requests=seen.requests, failures=seen.failures)
    if stand.protocol is not Protocol.HTTP_1_1:
        return replace(
            shown,
            exactness=(limits.scaled_ceiling_noted(client, CEILING_CONNECTIONS, seen),),
            ceilings={stand.protocol: limits.scaled_ceiling(seen)},
        )
    return replace(
        shown,
        exactness=(limits.ceiling(client, CEILING_CONNECTIONS, seen),),
        ceiling_rps=seen.throughput_rps if client is Client.WIRE else None,
    )
