"""The generator's side of a slice: keeps the connections, runs a loop, reckons what was seen."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.run import Pacing
from bench.facts.slice import Observation
from bench.load.arrivals import intended_ns
from bench.load.events.reckoning import events_by_slot
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
from bench.load.net import stamps
from bench.load.order import EventTimes, Order, Target, Trace
from bench.load.own_costs import OwnCosts
from bench.load.pacing.choice import NOT_PINNED, OwnCores, instrument
from bench.load.pacing.poller import has_timer
from bench.load.pieces import in_sequence, piece, turns
from bench.load.pools.fresh_pool import FreshPool
from bench.load.pools.pool import MessagePool, MultiplexedPool, Pool, refusal
from bench.load.pools.reaching import pool_for, transport_for
from bench.load.reckoning.reckon import ONE_KIND, Window, reckon
from bench.load.reckoning.samples import Samples
from bench.load.replaying import replayed
from bench.load.scripts.compiled import Compiled, Compiler
from bench.load.scripts.field_script import FieldScript
from bench.load.scripts.message_script import MessageScript
from bench.load.scripts.script import Script, ScriptLine
from bench.load.scripts.stream_script import StreamScript
from bench.load.scripts.supply import Stream, Supply, paused_mean
from bench.load.scripts.user_code import PATIENCE_S, patiently
from bench.load.settling import Settled, settle
from bench.stats.units import NS_PER_S
from bench.system import clock, open_files
from servers.process_tree import TreeClock, TreeCpu
from servers.protocol import Protocol

CAPACITY: Final = 1_000_000  # requests in one slice, at most
_CLOCK_SET_NS: Final = 10_000  # readings differ by less, unless the wall clock was set
ROOM_USED: Final = 0.9  # of what is left of it, for requests that may be more than on average
RAMP_SHARE: Final = 0.8
"""Of the lead-in, in which the connections of a closed loop begin, one after the other."""

FIRST_RATE: Final = 4000.0  # requests a second that are made ahead where nothing is known yet
SPARE: Final = 1.5  # times as many requests are made ahead as are likely to be sent
STOCKING_S: Final = 2.0  # that is spent on it at the most, and twice as long as the slice lasts

_DELAY_NS: Final = 1_000_000  # from the decision to start to the first intended send time


@dataclass(frozen=True, slots=True)
class _Attached:
    """What is kept of one target from slice to slice."""

    compiled: Compiled
    pool: Pool | MultiplexedPool[Any]
    supply: Supply | None  # None: a set of requests is sent over and over, as fast as it goes
    frames: StreamScript | FieldScript | None  # None: no requests are framed


@dataclass(frozen=True, slots=True)
class _Load:
    """A loop that is ready to run until an end and a deadline.

    kinds: which kind of request each was, by slot, over and over. pauses: from when until when
    connections waited because the workload wanted them to, ns. Both are known after it has run.
    """

    run: Callable[[int, int], None]
    kinds: Callable[[], NDArray[np.int64]]
    pauses: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class _Driven:
    """Readings around a slice, beside its samples.

    own: costs of the generator. cpu: of the server, before its load and after it has settled.
    clock_offset_ns: how far the kernel's stamps are ahead of the samples' times; None: there are
    none, or somebody set the clock meanwhile. kinds: which kind of request each was, by slot.
    thinking_mean: connections that waited as the workload wants. made: requests that were made
    meanwhile.
    """

    started_at: str
    window: Window
    own: OwnCosts
    cpu: tuple[TreeCpu | None, TreeCpu | None]
    settled: Settled
    clock_offset_ns: int | None
    kinds: NDArray[np.int64]
    thinking_mean: float
    made: int

    @property
    def worked_ns(self) -> int | None:
        """From the first request until the server was idle again; None: unknown."""
        after_ns = self.settled.after_ns
        return None if after_ns is None else self.own.at_ns + after_ns


class Generator:
    """Loads one target at a time; lives in a process of its own."""

    def __init__(self, own: OwnCores = NOT_PINNED, compiler: Compiler | None = None) -> None:
        """Allocate the memory of all slices, and see what this platform has to offer.

        `own`: the core that this process has to itself. `compiler`: of all workloads.
        """
        self._compiler = compiler or Compiler()
        self._rates: dict[str, float] = {}  # requests a second in closed loop, lately, by target
        self._samples = Samples(CAPACITY)
        self._stamps = stamps.supported()
        self.instrument = instrument(own, kernel_timestamps=self._stamps)
        self._attached: dict[str, _Attached] = {}

    def keep_pacing(self, pacing: Pacing, reason: str) -> None:
        """Pace targets attached from now on as asked, unless this platform has no timer for it."""
        if pacing is Pacing.POLL or has_timer():
            self.instrument = replace(self.instrument, pacing=pacing, pacing_reason=reason)

    def attach(self, target: Target) -> None:
        """Compile the workload for a target; its connections are opened by the first slice.

        The workload may ask the server first. Raises UsageError for whatever is wrong with it or
        the URL, AskedError when it asks in vain, HarnessError when the host is unknown.
        """
        self.detach(target.key)
        found = self._compiler.compile(target.workload, target.base_url, target.seed)
        supply, frames = _supply(found), None
        if target.protocol.has_streams:
            _refuse_unstreamable(target, found)
            frames = _frames(target.protocol)
        if target.new_connections:
            _refuse_unrenewable(target, found)
        upgrade = found.upgrade if isinstance(found, MessageScript) else None
        pool = pool_for(target, self.instrument.pacing, stamps=self._stamps, upgrade=upgrade)
        self._attached[target.key] = _Attached(found, pool, supply, frames)
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # all that stays: looking through it takes 30 ms, which no slice need pay for

    def detach(self, key: str) -> None:
        """Close a target's connections and forget it; unknown keys are no error."""
        attached = self._attached.pop(key, None)
        if attached is not None:
            attached.pool.close()

    def hold(self, key: str, number: int) -> bool:
        """Keep so many idle WebSockets open to a target, and no other connection of its.

        False: it is no WebSocket, or not all of them can be opened.
        """
        pool = self._attached[key].pool
        if not isinstance(pool, MessagePool):
            return False
        open_files.raise_limit()
        pool.discard_all()
        return pool.ready(number) is None

    def run(self, order: Order) -> Observation:
        """Put one target under load for one slice."""
        (seen,) = self.alternate([order], [1])
        return seen

    def trace(self, order: Order) -> Trace:
        """Put one target under load for one slice, and report every request."""
        with self._supplied([order]), self._quiet([order]) as refused:
            self._begin(order, refused)
            return self._traced(order)

    def alternate(self, orders: Sequence[Order], pieces: Sequence[int]) -> list[Observation]:
        """Put several targets under load in turns, each for a slice that is cut into pieces.

        What slows the machine for longer than a piece slows all of them alike: see `turns`.
        Observations are in the order of the orders, and so are the numbers of their pieces.
        """
        parts: list[list[Observation]] = [[] for _ in orders]
        trees = [None if order.tree is None else TreeClock(order.tree) for order in orders]
        before = [_read(tree) for tree in trees]
        with self._supplied(orders), self._quiet(orders) as refused:
            for index, number in turns(pieces, orders[0].seed):
                order = piece(orders[index], number, pieces[index])
                self._begin(order, refused)
                parts[index].append(self._observe(order, self._drive(order, trees[index])))
        return [
            _with_processes(in_sequence(each), tree, read)
            for each, tree, read in zip(parts, trees, before, strict=True)
        ]

    @contextmanager
    def _supplied(self, orders: Sequence[Order]) -> Iterator[None]:
        """Load with requests made ahead; interrupt a workload that does not come back.

        Raises UsageError then, and for whatever else is wrong with it.
        """
        made = [order for order in orders if self._attached[order.target.key].supply]
        if not made:
            yield
            return
        for order in made:
            self._stock(order)
        longest_s = sum(order.lead_in_s + order.window_s + 2 * order.drain_s for order in orders)
        with patiently(made[0].target.workload, PATIENCE_S + longest_s):
            yield

    def _stock(self, order: Order) -> None:
        """Make as many requests ahead as the slice may take."""
        supply, length_s = self._attached[order.target.key].supply, order.lead_in_s + order.window_s
        assert supply is not None  # noqa: S101 - only then is there something to make
        rate = order.load.offered_rate or self._rates.get(order.target.key, FIRST_RATE)
        share = rate / order.shard.of if order.load.offered_rate else rate
        until_ns = clock.monotonic_ns() + round((STOCKING_S + 2 * length_s) * NS_PER_S)
        with patiently(order.target.workload):
            supply.stock(round(SPARE * share * length_s) + order.load.connections, until_ns)

    @contextmanager
    def _quiet(self, orders: Sequence[Order]) -> Iterator[dict[str, OSError]]:
        """Measure with connections open and the garbage collector off.

        Gives the targets that refused some of them, with the reason.
        """
        found = {
            order.target.key: self._attached[order.target.key].pool.ready(_own_connections(order))
            for order in orders
        }
        gc.collect()  # of what came since the target was attached: a fraction of a millisecond
        gc.disable()
        try:
            yield {key: error for key, error in found.items() if error is not None}
        except BaseException:
            for order in orders:  # answers may still come that nobody waits for
                self._attached[order.target.key].pool.discard_all()
            raise
        finally:
            gc.enable()
            for order in orders:
                self._attached[order.target.key].pool.rest()

    def _begin(self, order: Order, refused: dict[str, OSError]) -> None:
        """Forget the last load; a connection that could not be opened is reported once."""
        self._samples.reset()
        error = refused.pop(order.target.key, None)
        if error is not None:
            self._samples.note(refusal(error))

    def _traced(self, order: Order) -> Trace:
        driven, samples = self._drive(order), self._samples
        received = samples.column("received")
        return Trace(
            self._observe(order, driven),
            driven.window.start,
            driven.window.end,
            due=samples.column("due"),
            noticed=samples.column("noticed"),
            sent=samples.column("sent"),
            done=samples.column("done"),
            received=np.where(received > 0, received - (driven.clock_offset_ns or 0), 0),
            code=samples.codes(),
            events=_event_times(samples, driven.clock_offset_ns),
        )

    def _drive(self, order: Order, tree: TreeClock | None = None) -> _Driven:
        """Load the target for one slice; what was sent and answered is in the samples."""
        due_ns, load = _plan(order), self._loop(order)
        pool, supply = (
            self._attached[order.target.key].pool,
            self._attached[order.target.key].supply,
        )
        made = supply.made if supply else 0
        pool.stamp_all(order.load.mode is Mode.OPEN)
        started_at, cpu = clock.wall_iso(), _read(tree)
        offset_ns, before = clock.realtime_offset_ns(), OwnCosts.now()
        start_ns = order.start_ns or before.at_ns + _DELAY_NS
        window = _window(order, start_ns)
        self._samples.plan(due_ns + start_ns)
        load.run(window.end, window.end + round(order.drain_s * NS_PER_S))
        own = OwnCosts.now() - before
        if supply and order.load.mode is Mode.CLOSED:
            self._rates[order.target.key] = self._samples.used / (own.at_ns / NS_PER_S)
        settled = settle(tree)
        return _Driven(
            started_at,
            window,
            own,
            (cpu, _read(tree)),
            settled,
            offset_ns if pool.stamps and _steady(offset_ns) else None,
            load.kinds(),
            paused_mean(load.pauses, window.start, window.end),
            supply.made - made if supply else 0,
        )

    def _observe(self, order: Order, driven: _Driven) -> Observation:
        """Put together what the samples of a slice and the readings around it say."""
        samples, pool, own = self._samples, self._attached[order.target.key].pool, driven.own
        planned = order.load.mode is Mode.OPEN
        found = reckon(
            samples,
            driven.window,
            planned=planned,
            clock_offset_ns=driven.clock_offset_ns,
            kinds=driven.kinds,
        )
        return Observation(
            started_at=driven.started_at,
            window_ns=driven.window.length,
            outcomes=found.outcomes,
            answered_in_window=found.answered_in_window,
            in_flight_mean=found.in_flight_mean,
            response=found.response,
            connection_wait=found.connection_wait,
            send_lag=found.send_lag,
            service=found.service,
            client_delay=found.client_delay,
            raw=found.raw,
            corrected=found.corrected,
            stalls=found.stalls,
            waiting_at_start=found.waiting_at_start,
            waiting_at_end=found.waiting_at_end,
            cpu_ns=_spent_ns(*driven.cpu),
            cpu_requests=found.answered,
            settling_ns=driven.settled.after_ns,
            settled=driven.settled.idle,
            worked_ns=driven.worked_ns,
            processes_changed=0,  # nobody has looked yet
            connections_opened=pool.opened,
            connections_lost=pool.lost,
            network_ns=pool.network_ns(),
            generator_cpu_ns=own.cpu_ns,
            generator_cpu_share=own.cpu_share,
            starved_share=own.starved_share,
            preemptions=own.preemptions,
            collections=own.collections,
            thinking_mean=driven.thinking_mean,
            made=driven.made,
            errors=tuple(samples.errors),
            statuses=found.statuses,
            examples=dict(samples.examples),
            streams=found.streams,
            new_connections=found.new_connections,
        )

    def _loop(self, order: Order) -> _Load:
        """The loop that the order asks for."""
        attached = self._attached[order.target.key]
        # a piece need not ramp: its lead-in is drawn, and no step of a server's is seen alone
        ramp_ns = round(order.lead_in_s * RAMP_SHARE * NS_PER_S) if order.goes_on else 0
        pool = attached.pool
        if attached.supply is not None:
            return self._visits(order, attached, attached.supply, ramp_ns)
        assert isinstance(attached.compiled, Script)  # noqa: S101 - all else is supplied
        lines, kinds = _lines(order, attached.compiled)
        if order.client is not Client.WIRE:
            _refuse_websocket(order, attached.compiled)
            return _Load(_stock_loop(order, lines, self._samples).run, kinds)
        open_loop, closed_loop, sent = _loops(attached, lines)
        samples, goes_on = self._samples, order.goes_on
        loop: Loop[Any]
        if order.load.mode is Mode.OPEN:
            loop = open_loop(pool, sent, samples, goes_on=goes_on)
        else:
            loop = closed_loop(pool, sent, samples, goes_on=goes_on, ramp_ns=ramp_ns)
        return _Load(loop.run, kinds)

    def _visits(self, order: Order, attached: _Attached, supply: Supply, ramp_ns: int) -> _Load:
        """The same, where each visit is supplied with its requests one after the other."""
        samples, seed = self._samples, order.seed + order.shard.index
        if order.client is not Client.WIRE:
            stock = _stock_loop(order, supply, samples)
            return _Load(stock.run, lambda: ONE_KIND, stock.pauses)
        open_loop, closed_loop, sent = _visiting(attached)
        how = {"seed": seed, "goes_on": order.goes_on}
        loop: Visits | StreamVisits[Any]
        if order.load.mode is Mode.OPEN:
            loop = open_loop(attached.pool, supply, *sent, samples, **how)
        else:
            loop = closed_loop(attached.pool, supply, *sent, samples, **how, ramp_ns=ramp_ns)
        return _Load(loop.run, loop.kinds, loop.pauses)


