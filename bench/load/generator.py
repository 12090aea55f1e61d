"""The generator's side of a slice: keeps the connections, runs a loop, reckons what was seen."""

import gc
from collections.abc import Generator as Steps
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.facts.load import Client, Mode
from bench.facts.run import Pacing
from bench.facts.slice import Observation
from bench.load.attached import Attached, attached
from bench.load.due import due_ns, window_of
from bench.load.events.reckoning import events_by_slot
from bench.load.loop_choice import ReadyLoop, loop_for
from bench.load.net import stamps
from bench.load.order import EventTimes, Order, Target, Trace
from bench.load.own_costs import OwnCosts
from bench.load.pacing.choice import NOT_PINNED, OwnCores, instrument
from bench.load.pacing.poller import has_timer
from bench.load.pieces import in_sequence, piece, turns
from bench.load.pools.pool import MessagePool, refusal
from bench.load.reckoning.reckon import Window, reckon
from bench.load.reckoning.samples import MOST_IN_A_SLICE, Samples
from bench.load.scripts.compiled import Compiler
from bench.load.scripts.supply import paused_mean
from bench.load.scripts.user_code import PATIENCE_S, patiently
from bench.load.server_cpu import read, spent_ns, with_processes
from bench.load.settling import Settled, settle
from bench.stats.units import NS_PER_S
from bench.system import clock, open_files
from servers.processes.process_tree import TreeClock, TreeCpu

_CLOCK_SET_NS: Final = 10_000  # readings differ by less, unless the wall clock was set
FIRST_RATE: Final = 4000.0  # requests a second that are made ahead where nothing is known yet
SPARE: Final = 1.5  # times as many requests are made ahead as are likely to be sent
STOCKING_S: Final = 2.0  # that is spent on it at the most, and twice as long as the slice lasts

_DELAY_NS: Final = 1_000_000  # from the decision to start to the first intended send time
InTwoSteps: TypeAlias = Steps[None, int, Observation]


@dataclass(frozen=True, slots=True)
class _Planned:
    """What is known of a slice before it begins. due: ns after its start, shape (n,)."""

    due: NDArray[np.int64]
    loop: ReadyLoop


