"""When the requests of a slice are due, and in which part of it they are counted."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.facts.load import Arrivals, Load
from bench.load.arrivals import intended_ns
from bench.load.order import Order
from bench.load.reckoning.reckon import Window
from bench.load.reckoning.samples import MOST_IN_A_SLICE
from bench.load.replaying import replayed
from bench.stats.units import NS_PER_S

ROOM_USED: Final = 0.9  # of what is left of it, for requests that may be more than on average


def due_ns(order: Order, most: int = MOST_IN_A_SLICE) -> NDArray[np.int64]:
    """Intended send times of the slice, lead-in included, ns after its start; closed: none.

    `most`: requests that there is room to write down.
    """
    load = order.load
    if load.arrivals is Arrivals.LOG:
        return replayed(order).due_ns
    if load.offered_rate is None or load.arrivals is None:
        return np.zeros(0, dtype=np.int64)
    length_s = order.lead_in_s + order.window_s
    whole = intended_ns(load.arrivals, load.offered_rate, length_s, order.seed)
    if order.goes_on:
        more_s = _more_s(load, order, most)
        more = intended_ns(load.arrivals, load.offered_rate, more_s, order.seed + 1)
        whole = np.concatenate((whole, more + round(length_s * NS_PER_S)))
    return whole[order.shard.index :: order.shard.of]


def _more_s(load: Load, order: Order, most: int) -> float:
    """How long load may go on after the window: as far as there is room to write it down."""
    assert load.offered_rate is not None  # noqa: S101 - it is an open loop
    room = most - load.offered_rate * (order.lead_in_s + order.window_s)
    return max(0.0, min(order.drain_s, ROOM_USED * room / load.offered_rate))


def window_of(order: Order, start_ns: int) -> Window:
    """The counted part of a slice that starts at `start_ns`."""
    return Window(
        start_ns + round(order.lead_in_s * NS_PER_S),
        start_ns + round((order.lead_in_s + order.window_s) * NS_PER_S),
    )
