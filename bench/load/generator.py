"""The generator's side of a slice: keeps the connections, runs a loop, reckons what was seen."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray

from bench import clock
from bench.domain import Client, Mode
from bench.load.address import resolve
from bench.load.arrivals import intended_ns
from bench.load.compiled import compiled
from bench.load.loops import ClosedLoop, OpenLoop
from bench.load.order import Order, Report, Target
from bench.load.poller import make_poller
from bench.load.pool import Pool
from bench.load.reckoning import Window, reckon
from bench.load.samples import Samples
from bench.load.script import Script
from bench.load.stock import StockLoop
from servers.process import cpu_ns

CAPACITY: Final = 1_000_000  # requests in one slice, at most
_NS: Final = 1_000_000_000
_DELAY_NS: Final = 1_000_000  # from the decision to start to the first intended send time


@dataclass(frozen=True, slots=True)
class _Attached:
    """What is kept of one target from slice to slice."""

    script: Script
    pool: Pool


class Generator:
    """Loads one target at a time; lives in a process of its own."""

    def __init__(self) -> None:
        """Allocate the memory of all slices."""
        self._samples = Samples(CAPACITY)
        self._attached: dict[str, _Attached] = {}

    def attach(self, target: Target) -> None:
        """Compile the workload for a target; its connections are opened by the first slice.

        Raises UsageError for whatever is wrong with the workload or the URL, HarnessError when
        the host is unknown.
        """
        self.detach(target.key)
        script = compiled(target.workload, target.base_url, target.seed)
        address = resolve(httpx.URL(target.base_url))
        self._attached[target.key] = _Attached(script, Pool(address, make_poller()))

    def detach(self, key: str) -> None:
        """Close a target's connections and forget it; unknown keys are no error."""
        attached = self._attached.pop(key, None)
        if attached is not None:
            attached.pool.close()

    def run(self, order: Order) -> Report:
        """Put one target under load for one slice."""
        attached = self._attached[order.target.key]
        self._samples.reset()
        refused = attached.pool.ready(order.load.connections)
        if refused is not None:
            self._samples.note(f"connect_failed: {refused}")
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            return self._measure(order, attached)
        except BaseException:
            attached.pool.discard_all()  # answers may still come that nobody waits for
            raise
        finally:
            gc.enable()
            gc.unfreeze()

    def _measure(self, order: Order, attached: _Attached) -> Report:
        samples, pool = self._samples, attached.pool
        connections, collections = len(pool.by_fd), _collections()
        due_ns = _plan(order)
        drive = self._loop(order, attached)
        started_at, server_cpu_ns = clock.wall_iso(), cpu_ns(order.pids)
        own_cpu_ns, start_ns = clock.process_cpu_ns(), clock.monotonic_ns()
        window = _window(order, start_ns + _DELAY_NS)
        samples.plan(due_ns + (start_ns + _DELAY_NS))
        drive(window.end, window.end + round(order.drain_s * _NS))
        own_cpu_ns = clock.process_cpu_ns() - own_cpu_ns
        own_wall_ns = clock.monotonic_ns() - start_ns
        server_cpu_after_ns = cpu_ns(order.pids)
        reckoned = reckon(samples, window, planned=order.load.mode is Mode.OPEN)
        return Report(
            started_at=started_at,
            window_ns=window.length,
            outcomes=reckoned.outcomes,
            answered_in_window=reckoned.answered_in_window,
            in_flight_mean=reckoned.in_flight_mean,
            response=reckoned.response,
            service=reckoned.service,
            send_lag=reckoned.send_lag,
            cpu_ns=_spent_ns(server_cpu_ns, server_cpu_after_ns),
            cpu_requests=reckoned.answered,
            connections_open=connections,
            connections_opened=pool.opened,
            connections_lost=pool.lost,
            generator_cpu_share=own_cpu_ns / own_wall_ns,
            collections=_collections() - collections,
            errors=tuple(samples.errors),
        )

    def _loop(self, order: Order, attached: _Attached) -> Callable[[int, int], None]:
        """The loop that the order asks for, ready to run until an end and a deadline."""
        samples, pool, script = self._samples, attached.pool, attached.script
        if order.client is Client.HTTPX:
            return StockLoop(order.load, script.sequence_from(order.seed), samples).run
        kind = OpenLoop if order.load.mode is Mode.OPEN else ClosedLoop
        return kind(pool, script, samples, first_line=order.seed).run


def _plan(order: Order) -> NDArray[np.int64]:
    """Intended send times of the slice, lead-in included, ns after its start; closed: none."""
    load = order.load
    if load.offered_rate is None or load.arrivals is None:
        return np.zeros(0, dtype=np.int64)
    length_s = order.lead_in_s + order.window_s
    return intended_ns(load.arrivals, load.offered_rate, length_s, order.seed)


def _window(order: Order, start_ns: int) -> Window:
    """The counted part of a slice that starts at `start_ns`."""
    return Window(
        start_ns + round(order.lead_in_s * _NS),
        start_ns + round((order.lead_in_s + order.window_s) * _NS),
    )


def _spent_ns(before: dict[int, int], after: dict[int, int]) -> int | None:
    """CPU time that the server's processes spent; None where one is gone or cannot be read."""
    if not before or before.keys() != after.keys():
        return None
    return sum(after.values()) - sum(before.values())


def _collections() -> int:
    """How often the garbage collector has run in this process."""
    return sum(generation["collections"] for generation in gc.get_stats())
