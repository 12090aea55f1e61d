"""The generator's side of a slice: keeps the connections, runs a loop, reckons what was seen."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from bench import clock
from bench.domain import Client, Load, Mode
from bench.load.arrivals import intended_ns
from bench.load.loops import ClosedLoop, OpenLoop
from bench.load.order import Order, Report, Target
from bench.load.poller import make_poller
from bench.load.pool import Pool
from bench.load.reckoning import Window, reckon
from bench.load.samples import Samples
from bench.load.script import LENGTH, Script
from bench.load.stock import StockLoop
from bench.workloads import load_workload
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
        """Compile the workload for a target; its connections are opened by the first slice."""
        url = httpx.URL(target.base_url)
        script = Script(load_workload(target.workload)(url), target.seed)
        pool = Pool((url.host, url.port or 80), make_poller())
        self._attached[target.key] = _Attached(script, pool)

    def detach(self, key: str) -> None:
        """Close a target's connections and forget it; unknown keys are no error."""
        attached = self._attached.pop(key, None)
        if attached is not None:
            attached.pool.close()

    def run(self, order: Order) -> Report:
        """Put one target under load for one slice."""
        attached = self._attached[order.target.key]
        self._samples.reset()
        connections = len(attached.pool.ready(order.load.connections))
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            return self._measure(order, attached, connections)
        finally:
            gc.enable()
            gc.unfreeze()

    def _measure(self, order: Order, attached: _Attached, connections: int) -> Report:
        samples, pool = self._samples, attached.pool
        started_at = clock.wall_iso()
        collections = _collections()
        start_ns = clock.monotonic_ns() + _DELAY_NS
        window = Window(
            start_ns + round(order.lead_in_s * _NS),
            start_ns + round((order.lead_in_s + order.window_s) * _NS),
        )
        drive = self._loop(order, attached, start_ns, window)
        server_cpu_ns = cpu_ns(order.pids)
        own_cpu_ns, own_start_ns = clock.process_cpu_ns(), clock.monotonic_ns()
        drive()
        own_cpu_ns = clock.process_cpu_ns() - own_cpu_ns
        own_wall_ns = clock.monotonic_ns() - own_start_ns
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

    def _loop(
        self, order: Order, attached: _Attached, start_ns: int, window: Window
    ) -> Callable[[], None]:
        """The loop that the order asks for, ready to run."""
        samples = self._samples
        if order.load.mode is Mode.OPEN:
            _write_plan(samples, order, start_ns)
        first_line = order.seed % LENGTH
        deadline_ns = window.end + round(order.drain_s * _NS)
        if order.client is Client.HTTPX:
            lines = attached.script.sequence_from(first_line)
            return StockLoop(
                order.load, lines, samples, end_ns=window.end, deadline_ns=deadline_ns
            ).run
        if order.load.mode is Mode.OPEN:
            return OpenLoop(
                attached.pool,
                attached.script,
                samples,
                first_line=first_line,
                deadline_ns=deadline_ns,
            ).run
        return ClosedLoop(
            attached.pool,
            attached.script,
            samples,
            first_line=first_line,
            end_ns=window.end,
            deadline_ns=deadline_ns,
        ).run


def _write_plan(samples: Samples, order: Order, start_ns: int) -> None:
    """Put the intended send times of the slice, lead-in included, into the samples."""
    load: Load = order.load
    assert load.offered_rate is not None  # noqa: S101 - an open loop has both
    assert load.arrivals is not None  # noqa: S101
    length_s = order.lead_in_s + order.window_s
    due = intended_ns(load.arrivals, load.offered_rate, length_s, order.seed)[:CAPACITY]
    samples.used = len(due)
    for slot, at_ns in enumerate((due + start_ns).tolist()):
        samples.due[slot] = at_ns


def _spent_ns(before: dict[int, int], after: dict[int, int]) -> int | None:
    """CPU time that the server's processes spent; None where one is gone or cannot be read."""
    if not before or before.keys() != after.keys():
        return None
    return sum(after.values()) - sum(before.values())


def _collections() -> int:
    """How often the garbage collector has run in this process."""
    return sum(generation["collections"] for generation in gc.get_stats())
