"""Our own clients: the generator, by itself or with httpx in the place of its loops."""

from dataclasses import dataclass
from typing import Final

from bench.calibration.client import SLICE_S
from bench.calibration.measurement import Fault, Measured
from bench.calibration.place import Place
from bench.domain import Client, Load, Mode, Observation, Outcome
from bench.load.order import Order, Target
from bench.load.process import LoadProcess

LEAD_IN_S: Final = 0.1  # every answer is checked closely once; from then on its bytes are known
DRAIN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class OwnClient:
    """Sends through the generator's process; every answer is verified and timed."""

    name: str
    client: Client
    process: LoadProcess
    connections: int

    async def load(self, place: Place, seed: int) -> Measured | Fault:
        """Open connections, load for one slice, close them. Raises HarnessError."""
        target = Target(place.name, place.base_url, place.workload, seed=1)
        await self.process.attach(target)
        try:
            return measured(await self.process.run(self._order(target, seed)))
        finally:
            await self.process.detach(target.key)

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


def measured(seen: Observation) -> Measured | Fault:
    """Figures of a slice in which all answers were right, or what was wrong.

    CPU is that of the loading, over all requests of the slice: lead-in and drain are in both. What
    every slice takes beside it, whatever the number of requests, is not: to connect, to collect
    garbage before, to reckon after.
    """
    if seen.failures or not seen.answered_in_window:
        return Fault(_words(seen))
    return Measured(
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