@dataclass(frozen=True, slots=True)
class _Driven:
    """Readings around a slice, beside its samples.

    own: costs of the generator. cpu: of the server, before its load and after it has settled.
    clock_offset_ns: how far the kernel's stamps are ahead of the samples' times; None: there are
    none, or somebody set the clock meanwhile. kinds: which kind of request each was, by slot.
    thinking_mean: connections that waited as the workload wants. made: requests that were made
    meanwhile. late_ns: after its start, that the load began. unloaded_ns: of the window, after a
    closed loop had no room left.
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
    late_ns: int
    unloaded_ns: int

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
        self._samples = Samples(MOST_IN_A_SLICE)
        self._stamps = stamps.supported()
        self.instrument = instrument(own, kernel_timestamps=self._stamps)
        self._attached: dict[str, Attached] = {}

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
        compiled = self._compiler.compile(target.workload, target.base_url, target.seed)
        self._attached[target.key] = attached(
            target, compiled, self.instrument.pacing, stamps=self._stamps
        )
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # all that stays: looking through it takes 30 ms, which no slice need pay for

    def detach(self, key: str) -> None:
        """Close a target's connections and forget it; unknown keys are no error."""
        known = self._attached.pop(key, None)
        if known is not None:
            known.pool.close()

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

    def in_two_steps(self, order: Order) -> InTwoSteps:
        """The same, with a stop where all is ready for the load, and all that takes long is done.

        What is sent to it there is when to begin, ns of CLOCK_MONOTONIC. Closing it gives it up.
        """
        tree = None if order.tree is None else TreeClock(order.tree)
        before = read(tree)
        with self._supplied([order]), self._quiet([order]) as refused:
            self._begin(order, refused)
            planned = self._planned(order)
            start_ns = yield
            driven = self._drive(replace(order, start_ns=start_ns), planned, tree)
            seen = in_sequence([self._observe(order, driven)])
        return with_processes(seen, tree, before)

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
        before = [read(tree) for tree in trees]
        with self._supplied(orders), self._quiet(orders) as refused:
            for index, number in turns(pieces, orders[0].seed):
                order = piece(orders[index], number, pieces[index])
                self._begin(order, refused)
                driven = self._drive(order, self._planned(order), trees[index])
                parts[index].append(self._observe(order, driven))
        return [
            with_processes(in_sequence(each), tree, start)
            for each, tree, start in zip(parts, trees, before, strict=True)
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
        driven, samples = self._drive(order, self._planned(order)), self._samples
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

    def _planned(self, order: Order) -> _Planned:
        """All that can be done before the load begins."""
        target = self._attached[order.target.key]
        due = due_ns(order, self._samples.capacity)
        loop = loop_for(order, target, self._samples)
        target.pool.stamp_all(order.load.mode is Mode.OPEN)
        return _Planned(due, loop)

    def _drive(self, order: Order, planned: _Planned, tree: TreeClock | None = None) -> _Driven:
        """Load the target for one slice; what was sent and answered is in the samples."""
        target, loop = self._attached[order.target.key], planned.loop
        pool, supply = target.pool, target.supply
        made = supply.made if supply else 0
        started_at, cpu = clock.wall_iso(), read(tree)
        offset_ns, before = clock.realtime_offset_ns(), OwnCosts.now()
        start_ns = order.start_ns or before.at_ns + _DELAY_NS
        window = window_of(order, start_ns)
        self._samples.plan(planned.due + start_ns)
        late_ns = max(0, clock.monotonic_ns() - start_ns)
        loop.run(window.end, window.end + round(order.drain_s * NS_PER_S))
        own = OwnCosts.now() - before
        if supply and order.load.mode is Mode.CLOSED:
            self._rates[order.target.key] = self._samples.used / (own.at_ns / NS_PER_S)
        settled = settle(tree)
        return _Driven(
            started_at,
            window,
            own,
            (cpu, read(tree)),
            settled,
            offset_ns if pool.stamps and _steady(offset_ns) else None,
            loop.kinds(),
            paused_mean(loop.pauses, window.start, window.end),
            supply.made - made if supply else 0,
            late_ns,
            0 if order.load.mode is Mode.OPEN else _unloaded_ns(self._samples, window),
        )

    def _observe(self, order: Order, driven: _Driven) -> Observation:
        """Put together what the samples of a slice and the readings around it say."""
        samples, pool, own = self._samples, self._attached[order.target.key].pool, driven.own
        found = reckon(
            samples,
            driven.window,
            planned=order.load.mode is Mode.OPEN,
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
            cpu_ns=spent_ns(*driven.cpu),
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
            late_ns=driven.late_ns,
            unloaded_ns=driven.unloaded_ns,
            errors=tuple(samples.errors),
            statuses=found.statuses,
            examples=dict(samples.examples),
            streams=found.streams,
            new_connections=found.new_connections,
        )


def _unloaded_ns(samples: Samples, window: Window) -> int:
    """How much of the window passed after the last request that there was room to write down."""
    if samples.used < samples.capacity:
        return 0
    last_ns = int(samples.column("sent").max())
    return max(0, window.end - max(last_ns, window.start))


def _event_times(samples: Samples, clock_offset_ns: int | None) -> EventTimes | None:
    """Those of streams; None: no answer was one."""
    if not samples.events.first:
        return None
    return EventTimes(*events_by_slot(samples.events, clock_offset_ns))


def _own_connections(order: Order) -> int:
    """How many a slice needs of ours: none where httpx opens its own, as a server may have few."""
    if order.client is not Client.WIRE:
        return 0
    return order.shard.connections(order.load.connections)


def _steady(offset_ns: int) -> bool:
    """Whether nobody has set the wall clock since the offset was read."""
    return abs(clock.realtime_offset_ns() - offset_ns) < _CLOCK_SET_NS
