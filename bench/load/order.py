"""What the generator is told, and what it answers: the two ends of one slice."""

from dataclasses import dataclass

from bench.domain import Client, Load, Outcome
from bench.stats.histogram import Histogram


@dataclass(frozen=True, slots=True)
class Target:
    """One server process tree, as the generator sees it, under one workload.

    `key` is new for every launch: connections and what is known of right answers belong to it.
    """

    key: str
    base_url: str
    workload: str  # a built-in's name, or the path of a file
    seed: int  # of the order in which the workload's exchanges are sent


@dataclass(frozen=True, slots=True)
class Order:
    """Put one target under load for one slice.

    Requests of the first `lead_in_s` are sent and verified but not counted; after the window the
    generator waits at most `drain_s` for what is in flight. `pids` are those whose CPU time is
    read before and after.
    """

    target: Target
    load: Load
    client: Client
    seed: int
    lead_in_s: float
    window_s: float
    drain_s: float
    pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What one slice has shown; fields as in `bench.domain.Slice`."""

    started_at: str
    window_ns: int
    outcomes: dict[Outcome, int]
    answered_in_window: int
    in_flight_mean: float  # of requests that were answered rightly, averaged over the window
    response: Histogram | None
    service: Histogram
    send_lag: Histogram | None
    cpu_ns: int | None
    cpu_requests: int
    connections_open: int
    connections_opened: int
    connections_lost: int
    generator_cpu_share: float
    collections: int
    errors: tuple[str, ...]
