"""Little's law, and the server's books of the same requests."""

from dataclasses import replace

import numpy as np
import pytest

from bench.facts.selftest import Finding
from bench.proof.selftest.little import claims
from bench.proof.selftest.server_record import Recorded
from tests.build.traces import BEGIN, MS, US, WAY, Times, recorded

CONNECTIONS = 4
HOLDS, FAILS = Finding.HOLDS, Finding.FAILS


def busy(took: Times, delay: Times | int = 0) -> Recorded:
    """Connections that each send when their answer has been read, every one a request at a time."""
    cycles = took + 2 * WAY + delay
    each = cycles.reshape(-1, CONNECTIONS).cumsum(axis=0)
    sent = BEGIN + np.vstack([np.zeros(CONNECTIONS, dtype=np.int64), each[:-1]])
    sent += np.arange(CONNECTIONS) * 700 * US
    order = np.argsort(sent.ravel(), kind="stable")
    delays = np.broadcast_to(delay, took.shape)
    return recorded(
        sent.ravel()[order],
        took[order],
        delay=delays[order],
        closed=True,
        connections=CONNECTIONS,
    )


def findings(seen: Recorded) -> list[Finding]:
    """What is found of the law, of the answers in the window, and of those in flight."""
    return [claim.finding for claim in claims(seen)]


TOOK = np.full(1200, 5 * MS)


def test_busy_connections_hold() -> None:
    """Four, on a server that takes 5 ms."""
    assert findings(busy(TOOK)) == [HOLDS] * 3


def test_they_hold_however_late_server_and_client_are() -> None:
    """Now and then by much."""
    random = np.random.default_rng(1)
    late = np.where(random.random(len(TOOK)) < 0.02, 80 * MS, 0)
    slow = np.where(random.random(len(TOOK)) < 0.02, 60 * MS, 0)
    assert findings(busy(TOOK + late, slow)) == [HOLDS] * 3


def saying(seen: Recorded, **said: float) -> Recorded:
    """The same load, of which the instrument says something else."""
    told = replace(seen.trace.observation, **said)  # type: ignore[arg-type]
    return replace(seen, trace=replace(seen.trace, observation=told))


@pytest.mark.parametrize(("in_flight", "law"), [(3.5, FAILS), (4.5, FAILS)])
def test_another_number_in_flight_fails(in_flight: float, law: Finding) -> None:
    """By arrivals and times, and by the books or the number of connections."""
    assert findings(saying(busy(TOOK), in_flight_mean=in_flight)) == [law, HOLDS, FAILS]


@pytest.mark.parametrize(("more", "finding"), [(-5, FAILS), (-4, HOLDS), (4, HOLDS), (5, FAILS)])
def test_answers_that_the_books_do_not_have_fail(more: int, finding: Finding) -> None:
    """But for one a connection, which the window's ends may part."""
    seen = busy(TOOK)
    assert seen.answers is not None
    left, trace = seen.answers.left, seen.trace
    books = int(((left >= trace.start) & (left < trace.end)).sum())
    assert findings(saying(seen, answered_in_window=books + more))[1] is finding


def test_without_books_the_law_remains() -> None:
    """Between the instrument's own readings."""
    assert findings(replace(busy(TOOK), answers=None)) == [HOLDS]
