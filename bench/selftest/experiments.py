"""The experiments of the self-test: each loads a reference server, and asks what must be true."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench import clock
from bench.domain import Arrivals, Claim, Client, Outcome
from bench.load.compiled import compiled
from bench.load.order import Trace
from bench.load.samples import Code
from bench.reference.exact_server import BOOKS
from bench.reference.lying_server import COMMITTED
from bench.reference.timed_workload import LINES, time_ns
from bench.selftest import arrivals, lies, limits, lindley, little, stall, steps, theory
from bench.selftest.arrivals import Pace
from bench.selftest.claims import Shown
from bench.selftest.little import Books
from bench.selftest.stalling import stalled
from bench.selftest.stand import SEED, Place, Plan, Stand, ask, at_rate, on_connections
from bench.selftest.theory import Law, Queue
from bench.stats.histogram import Histogram

RATE: Final = 1000.0
_NS: Final = 1e9
_MS: Final = 1_000_000
_LEAD_IN_S: Final = 0.25  # longer than a queue at 80 % load remembers how it began

_STALL_RATE: Final = 500.0
_STALL_CONNECTIONS: Final = 32

_CONSTANT_NS: Final = 50 * _MS
_CONSTANT_RATE: Final = 400.0
_FAST_NS: Final = 5 * _MS
_SLOW_NS: Final = 50 * _MS
_LINES_RATE: Final = LINES / 2.0  # so that 2 s hold every line of a script once

_LITTLE_CONNECTIONS: Final = 4  # few: those in step are answered, and read, one after the other
_LITTLE_NS: Final = 5 * _MS

_LIES_RATE: Final = 2000.0
_LIES_CONNECTIONS: Final = 128
"""So many that one on which an answer has come is not used again for 64 ms: by then the generator
has seen that it was closed, wherever the machine has stood still meanwhile."""

_HANGING_S: Final = 0.5  # that the generator waits for answers that never come
_PATIENCE_S: Final = 10.0  # and for others, which are late on a slow machine

CEILING_CONNECTIONS: Final = 32


async def queue(stand: Stand, law: Law, load: float, window_s: float) -> Shown:
    """One queue: request by request by Lindley's recursion, and as a whole by theory."""
    asked = Queue(law, RATE, round(load / RATE * _NS))
    place = stand.timed(f"/queue/{law}/{asked.service_ns}")
    trace, evidence = await stand.trace(
        place, Plan(at_rate(RATE, Arrivals.POISSON), window_s, _LEAD_IN_S)
    )
    reported = trace.observation.response or Histogram.empty()
    counted = _counted(trace)
    expected = lindley.responses(trace.due, _services(place, len(trace.due)))
    seen = lindley.Readings(expected[counted], (trace.done - trace.due)[counted], reported)
    simulated = theory.simulate(asked, int(counted.argmax()), int(counted.sum()), SEED)
    return Shown(
        timing=(*lindley.claims(asked.name, seen), *theory.claims(asked, reported, simulated)),
        evidence=evidence.words,
        requests=len(trace.code),
        failures=_failures(trace),
    )


def _services(place: Place, requests: int) -> NDArray[np.int64]:
    """How long the server was to take for each request of a slice, ns: the script says it."""
    target = place.target
    lines = compiled(target.workload, target.base_url, target.seed).sequence_from(SEED)
    times = np.array([time_ns(line.request) for line in lines])
    return np.resize(times, requests)


def _counted(trace: Trace) -> NDArray[np.bool_]:
    """Which requests of an open loop were due in the window."""
    counted: NDArray[np.bool_] = (trace.due >= trace.start) & (trace.due < trace.end)
    return counted


def _failures(trace: Trace) -> int:
    """Requests of a whole slice that were not answered rightly."""
    return int((trace.code != Code.OK).sum())


async def sending(stand: Stand, pace: Pace, window_s: float) -> Shown:
    """Requests to a server that does nothing, by the times at which they left."""
    plan = Plan(at_rate(pace.rate, pace.kind), window_s, _LEAD_IN_S)
    trace, evidence = await stand.trace(stand.nothing(), plan)
    lags = trace.observation.send_lag or Histogram.empty()
    return Shown(
        timing=arrivals.claims(pace, trace.sent[_counted(trace)], lags),
        evidence=evidence.words,
        requests=len(trace.code),
        failures=_failures(trace),
    )


async def stalled_open(stand: Stand, window_s: float, stall_s: float) -> Shown:
    """Stop a server under open loop: all that is due meanwhile is slow."""
    plan = Plan(at_rate(_STALL_RATE, Arrivals.CONSTANT), window_s, _LEAD_IN_S)
    trace, evidence, stood = await stalled(stand, plan, stall_s)
    responses = (trace.done - trace.due)[_counted(trace)]
    return Shown(
        timing=tuple(stall.open_loop(stood, trace.end - trace.start, responses)),
        evidence=evidence.words,
        requests=len(trace.code),
        failures=_failures(trace),
    )


