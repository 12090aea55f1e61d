"""From what a slice has shown to its doubts and verdict: the thresholds, each with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.analysis.growing_queue import growing_queue
from bench.facts.load import Load, Mode
from bench.facts.run import Instrument, Pacing
from bench.facts.slice import WORKS_ON_SHARE, Doubt, DoubtKind, Observation, Outcome, Verdict
from bench.stats.histogram import Histogram

SEND_LAG_MS: Final = 1.0
"""p99 of send lag. A timer wakes within 0.2 ms; a whole millisecond late is a busy generator."""

CONNECTION_WAIT_MS: Final = 1.0
"""p99 of waiting for a free connection. With enough of them no request waits; a millisecond for one
request in a hundred is no longer the coincidence of a few arrivals."""

CLIENT_DELAY_MS: Final = 1.0
"""p99 from the kernel's receipt of an answer to the generator's. It wakes in 0.1 ms and has read a
batch of answers in half a millisecond; from here on the tail is the client's own."""

STAMPED_SHARE: Final = 0.95
"""Of right answers in open loop, that the kernel stamped. Of fewer, those whose time has the
client's delay in it reach the 95th percentile, the farthest that is headlined."""

STARVED_SHARE: Final = 0.02
"""Of a slice in which the generator was ready to run and another process had its core. It is 8 ms
of 0.4 s, two turns of the scheduler, and moves the 99th percentile."""

LATE_MS: Final = 50.0
"""That the load began after its time. The lead-in of an exposure takes up as much: in closed loop
its last fifth, at the least 50 ms, is left when all connections have begun."""

UNLOADED_SHARE: Final = 0.01
"""Of the window, that a closed loop did without load. Its throughput is too low by as much, which
is as small a difference as a long run shows."""

CEILING_SHARE: Final = 0.8
"""Of what the generator reached on a server that does nothing. Above, the cost of the client is
more than a quarter of the figure, and the ceiling itself is not known to better than a fifth."""

NETWORK_MS: Final = 1.0
"""Shortest round trip seen. Loopback takes 0.05 ms and a local network 0.5; servers that differ by
fractions of a millisecond are not compared over more."""

GENERATOR_SHARE: Final = 0.9
"""CPU share of the generator. Above, a closed loop waits for the client, not for the server."""

SERVED_SHARE: Final = 0.9
"""Mean requests in flight / connections, in closed loop; by Little's law this is 1 if all are
served. The generator's own time between answer and next request takes a few hundredths."""

SENT_SHARE: Final = 0.99
"""Sent at all / due. Below, the load was not the one that is named."""

FAILED_SHARE_FATAL: Final = 0.01
"""Failed requests of all: from here on the slice measures the failure, not the server."""

STOLEN_SHARE: Final = 0.05
"""Of all cores' time. The counter ticks in 10 ms, two in a slice of 0.4 s on two cores."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What happened around a slice that the generator does not see.

    restless: other servers that worked on after their own load, beside this. usable_cores: how many
    generator and servers have together. ceiling_rps: what the generator reached on a server that
    does nothing; None: unknown.
    """

    restless: int
    stolen_share: float | None
    usable_cores: int
    instrument: Instrument
    ceiling_rps: float | None = None
    reference_client: bool = False  # httpx, which is slower than every server


def doubts(load: Load, seen: Observation, around: Surroundings) -> tuple[Doubt, ...]:
    """All reasons to distrust a slice, the fatal ones first."""
    found = (
        *_of_requests(seen),
        *(_of_open_load(seen) if load.mode is Mode.OPEN else _of_closed_load(load, seen)),
        *_of_client(seen, around),
        *_of_machine(seen, around),
        *_of_fallbacks(load, seen, around),
    )
    return tuple(sorted(found, key=lambda doubt: not doubt.fatal))


def verdict(found: tuple[Doubt, ...]) -> Verdict:
    """Invalid with a fatal doubt, suspect with any other."""
    if any(doubt.fatal for doubt in found):
        return Verdict.INVALID
    return Verdict.SUSPECT if found else Verdict.VALID


def _of_requests(seen: Observation) -> Iterator[Doubt]:
    total = seen.requests
    unsent = seen.outcomes.get(Outcome.UNSENT, 0)
    failed = seen.failures - unsent
    if failed:
        share = failed / total
        yield Doubt(DoubtKind.WRONG_RESPONSES, share, fatal=share > FAILED_SHARE_FATAL)
    if unsent > (1 - SENT_SHARE) * total:
        yield Doubt(DoubtKind.OFFERED_RATE_NOT_REACHED, 1 - unsent / total, fatal=True)
    elif unsent:
        yield Doubt(DoubtKind.UNSENT, unsent / total)
    if seen.connections_lost:
        yield Doubt(DoubtKind.CONNECTIONS_LOST, seen.connections_lost)
    if seen.processes_changed:
        yield Doubt(DoubtKind.PROCESSES_CHANGED, seen.processes_changed)
    if not seen.settled:
        yield Doubt(DoubtKind.STILL_WORKING, (seen.settling_ns or 0) / 1e9)


