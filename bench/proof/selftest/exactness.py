"""How exact reported times are: figures beside those of the server's own record, and a budget."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from bench.facts.selftest import Claim, ErrorBudget
from bench.facts.slice import Observation
from bench.proof.selftest.claims import claim, noted
from bench.proof.selftest.formatting import signed_us, us
from bench.proof.selftest.server_record import (
    CLOCKS_NS,
    AnswerTimes,
    Recorded,
    Times,
    counted,
    measured,
    reported,
    response_times,
    waiting_since,
)
from bench.stats.histogram import Histogram

CAUSES: Final = "Times, against the server's own record"
FIGURES: Final = "Error of average, p50, p90, p95, p99"
REQUESTS: Final = "Error per request, p50, p99"
LAGS: Final = "Send lag, p50, p99"
LATENESS: Final = "The server's own lateness, p50, p99"
BUCKET: Final = 0.0005  # a histogram's value is off by so much of itself, see bench.stats.histogram
PERCENTS: Final = {"p50_ns": 50.0, "p90_ns": 90.0, "p95_ns": 95.0, "p99_ns": 99.0}
_CENTRE, _TAIL = 50, 99
_NONE: Final = "none"

Errors = Mapping[str, float]
"""Reported - true, ns, by the figure's name in `ErrorBudget`."""


def figure_errors(times: Histogram, truth: Times) -> Errors:
    """Reported - true of each figure; nothing of what was not reported."""
    reports = {"avg_ns": times.mean_ns()}
    reports |= {name: times.percentile_ns(percent) for name, percent in PERCENTS.items()}
    ranks = np.percentile(truth, list(PERCENTS.values()), method="inverted_cdf")
    truths = [float(truth.mean()), *map(float, ranks)]
    pairs = zip(reports.items(), truths, strict=True)
    return {name: found - true for (name, found), true in pairs if found is not None}


def budget(experiments: Iterable[Errors]) -> ErrorBudget:
    """The largest error that each figure had in any experiment, whichever way it went."""
    found = [experiment for experiment in experiments if experiment]
    largest = {
        name: max((abs(each[name]) for each in found if name in each), default=None)
        for name in ("avg_ns", *PERCENTS)
    }
    return ErrorBudget(**largest, experiments=len(found))


def errors(seen: Recorded) -> Errors:
    """Errors of the figures of an open loop; none where the server's books do not fit."""
    if seen.answers is None or not counted(seen.trace).any():
        return {}
    return figure_errors(reported(seen.trace.observation), _truth(seen, seen.answers))


def _truth(seen: Recorded, answers: AnswerTimes) -> Times:
    """Response times of the requests counted."""
    whole = response_times(waiting_since(seen.trace), answers, seen.connections)
    return whole[counted(seen.trace)]


def figures(name: str, seen: Recorded) -> list[Claim]:
    """Note how far the figures of an open loop, and its single requests, are from the record."""
    of_figures = errors(seen)
    if seen.answers is None:
        return []
    error = np.abs(measured(seen.trace) - seen.answers.took)
    return [
        noted(FIGURES, name, signed_us(*of_figures.values()) if of_figures else _NONE),
        noted(REQUESTS, name, us(*np.percentile(error, (_CENTRE, _TAIL)))),
    ]


def closed_loop(name: str, seen: Recorded) -> list[Claim]:
    """Note how far the figures of a closed loop are off, which contain the client's own delay."""
    if seen.answers is None:
        return []
    sent, trace = seen.trace.sent, seen.trace
    truth = seen.answers.took[(sent >= trace.start) & (sent < trace.end)]
    if not truth.size:
        return []
    found = figure_errors(trace.observation.service, truth)
    return [noted(FIGURES, f"{name}, client delay included", signed_us(*found.values()))]


def lag(name: str, seen: Observation) -> Claim:
    """Note how late requests were sent; it is no part of a response time."""
    lags = seen.send_lag or Histogram.empty()
    found = [lags.percentile_ns(percent) for percent in (_CENTRE, _TAIL)]
    return noted(LAGS, name, us(*(ns for ns in found if ns is not None)) if all(found) else _NONE)


def lateness(name: str, answers: AnswerTimes, expected: Times) -> Claim:
    """Note how late the server itself was, which is the machine's doing and no error."""
    late = answers.took - expected
    return noted(LATENESS, name, us(*np.percentile(late, (_CENTRE, _TAIL))))


def causes(name: str, seen: Recorded) -> list[Claim]:
    """What must hold of an open loop however late anybody was."""
    if seen.answers is None:
        return []
    return [_never_shorter(name, seen, seen.answers.as_stamped), _adds_up(name, seen)]


def _never_shorter(name: str, seen: Recorded, answers: AnswerTimes) -> Claim:
    """No request, and no figure, may show less time than the server itself took."""
    least = float((measured(seen.trace) - answers.took).min())
    truth = _truth(seen, answers)
    of_figures = figure_errors(reported(seen.trace.observation), truth)
    rounded_ns = CLOCKS_NS + BUCKET * float(truth.max(initial=0))
    return claim(
        CAUSES,
        f"{name}: least more than the server took, of a request, of a figure",
        f"not below {signed_us(-CLOCKS_NS, -rounded_ns)}",
        signed_us(least, min(of_figures.values(), default=np.nan)),
        holds=least >= -CLOCKS_NS
        and len(of_figures) == 1 + len(PERCENTS)
        and min(of_figures.values()) >= -rounded_ns,
    )


def _adds_up(name: str, seen: Recorded) -> Claim:
    """Response time, send lag and client delay are all the time from intended to read."""
    trace, parts = seen.trace, _parts(seen.trace.observation)
    found = sum((part.mean_ns() or 0.0) * part.total for part in parts)
    whole, requests = counted(trace), max(1, int(counted(trace).sum()))
    expected = float((trace.done - trace.due)[whole].sum())
    allowed = BUCKET * sum(abs(part.mean_ns() or 0.0) * part.total for part in parts) + requests
    return claim(
        CAUSES,
        f"{name}: response + send lag + client delay, on average",
        f"{us(expected / requests)} (done - intended)",
        us(found / requests),
        holds=abs(found - expected) <= allowed,
    )


def _parts(seen: Observation) -> Sequence[Histogram]:
    return [each for each in (seen.response, seen.send_lag, seen.client_delay) if each is not None]
