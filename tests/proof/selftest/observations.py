"""Observations for tests, of which only what matters is given."""

from typing import Any

from bench.facts.slice import Observation, Outcome, Stalls
from bench.stats.histogram import Histogram


def observation(**known: Any) -> Observation:
    """A slice of one second in which nothing was seen but what is known."""
    nothing: dict[str, Any] = {
        "started_at": "2024-01-01T00:00:00.000+00:00",
        "window_ns": 1_000_000_000,
        "outcomes": {Outcome.OK: 0},
        "answered_in_window": 0,
        "in_flight_mean": 0.0,
        "response": None,
        "connection_wait": None,
        "send_lag": None,
        "service": Histogram.empty(),
        "client_delay": None,
        "raw": None,
        "corrected": None,
        "stalls": Stalls(0, 0, 0),
        "waiting_at_start": 0,
        "waiting_at_end": 0,
        "cpu_ns": None,
        "cpu_requests": 0,
        "settling_ns": None,
        "settled": True,
        "processes_changed": 0,
        "connections_opened": 0,
        "connections_lost": 0,
        "network_ns": None,
        "generator_cpu_ns": 0,
        "generator_cpu_share": 0.0,
        "starved_share": 0.0,
        "preemptions": 0,
        "collections": 0,
    }
    return Observation(**{**nothing, **known})
