"""From what a slice has shown to its doubts and verdict: the thresholds, each with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.domain import Doubt, DoubtKind, Load, Mode, Outcome, Verdict
from bench.load.order import Report

SEND_LAG_MS: Final = 1.0
"""p99 of send lag. A timer wakes within 0.2 ms; a whole millisecond late is a busy generator."""

GENERATOR_SHARE: Final = 0.9
"""CPU share of the generator. Above, a closed loop waits for the client, not for the server."""

SERVED_SHARE: Final = 0.9
"""Mean requests in flight / connections, in closed loop; by Little's law this is 1 if all are
served. The generator's own time between answer and next request takes a few hundredths."""

ANSWERED_SHARE: Final = 0.9
"""Answered within the window / due in it. The response time of a server that keeps up is far
below a tenth of the window, so that less than this can be in flight at its end."""

IN_FLIGHT_ALLOWED: Final = 3
"""Requests more that may be in flight at the end of the window: at low rates a tenth of those due
is less than one, and chance alone makes it two or three."""

SENT_SHARE: Final = 0.99
"""Sent at all / due. Below, the load was not the one that is named."""

FAILED_SHARE_FATAL: Final = 0.01
"""Failed requests of all: from here on the slice measures the failure, not the server."""

STOLEN_SHARE: Final = 0.05
"""Of all cores' time. The counter ticks in 10 ms, two in a slice of 0.4 s on two cores."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What happened around a slice that the generator does not see."""

    replaced: int  # processes of the server that ended or came since it was ready
    stolen_share: float | None
    one_core: bool
    reference_client: bool = False  # stock httpx, which is slower than every server


def doubts(load: Load, report: Report, around: Surroundings) -> tuple[Doubt, ...]:
    """All reasons to distrust a slice, the fatal ones first."""
    found = (*_of_requests(report), *_of_load(load, report), *_of_machine(report, around))
    return tuple(sorted(found, key=lambda doubt: not doubt.fatal))


def verdict(found: tuple[Doubt, ...]) -> Verdict:
    """Invalid with a fatal doubt, suspect with any other."""
    if any(doubt.fatal for doubt in found):
        return Verdict.INVALID
    return Verdict.SUSPECT if found else Verdict.VALID


def _of_requests(report: Report) -> Iterator[Doubt]:
    total = sum(report.outcomes.values())
    unsent = report.outcomes.get(Outcome.UNSENT, 0)
    failed = total - report.outcomes.get(Outcome.OK, 0) - unsent
    if failed:
        share = failed / total
        yield Doubt(DoubtKind.WRONG_RESPONSES, share, fatal=share > FAILED_SHARE_FATAL)
    if unsent > (1 - SENT_SHARE) * total:
        yield Doubt(DoubtKind.OFFERED_RATE_NOT_REACHED, 1 - unsent / total, fatal=True)
    elif unsent:
        yield Doubt(DoubtKind.UNSENT, unsent / total)
    if report.connections_lost:
        yield Doubt(DoubtKind.CONNECTIONS_LOST, report.connections_lost)


def _of_load(load: Load, report: Report) -> Iterator[Doubt]:
    if load.mode is Mode.OPEN:
        yield from _of_open_load(report)
        return
    if not report.outcomes:  # in open loop nothing may have been due
        yield Doubt(DoubtKind.WRONG_RESPONSES, 1.0, fatal=True)
    served = report.in_flight_mean / load.connections
    if served < SERVED_SHARE:
        yield Doubt(DoubtKind.LITTLES_LAW, served)
    if report.generator_cpu_share > GENERATOR_SHARE:
        yield Doubt(DoubtKind.GENERATOR_SATURATED, report.generator_cpu_share)


def _of_open_load(report: Report) -> Iterator[Doubt]:
    due = sum(report.outcomes.values())
    if report.answered_in_window + IN_FLIGHT_ALLOWED < ANSWERED_SHARE * due:
        yield Doubt(DoubtKind.OVERLOADED, report.answered_in_window / due, fatal=True)
    lag_ns = report.send_lag.percentile_ns(99) if report.send_lag else None
    if lag_ns is not None and lag_ns / 1e6 > SEND_LAG_MS:
        yield Doubt(DoubtKind.SEND_LAG, lag_ns / 1e6)


def _of_machine(report: Report, around: Surroundings) -> Iterator[Doubt]:
    if around.replaced:
        yield Doubt(DoubtKind.SERVER_REPLACED, around.replaced, fatal=True)
    if report.collections:
        yield Doubt(DoubtKind.COLLECTOR_RAN, report.collections)
    if around.stolen_share is not None and around.stolen_share > STOLEN_SHARE:
        yield Doubt(DoubtKind.STOLEN_CPU, around.stolen_share)
    if around.one_core:
        yield Doubt(DoubtKind.ONE_CORE, 1.0)
    if around.reference_client:
        yield Doubt(DoubtKind.REFERENCE_CLIENT, 1.0)
