"""Observations and slices, of which only what matters is given."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.slice import Observation, Outcome, Role, Slice, Stalls
from bench.stats.histogram import Histogram

Times = NDArray[np.int64]
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MIB = 2**20
MS = 1_000_000
LAG_NS = 40_000
OPEN = Load(Mode.OPEN, 32, 2400.0, Arrivals.POISSON)
CLOSED = Load(Mode.CLOSED, 32)


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


def exposure(cell: Cell, seen: Observation, **known: Any) -> Slice:
    """The first exposure of a cell, valid, in which this was seen."""
    of_the_slice: dict[str, Any] = {
        "round": 1,
        "rotation": 1,
        "position": 0,
        "role": Role.EXPOSURE,
        "ended_s": 0.0,
        "stolen_share": 0.0,
    }
    observed = {field.name: getattr(seen, field.name) for field in fields(seen)}
    return Slice(cell=cell, **{**observed, **of_the_slice, **known})


def slice_of(
    cell: Cell, round_: int, rotation: int, times_ns: Sequence[int], **changes: object
) -> Slice:
    """One valid slice of half a second whose right answers took these times."""
    times = np.asarray(times_ns, dtype=np.int64)
    built = exposure(
        cell,
        answered(cell, times, np.full(len(times), LAG_NS), times // 10),
        round=round_,
        rotation=rotation,
        started_at=(START + timedelta(seconds=10 * round_ + rotation)).isoformat(),
    )
    return replace(built, **changes)  # type: ignore[arg-type]


def answered(cell: Cell, times: Times, lag: Times, delay: Times) -> Observation:
    """Half a second in which all was right.

    times: that answers took, ns; lag: by which each request was sent late; delay: of the client in
    reading each answer, of which a closed loop looks at one in eight.
    """
    is_open = cell.load.mode is Mode.OPEN
    return observation(
        window_ns=500_000_000,
        outcomes={Outcome.OK: len(times)},
        answered_in_window=len(times),
        in_flight_mean=32.0,
        response=Histogram.of(times) if is_open else None,
        connection_wait=Histogram.of(np.zeros_like(times)) if is_open else None,
        send_lag=Histogram.of(lag) if is_open else None,
        service=Histogram.of(times),
        client_delay=Histogram.of(delay if is_open else delay[::8]),
        raw=Histogram.of(times + lag + delay if is_open else times[::8]),
        corrected=None if is_open else Histogram.of(times[::8] - delay[::8]),
        waiting_at_start=1,
        waiting_at_end=1,
        cpu_ns=len(times) * 80_000,
        cpu_requests=len(times),
        settling_ns=0,
        network_ns=5_000,
        generator_cpu_ns=len(times) * 9_000,
        generator_cpu_share=0.4,
        starved_share=0.001,
        preemptions=2,
    )
