"""From a slice to what it says of the server; nothing, where the client's own delay decides it.

The client's own is the send lag: requests that leave late come closer together than was planned,
and wait for each other. Its delay in reading answers is in no response time. A slice that holds
nevertheless counts, and so does one that would not hold if each time in the SLO were longer by as
much; an overload, and requests that found every connection busy, are the server's.
"""

from dataclasses import replace

from bench.analysis.capacity.decision import broken
from bench.analysis.capacity.slo import Average, Clause, FailureShare, Slo, Trial
from bench.facts.slice import DoubtKind, Slice
from bench.stats.histogram import Histogram


def trial(slo: Slo, done: Slice) -> Trial | None:
    """What a slice adds to each clause; None: it was spoiled."""
    return None if spoilers(slo, done) else slo.trial(done)


def holds(slo: Slo, done: Slice) -> bool:
    """Whether an SLO holds in one slice, taken at its word."""
    return not broken(slo, [slo.trial(done)])


def spoilers(slo: Slo, done: Slice) -> list[DoubtKind]:
    """Which delay of the client has decided that an SLO does not hold in a slice."""
    if holds(slo, done) or done.send_lag is None:
        return []
    return [DoubtKind.SEND_LAG] if holds(_forgiving(slo, done.send_lag), done) else []


def _forgiving(slo: Slo, lag: Histogram) -> Slo:
    """The same SLO, its times longer by what the client itself took."""
    return replace(slo, clauses=tuple(_longer(clause, lag) for clause in slo.clauses))


def _longer(clause: Clause, lag: Histogram) -> Clause:
    """The same limit, longer by that figure of the send lag which it bounds."""
    if isinstance(clause, FailureShare):
        return clause
    own_ns = lag.mean_ns() if isinstance(clause, Average) else lag.percentile_ns(clause.percent)
    return replace(clause, limit_ns=clause.limit_ns + round(own_ns or 0.0))
