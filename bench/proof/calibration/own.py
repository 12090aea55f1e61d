"""Our own clients: the generator, by itself or with httpx in the place of its loops."""

from dataclasses import dataclass, field
from typing import Final

from bench.facts.load import Client, Load, Mode
from bench.facts.slice import Observation, Outcome
from bench.load.order import Order, Target
from bench.load.process import LoadProcess
from bench.proof.calibration.client import SLICE_S, CalibrationServer, ClientSlice, Fault
from servers.protocol import Protocol

LEAD_IN_S: Final = 0.1
DRAIN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class OwnClient:
    """Sends through the generator's process; every answer is verified and timed.

    As in a run, what is known of a place is kept from slice to slice, and so are the connections:
    each request's answer is looked at closely when it comes for the first time, in the slice that
    warms up. Every byte of every later one is compared with it.

    `streams`: requests in flight on one connection at the most, where the protocol has streams;
    `connections` are those in flight on all.
    """

    name: str
    client: Client
    process: LoadProcess
    connections: int
    protocol: Protocol = Protocol.HTTP_1_1
    streams: int = 8
    _attached: set[Target] = field(default_factory=set, compare=False)

    async def load(self, place: CalibrationServer, seed: int) -> ClientSlice | Fault:
        """Load for one slice. Raises HarnessError."""
        key = f"{self.name} on {place.name}"
        target = Target(
            key, place.base_url, place.workload, 1, protocol=self.protocol, streams=self.streams
        )
        if target not in self._attached:
            await self.process.attach(target)
            self._attached.add(target)
        return measured(await self.process.run(self._order(target, seed)))

    def _order(self, target: Target, seed: int) -> Order:
        return Order(
            target=target,
            load=Load(Mode.CLOSED, self.connections),
            client=self.client,
            seed=seed,
            lead_in_s=LEAD_IN_S,
            window_s=float(SLICE_S),
            drain_s=DRAIN_S,
        )


def measured(seen: Observation) -> ClientSlice | Fault:
    """Figures of a slice in which all answers were right, or what was wrong.

    CPU is that of the loading, over all requests of the slice: lead-in and drain are in both. What
    every slice takes beside it, whatever the number of requests, is not: to connect, to collect
    garbage before, to reckon after.
    """
    if seen.failures or not seen.answered_in_window:
        return Fault(_words(seen))
    return ClientSlice(
        throughput=seen.throughput_rps,
        cpu_ns=seen.generator_cpu_ns / seen.cpu_requests,
        mean_ns=seen.service.mean_ns(),
        p50_ns=seen.service.percentile_ns(50),
        p99_ns=seen.service.percentile_ns(99),
        closed=seen.connections_opened,
        starved=seen.starved_share,
    )


def _words(seen: Observation) -> str:
    if not seen.requests:
        return f"nothing was sent: {'; '.join(seen.errors) or 'no reason is known'}"
    counts = ", ".join(
        f"{count} {outcome}"
        for outcome, count in sorted(seen.outcomes.items())
        if outcome is not Outcome.OK
    )
    first = f"; the first: {seen.errors[0]}" if seen.errors else ""
    return f"{seen.failures} of {seen.requests} requests failed ({counts or 'none right'}){first}"
