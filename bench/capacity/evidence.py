"""From a slice to what it says of the server; nothing, where the client's own delay decides it.

The client's own: the send lag, and the delay from when the kernel had an answer to when it was
read. A slice that holds nevertheless counts, and so does one that would not hold if each time in
the SLO were longer by as much; an overload, and requests that found every connection busy, are the
server's.
"""

from dataclasses import replace

from bench.capacity.decision import broken
from bench.capacity.slo import Average, Clause, Failures, Slo, Trial
from bench.domain import DoubtKind, Slice
from bench.stats.histogram import Histogram


def trial(slo: Slo, done: Slice) -> Trial | None:
    """What a slice adds to each clause; None: it was spoiled."""
    return None if spoilers(slo, done) else slo.trial(done)


def holds(slo: Slo, done: Slice) -> bool:
    """Whether an SLO holds in one slice, taken at its word."""
    return not broken(slo, [slo.trial(done)])


def spoilers(slo: Slo, done: Slice) -> list[DoubtKind]:
    """Which delays of the client have decided that an SLO does not hold in a slice."""
    delays = {DoubtKind.SEND_LAG: done.send_lag, DoubtKind.CLIENT_DELAY: done.client_delay}
    known = {kind: delay for kind, delay in delays.items() if delay is not None}
    if holds(slo, done) or not holds(_forgiving(slo, list(known.values())), done):
        return []
    alone = [kind for kind, delay in known.items() if holds(_forgiving(slo, [delay]), done)]
    return alone or list(known)


def _forgiving(slo: Slo, delays: list[Histogram]) -> Slo:
    """The same SLO, its times longer by what the client itself took."""
    return replace(slo, clauses=tuple(_longer(clause, delays) for clause in slo.clauses))


def _longer(clause: Clause, delays: list[Histogram]) -> Clause:
    if isinstance(clause, Failures):
        return clause
    own_ns = sum(round(_own_ns(clause, delay)) for delay in delays)
    return replace(clause, limit_ns=clause.limit_ns + own_ns)


def _own_ns(clause: Clause, delay: Histogram) -> float:
    """The same figure of the client's delay as the clause bounds of the response time, ns."""
    if isinstance(clause, Average):
        return delay.mean_ns() or 0.0
    return 0.0 if isinstance(clause, Failures) else delay.percentile_ns(clause.percent) or 0.0
