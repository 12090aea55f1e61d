"""An order that is shared out, and what a shard of it has seen."""

import numpy as np

from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Observation, Outcome, Stalls
from bench.load.order import Order, Target
from bench.stats.histogram import Histogram
from tests.build.slices import observation

ORDER = Order(
    Target("one", "http://127.0.0.1:1", "get_item", seed=1),
    Load(Mode.OPEN, 32, 1000.0, Arrivals.POISSON),
    Client.WIRE,
    seed=4,
    lead_in_s=0.1,
    window_s=0.9,
    drain_s=1.0,
)


def seen(*times_ns: int) -> Observation:
    """What a shard has seen whose answers took these times."""
    times = Histogram.of(np.array(times_ns))
    return observation(
        window_ns=900_000_000,
        outcomes={Outcome.OK: len(times_ns)},
        answered_in_window=len(times_ns),
        in_flight_mean=1.5,
        response=times,
        connection_wait=times,
        send_lag=times,
        service=times,
        client_delay=times,
        raw=times,
        corrected=times,
        stalls=Stalls(1, 50, 50),
        waiting_at_start=1,
        waiting_at_end=2,
        settling_ns=500,
        processes_changed=1,
        cpu_ns=100,
        cpu_requests=len(times_ns),
        connections_opened=1,
        connections_lost=1,
        network_ns=5_000,
        generator_cpu_ns=10,
        generator_cpu_share=0.4,
        starved_share=0.01,
        preemptions=2,
        errors=("a", "b", "c"),
    )
