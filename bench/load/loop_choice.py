"""Which loop puts a target under load: by its workload, its protocol, and what the order asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Mode
from bench.load.attached import Attached
from bench.load.loops import (
    ClosedFresh,
    ClosedLoop,
    ClosedMessages,
    ClosedQuic,
    ClosedStreams,
    OpenFresh,
    OpenLoop,
    OpenMessages,
    OpenQuic,
    OpenStreams,
)
from bench.load.loops.base import Loop
from bench.load.loops.stock_httpx import StockHttpxLoop
from bench.load.loops.stream_visits import (
    ClosedHttp2Visits,
    ClosedHttp3Visits,
    OpenHttp2Visits,
    OpenHttp3Visits,
    StreamVisits,
)
from bench.load.loops.visits import ClosedVisits, OpenVisits, Visits
from bench.load.order import Order
from bench.load.pools.fresh_pool import FreshPool
from bench.load.pools.pool import MessagePool
from bench.load.pools.reaching import transport_for
from bench.load.reckoning.reckon import ONE_KIND
from bench.load.reckoning.samples import Samples
from bench.load.replaying import replayed
from bench.load.scripts.compiled import Compiled
from bench.load.scripts.field_script import FieldScript
from bench.load.scripts.message_script import MessageScript
from bench.load.scripts.script import Script, ScriptLine
from bench.load.scripts.stream_script import StreamScript
from bench.load.scripts.supply import Supply
from bench.stats.units import NS_PER_S

RAMP_SHARE: Final = 0.8
"""Of the lead-in, in which the connections of a closed loop begin, one after the other."""


@dataclass(frozen=True, slots=True)
class ReadyLoop:
    """A loop that is ready to run until an end and a deadline.

    kinds: which kind of request each was, by slot, over and over. pauses: from when until when
    connections waited because the workload wanted them to, ns. Both are known after it has run.
    """

    run: Callable[[int, int], None]
    kinds: Callable[[], NDArray[np.int64]]
    pauses: Sequence[tuple[int, int]] = ()


def loop_for(order: Order, attached: Attached, samples: Samples) -> ReadyLoop:
    """The loop that the order asks for. Raises UsageError where a client cannot send it."""
    # a piece need not ramp: its lead-in is drawn, and no step of a server's is seen alone
    ramp_ns = round(order.lead_in_s * RAMP_SHARE * NS_PER_S) if order.goes_on else 0
    pool = attached.pool
    if attached.supply is not None:
        return _visits(order, attached, attached.supply, samples, ramp_ns)
    assert isinstance(attached.compiled, Script)  # noqa: S101 - all else is supplied
    lines, kinds = _lines(order, attached.compiled)
    if order.client is not Client.WIRE:
        _refuse_websocket(order, attached.compiled)
        return ReadyLoop(_stock_loop(order, lines, samples).run, kinds)
    open_loop, closed_loop, sent = _loops(attached, lines)
    goes_on = order.goes_on
    loop: Loop[Any]
    if order.load.mode is Mode.OPEN:
        loop = open_loop(pool, sent, samples, goes_on=goes_on)
    else:
        loop = closed_loop(pool, sent, samples, goes_on=goes_on, ramp_ns=ramp_ns)
    return ReadyLoop(loop.run, kinds)


def _visits(
    order: Order, attached: Attached, supply: Supply, samples: Samples, ramp_ns: int
) -> ReadyLoop:
    """The same, where each visit is supplied with its requests one after the other."""
    seed = order.seed + order.shard.index
    if order.client is not Client.WIRE:
        stock = _stock_loop(order, supply, samples)
        return ReadyLoop(stock.run, lambda: ONE_KIND, stock.pauses)
    open_loop, closed_loop, sent = _visiting(attached)
    how = {"seed": seed, "goes_on": order.goes_on}
    loop: Visits | StreamVisits[Any]
    if order.load.mode is Mode.OPEN:
        loop = open_loop(attached.pool, supply, *sent, samples, **how)
    else:
        loop = closed_loop(attached.pool, supply, *sent, samples, **how, ramp_ns=ramp_ns)
    return ReadyLoop(loop.run, loop.kinds, loop.pauses)


def _lines(
    order: Order, script: Script
) -> tuple[list[ScriptLine], Callable[[], NDArray[np.int64]]]:
    """What is sent in a slice, by slot, and which kind of request each is."""
    if order.load.arrivals is Arrivals.LOG:
        lines = replayed(order).lines
        return script.in_order(lines), partial(script.kinds_in_order, lines)
    first, step = order.seed + order.shard.index, order.shard.of
    return script.sequence_from(first, step), partial(script.kinds_from, first, step)


def _loops(
    attached: Attached, lines: list[ScriptLine]
) -> tuple[Callable[..., Loop[Any]], Callable[..., Loop[Any]], Sequence[object]]:
    """The open and the closed loop that send a script, and its lines as they want them."""
    match attached.frames:
        case StreamScript():
            return OpenStreams, ClosedStreams, attached.frames.framed(lines)
        case FieldScript():
            return OpenQuic, ClosedQuic, attached.frames.framed(lines)
        case None if isinstance(attached.pool, MessagePool):
            return OpenMessages, ClosedMessages, lines
        case None if isinstance(attached.pool, FreshPool):
            return OpenFresh, ClosedFresh, lines
        case None:
            return OpenLoop, ClosedLoop, lines


def _visiting(
    attached: Attached,
) -> tuple[
    Callable[..., Visits | StreamVisits[Any]],
    Callable[..., Visits | StreamVisits[Any]],
    Sequence[StreamScript | FieldScript],
]:
    """The open and the closed loop for visits, and what they need beside a supply."""
    match attached.frames:
        case StreamScript():
            return OpenHttp2Visits, ClosedHttp2Visits, (attached.frames,)
        case FieldScript():
            return OpenHttp3Visits, ClosedHttp3Visits, (attached.frames,)
        case None:
            return OpenVisits, ClosedVisits, ()


def _stock_loop(
    order: Order, lines: Sequence[ScriptLine] | Supply, samples: Samples
) -> StockHttpxLoop:
    """Put httpx in place of the generator's own loops."""
    transport = transport_for(order)
    connections = order.shard.connections(order.load.connections)
    load = replace(order.load, connections=connections)
    return StockHttpxLoop(load, lines, samples, transport=transport)


def _refuse_websocket(order: Order, found: Compiled) -> None:
    """Raises UsageError: httpx has no WebSockets."""
    if isinstance(found, MessageScript):
        raise UsageError(
            f"workload '{order.target.workload}' is a WebSocket, and --client {order.client} has "
            "none: leave out --client"
        )