async def stalled_closed(stand: Stand, window_s: float, stall_s: float) -> Shown:
    """Stop a server under closed loop: only what is in flight is slow."""
    plan = Plan(on_connections(_STALL_CONNECTIONS), window_s, _LEAD_IN_S)
    trace, evidence, stood = await stalled(stand, plan, stall_s)
    return Shown(
        exact=(
            stall.closed_loop(stood, _STALL_CONNECTIONS, trace.done - trace.sent),
            stall.omission(trace.observation.service),
        ),
        evidence=evidence.words,
        requests=len(trace.code),
        failures=_failures(trace),
    )


async def always_the_same(stand: Stand, window_s: float) -> Shown:
    """A server that takes 50 ms for every request, at a constant rate."""
    place = stand.timed(f"/delay/constant/{_CONSTANT_NS}")
    plan = Plan(at_rate(_CONSTANT_RATE, Arrivals.CONSTANT), window_s, _LEAD_IN_S)
    trace, evidence = await stand.trace(place, plan)
    reported = trace.observation.response or Histogram.empty()
    return Shown(
        timing=(steps.constant(_CONSTANT_NS, reported),),
        evidence=evidence.words,
        requests=len(trace.code),
        failures=_failures(trace),
    )


async def one_in_ten_slow(stand: Stand) -> Shown:
    """A server that takes 5 ms for nine requests in ten and 50 ms for one; exactly so."""
    place = stand.timed(f"/delay/two/{_FAST_NS}/{_SLOW_NS}")
    plan = Plan(at_rate(_LINES_RATE, Arrivals.CONSTANT), LINES / _LINES_RATE, _LEAD_IN_S)
    trace, evidence = await stand.trace(place, plan)
    reported = trace.observation.response or Histogram.empty()
    return Shown(
        timing=(steps.two_points(_FAST_NS, _SLOW_NS, reported),),
        evidence=evidence.words,
        requests=len(trace.code),
        failures=_failures(trace),
    )


async def full_connections(stand: Stand, window_s: float) -> Shown:
    """Closed loop on a server that takes 5 ms: Little's law, by its own books too."""
    place = stand.timed(f"/delay/constant/{_LITTLE_NS}")
    before = Books(**await ask(stand.exact, BOOKS))
    plan = Plan(on_connections(_LITTLE_CONNECTIONS), window_s, _LEAD_IN_S)
    trace, evidence = await stand.trace(place, plan)
    server = Books(**await ask(stand.exact, BOOKS)) - before
    instrument = Books(len(trace.done), int((trace.done - trace.sent).sum()))
    seen = trace.observation
    return Shown(
        exact=(little.same_count(server, instrument),),
        timing=(
            little.throughput(_LITTLE_CONNECTIONS, _LITTLE_NS, seen),
            little.in_flight(_LITTLE_CONNECTIONS, seen.in_flight_mean),
            little.by_both_books(server, instrument),
        ),
        evidence=evidence.words,
        requests=len(trace.code),
        failures=_failures(trace),
    )


async def lied_to(stand: Stand, told: Sequence[lies.Told]) -> Shown:
    """A server that lies in one way after the other."""
    found, latest_ns = list[Claim](), 0
    for each in told:
        counted, late_ns = await _lied_to(stand, each)
        found.append(counted)
        latest_ns = max(latest_ns, late_ns)
    return Shown(exact=(*found, lies.in_time(latest_ns)))


async def _lied_to(stand: Stand, told: lies.Told) -> tuple[Claim, int]:
    """Lie in one way; what was counted, and by how many ns the slice was late to end."""
    hangs = lies.OUTCOMES[told.lie] is Outcome.TIMEOUT
    window_s = told.requests / _LIES_RATE
    load = at_rate(_LIES_RATE, Arrivals.CONSTANT, _LIES_CONNECTIONS)
    plan = Plan(load, window_s, drain_s=_HANGING_S if hangs else _PATIENCE_S)
    before = (await ask(stand.lying, COMMITTED)).get(told.lie, 0)
    trace, _ = await stand.trace(stand.liar(f"/{told.lie}/{told.every}"), plan)
    late_ns = clock.monotonic_ns() - trace.end - (round(_HANGING_S * _NS) if hangs else 0)
    committed = (await ask(stand.lying, COMMITTED)).get(told.lie, 0) - before
    return lies.counted(told, committed, trace.observation), late_ns


async def floor(stand: Stand, client: Client, window_s: float) -> Shown:
    """One connection to a server that does nothing: what the instrument adds at least."""
    plan = Plan(on_connections(1), window_s, _LEAD_IN_S, client=client)
    seen = await stand.run(stand.nothing(), plan)
    return Shown(
        exact=(limits.floor(client, seen),), requests=seen.requests, failures=seen.failures
    )


async def ceiling(stand: Stand, client: Client, window_s: float) -> Shown:
    """A closed loop on a server that does nothing: what the instrument reaches at most."""
    plan = Plan(on_connections(CEILING_CONNECTIONS), window_s, _LEAD_IN_S, client=client)
    seen = await stand.run(stand.nothing(), plan)
    return Shown(
        exact=(limits.ceiling(client, CEILING_CONNECTIONS, seen),),
        requests=seen.requests,
        failures=seen.failures,
        ceiling_rps=seen.throughput_rps if client is Client.WIRE else None,
    )
