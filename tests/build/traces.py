"""Loads for tests, request by request, as the generator and the exact server would write them."""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.load.order import Trace
from bench.load.reckoning.reckon import Reckoning, Window, reckon
from bench.load.reckoning.samples import Code, Samples
from bench.proof.selftest.server_record import Recorded
from tests.build.slices import observation

Times = NDArray[np.int64]
US = 1_000
MS = 1_000_000
BEGIN = 1_000 * MS  # of every load; 0 stands for what did not happen
WAY = 5 * US  # of a message, from its sending until the other side's kernel has it


def every(gap_ms: float, requests: int) -> Times:
    """Times at a constant rate."""
    return (BEGIN + np.arange(requests) * gap_ms * MS).astype(np.int64)


def recorded(
    due: Times,
    took: Times | int,
    *,
    lag: Times | int = 0,
    delay: Times | int = 0,
    stamped: bool = True,
    closed: bool = False,
    connections: int = 64,
) -> Recorded:
    """A load of which the server took so long for each request, ns.

    lag: by which each was sent late. delay: of the client in reading each answer.
    """
    sent = due + lag
    left = sent + WAY + took
    received, done = left + WAY, left + WAY + delay
    samples = Samples(len(due))
    for name, times in {"due": due, "sent": sent, "done": done, "received": received}.items():
        if name != "due" or not closed:
            column = getattr(samples, name)
            column[:] = type(samples.due)("q", times.tolist()) if name == "due" else times.tolist()
    samples.code[:] = [Code.OK] * len(due)
    samples.used = len(due)
    window = Window(int(due[0]), int(due[-1]) + 1)
    found = reckon(samples, window, planned=not closed, clock_offset_ns=0 if stamped else None)
    trace = Trace(
        observation(window_ns=window.length, **_known(found)),
        window.start,
        window.end,
        due=0 * due if closed else due,
        noticed=0 * due,
        sent=sent,
        done=done,
        received=received if stamped else 0 * received,
        code=samples.codes(),
    )
    order = np.argsort(left, kind="stable")  # a server writes down what it has answered
    books = {
        "answered": len(due),
        "came": (sent + WAY)[order].tolist(),
        "left": left[order].tolist(),
        "turn": order.tolist(),
        "label": [0] * len(due),
    }
    return Recorded.of(trace, books, connections)


def _known(found: Reckoning) -> dict[str, Any]:
    """What an observation has of it."""
    names = [each.name for each in fields(found) if each.name != "answered"]
    return {name: getattr(found, name) for name in names}