def _event_times(samples: Samples, clock_offset_ns: int | None) -> EventTimes | None:
    """Those of streams; None: no answer was one."""
    if not samples.events.first:
        return None
    return EventTimes(*events_by_slot(samples.events, clock_offset_ns))


def _lines(
    order: Order, script: Script
) -> tuple[list[ScriptLine], Callable[[], NDArray[np.int64]]]:
    """What is sent in a slice, by slot, and which kind of request each is."""
    if order.load.arrivals is Arrivals.LOG:
        lines = replayed(order).lines
        return script.in_order(lines), partial(script.kinds_in_order, lines)
    first, step = order.seed + order.shard.index, order.shard.of
    return script.sequence_from(first, step), partial(script.kinds_from, first, step)


def _frames(protocol: Protocol) -> StreamScript | FieldScript:
    """What keeps requests as a protocol with streams has them."""
    if protocol is Protocol.H3:
        return FieldScript()
    return StreamScript("http" if protocol is Protocol.H2C else "https")


def _visiting(
    attached: _Attached,
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


def _loops(
    attached: _Attached, lines: list[ScriptLine]
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


def _supply(found: Compiled) -> Supply | None:
    """Whatever does not send a set over and over, as fast as it goes."""
    if not isinstance(found, Script):
        return found
    return Stream.over(found.sequence_from(0)) if found.thinks else None


def _refuse_unstreamable(target: Target, found: Compiled) -> None:
    """Raises UsageError for what is not sent over HTTP/2."""
    if isinstance(found, MessageScript):
        reason = "it is a WebSocket"
    elif isinstance(found, Script) and any(line.stream is not None for line in found.lines):
        reason = "its answers are streams of events"
    else:
        return
    raise UsageError(
        f"workload '{target.workload}' is sent over HTTP/1.1 alone, not over "
        f"{target.protocol}: {reason}"
    )


def _refuse_unrenewable(target: Target, found: Compiled) -> None:
    """Raises UsageError for what is not sent over a connection of its own each time."""
    if target.protocol.has_streams:
        raise UsageError(
            f"--new-connections measures connections of HTTP/1.1 alone, not of {target.protocol}"
        )
    if isinstance(found, MessageScript):
        reason = "it is a WebSocket"
    elif _supply(found) is not None:
        reason = "it has sequences, requests that are made afresh, or think times"
    else:
        return
    raise UsageError(
        f"workload '{target.workload}' needs connections that are kept, which --new-connections "
        f"are not: {reason}"
    )


def _refuse_websocket(order: Order, found: Compiled) -> None:
    """Raises UsageError: httpx has no WebSockets."""
    if isinstance(found, MessageScript):
        raise UsageError(
            f"workload '{order.target.workload}' is a WebSocket, and --client {order.client} has "
            "none: leave out --client"
        )


def _stock_loop(
    order: Order, lines: Sequence[ScriptLine] | Supply, samples: Samples
) -> StockHttpxLoop:
    """Put httpx in place of the generator's own loops."""
    transport = transport_for(order)
    connections = order.shard.connections(order.load.connections)
    load = replace(order.load, connections=connections)
    return StockHttpxLoop(load, lines, samples, transport=transport)


def _own_connections(order: Order) -> int:
    """How many a slice needs of ours: none where httpx opens its own, as a server may have few."""
    if order.client is not Client.WIRE:
        return 0
    return order.shard.connections(order.load.connections)


def _plan(order: Order) -> NDArray[np.int64]:
    """Intended send times of the slice, lead-in included, ns after its start; closed: none."""
    load = order.load
    if load.arrivals is Arrivals.LOG:
        return replayed(order).due_ns
    if load.offered_rate is None or load.arrivals is None:
        return np.zeros(0, dtype=np.int64)
    length_s = order.lead_in_s + order.window_s
    whole = intended_ns(load.arrivals, load.offered_rate, length_s, order.seed)
    if order.goes_on:
        more = intended_ns(load.arrivals, load.offered_rate, _more_s(load, order), order.seed + 1)
        whole = np.concatenate((whole, more + round(length_s * NS_PER_S)))
    return whole[order.shard.index :: order.shard.of]


def _more_s(load: Load, order: Order) -> float:
    """How long load may go on after the window: as far as there is room to write it down."""
    assert load.offered_rate is not None  # noqa: S101 - it is an open loop
    room = CAPACITY - load.offered_rate * (order.lead_in_s + order.window_s)
    return max(0.0, min(order.drain_s, ROOM_USED * room / load.offered_rate))


def _window(order: Order, start_ns: int) -> Window:
    """The counted part of a slice that starts at `start_ns`."""
    return Window(
        start_ns + round(order.lead_in_s * NS_PER_S),
        start_ns + round((order.lead_in_s + order.window_s) * NS_PER_S),
    )


def _read(tree: TreeClock | None) -> TreeCpu | None:
    return None if tree is None else tree.read()


def _spent_ns(before: TreeCpu | None, after: TreeCpu | None) -> int | None:
    """CPU time that a tree has spent; None where it cannot be read, or some of it was lost.

    That of a process which nobody waits for is lost when it ends.
    """
    if before is None or after is None or after.total_ns < before.total_ns:
        return None
    return after.total_ns - before.total_ns


def _with_processes(
    seen: Observation, tree: TreeClock | None, before: TreeCpu | None
) -> Observation:
    """Count the processes that came or went in a slice, and the CPU time of those that came.

    `before`: what the tree had spent when the slice began. That of processes which have ended since
    is known in ticks of 10 ms: too coarse for pieces.
    """
    if tree is None or before is None:
        return seen
    known, changed, now = tree.read(), tree.look(), tree.read()
    pieces = seen.pieces
    if pieces is not None and now is not None and now.ended_ns != before.ended_ns:
        pieces = replace(pieces, cpu_ns=(None,) * len(pieces.cpu_ns))
    cpu_ns = seen.cpu_ns
    if changed and cpu_ns is not None:
        cpu_ns += _spent_ns(known, now) or 0
    return replace(seen, pieces=pieces, cpu_ns=cpu_ns, processes_changed=changed)


def _steady(offset_ns: int) -> bool:
    """Whether nobody has set the wall clock since the offset was read."""
    return abs(clock.realtime_offset_ns() - offset_ns) < _CLOCK_SET_NS
