"""Little's law, L = lambda W, of the same requests by the instrument and by the server's books."""

from typing import Final

import numpy as np

from bench.facts.selftest import Claim
from bench.facts.slice import Observation
from bench.proof.selftest.claims import claim
from bench.proof.selftest.exactness import BUCKET
from bench.proof.selftest.server_record import CLOCKS_NS, AnswerTimes, Recorded

GROUP: Final = "How many are in flight (Little's law)"


def claims(seen: Recorded) -> list[Claim]:
    """Hold a closed loop against the law, and against the server's books of the same window.

    Each bound is one that no delay of anybody can break.
    """
    longest_ns = int((seen.trace.done - seen.trace.sent).max(initial=0))
    found = [_law(seen.connections, longest_ns, seen.trace.observation)]
    if seen.answers is None:
        return found
    return [*found, _throughput(seen, seen.answers), _in_flight(seen, seen.answers)]


def _throughput(seen: Recorded, answers: AnswerTimes) -> Claim:
    """At either end of the window, each connection has one answer at most on its way."""
    left, trace = answers.left, seen.trace
    books = int(((left >= trace.start) & (left < trace.end)).sum())
    found = trace.observation.answered_in_window
    return claim(
        GROUP,
        "answers in the window, by the server's record",
        f"{books:,} (within {seen.connections})",
        f"{found:,}",
        holds=books > 0 and abs(found - books) <= seen.connections,
    )


def _in_flight(seen: Recorded, answers: AnswerTimes) -> Claim:
    """What the server had was in flight, and each connection had one request at most."""
    trace, found = seen.trace, seen.trace.observation.in_flight_mean
    within = np.minimum(answers.left, trace.end) - np.maximum(answers.came, trace.start)
    least = float(np.maximum(0, within).sum()) / (trace.end - trace.start)
    allowed = CLOCKS_NS * len(within) / (trace.end - trace.start)
    return claim(
        GROUP,
        "in flight on average, at least those at the server",
        f"{least:.3f} to {seen.connections}",
        f"{found:.3f}",
        holds=least - allowed <= found <= seen.connections,
    )


def _law(connections: int, longest_ns: int, seen: Observation) -> Claim:
    """Requests that are cut by the window's ends are one a connection, at either end."""
    expected = seen.service.total * (seen.service.mean_ns() or 0.0) / seen.window_ns
    allowed = connections * longest_ns / seen.window_ns + expected * BUCKET
    return claim(
        GROUP,
        "in flight on average, by arrivals x time",
        f"{expected:.3f} (within {allowed:.3f})",
        f"{seen.in_flight_mean:.3f}",
        holds=seen.service.total > 0 and abs(seen.in_flight_mean - expected) <= allowed,
    )
