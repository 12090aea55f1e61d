"""A log's own arrivals: which of its requests are due in a slice, and when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.load.order import Order
from bench.stats.units import NS_PER_S
from bench.workloads.requests.access_log.replay import Replay
from bench.workloads.requests.request_set import RequestSet


@dataclass(frozen=True, slots=True)
class Replayed:
    """Requests in the order in which they are due; both arrays have shape (n,).

    due_ns: after the beginning of the slice, lead-in included. lines: by index, which of the
    workload's exchanges each is.
    """

    due_ns: NDArray[np.int64]
    lines: NDArray[np.int64]


def replayed(order: Order) -> Replayed:
    """What this generator sends of a log; where load goes on, what comes after its window too."""
    replay = _replay(order)
    lead_in_ns, window_ns = (round(each * NS_PER_S) for each in (order.lead_in_s, order.window_s))
    after_ns = round(order.drain_s * NS_PER_S) if order.goes_on else 0
    due_ns = np.frombuffer(replay.due_ns, np.int64) + lead_in_ns
    first, end = np.searchsorted(due_ns, (0, lead_in_ns + window_ns + after_ns))
    own = slice(first + order.shard.index, end, order.shard.of)
    return Replayed(due_ns[own], np.frombuffer(replay.order, np.int64)[own])


def _replay(order: Order) -> Replay:
    source = order.target.workload
    if not isinstance(source, RequestSet) or source.replay is None:
        raise ValueError(f"workload '{source}' has no arrivals of its own")
    return source.replay