def _of_closed_load(load: Load, seen: Observation) -> Iterator[Doubt]:
    if not seen.outcomes:  # in open loop nothing may have been due
        yield Doubt(DoubtKind.WRONG_RESPONSES, 1.0, fatal=True)
    served = (seen.in_flight_mean + seen.thinking_mean) / load.connections
    if served < SERVED_SHARE:
        yield Doubt(DoubtKind.LITTLES_LAW, served)
    unloaded = seen.unloaded_ns / seen.window_ns
    if unloaded > UNLOADED_SHARE:
        yield Doubt(DoubtKind.ENDED_EARLY, unloaded, fatal=True)
    left = 0.0 if seen.pieces is not None else seen.works_on_share
    if seen.settled:  # else there is a doubt of its own
        yield from _above(DoubtKind.WORK_PILES_UP, left, WORKS_ON_SHARE)
    if seen.generator_cpu_share > GENERATOR_SHARE:
        yield Doubt(DoubtKind.GENERATOR_SATURATED, seen.generator_cpu_share)
    elif seen.made and seen.generator_cpu_share > CEILING_SHARE:
        yield Doubt(DoubtKind.GENERATOR_MAKES, seen.generator_cpu_share)


def _of_open_load(seen: Observation) -> Iterator[Doubt]:
    grown = growing_queue([seen])
    if grown is not None:
        yield Doubt(DoubtKind.OVERLOADED, grown, fatal=True)
    yield from _above(DoubtKind.SEND_LAG, _p99_ms(seen.send_lag), SEND_LAG_MS)
    yield from _above(DoubtKind.CONNECTION_WAIT, _p99_ms(seen.connection_wait), CONNECTION_WAIT_MS)


def _of_client(seen: Observation, around: Surroundings) -> Iterator[Doubt]:
    yield from _above(DoubtKind.CLIENT_DELAY, _p99_ms(seen.client_delay), CLIENT_DELAY_MS)
    yield from _above(DoubtKind.GENERATOR_STARVED, seen.starved_share, STARVED_SHARE)
    if seen.late_ns > LATE_MS * 1e6:
        yield Doubt(DoubtKind.BEGUN_LATE, seen.late_ns / 1e6, fatal=True)
    if around.ceiling_rps is not None:
        share = seen.throughput_rps / around.ceiling_rps
        yield from _above(DoubtKind.GENERATOR_CEILING, share, CEILING_SHARE)
    if seen.collections:
        yield Doubt(DoubtKind.COLLECTOR_RAN, seen.collections)
    if around.reference_client:
        yield Doubt(DoubtKind.REFERENCE_CLIENT, 1.0)


def _of_machine(seen: Observation, around: Surroundings) -> Iterator[Doubt]:
    if around.restless:
        yield Doubt(DoubtKind.NEIGHBOUR_WORKING, around.restless, fatal=True)
    yield from _above(DoubtKind.STOLEN_CPU, around.stolen_share, STOLEN_SHARE)
    network_ms = None if seen.network_ns is None else seen.network_ns / 1e6
    yield from _above(DoubtKind.NETWORK_DELAY, network_ms, NETWORK_MS)


def _of_fallbacks(load: Load, seen: Observation, around: Surroundings) -> Iterator[Doubt]:
    """What this platform lacks, or a kind of connection, where a figure depends on it."""
    if around.usable_cores == 1:
        yield Doubt(DoubtKind.ONE_CORE, 1.0)
    elif not around.instrument.cores:
        yield Doubt(DoubtKind.NOT_PINNED, 1.0)
    if load.mode is Mode.OPEN and around.instrument.pacing is Pacing.POLL:
        yield Doubt(DoubtKind.COARSE_TIMER, 1.0)
    if not around.instrument.kernel_timestamps:
        yield Doubt(DoubtKind.CLIENT_DELAY_UNKNOWN, 1.0)
    elif not around.reference_client:  # whose delay is most of what is measured, as a doubt says
        yield from _of_stamps(load, seen)


def _of_stamps(load: Load, seen: Observation) -> Iterator[Doubt]:
    """Answers whose time has the client's delay in it although this platform stamps them.

    In closed loop a sample is stamped, and it is enough that there is one. Where the clock was set
    meanwhile, no stamp holds.
    """
    right = seen.outcomes.get(Outcome.OK, 0)
    stamped = 0 if seen.client_delay is None else seen.client_delay.total
    enough = STAMPED_SHARE * right if load.mode is Mode.OPEN else min(1, right)
    if stamped < enough:
        yield Doubt(DoubtKind.CLIENT_DELAY_UNKNOWN, 1 - stamped / right)


def _above(kind: DoubtKind, value: float | None, threshold: float) -> Iterator[Doubt]:
    if value is not None and value > threshold:
        yield Doubt(kind, value)


def _p99_ms(histogram: Histogram | None) -> float | None:
    found = None if histogram is None else histogram.percentile_ns(99)
    return None if found is None else found / 1e6
