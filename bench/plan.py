"""What a run will do, as data: settings, seeds, and the order in which cells are visited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.domain import Arrivals, Cell, Client, Load, Mode

AUTO_SHARE: Final = 0.5  # of the slowest server's closed-loop throughput, for `--rate auto`
_SEED_BITS: Final = 2**31


@dataclass(frozen=True, slots=True)
class Timing:
    """Lengths, in seconds. A slice lasts `lead_in_s` + `window_s`, and `drain_s` more at most."""

    lead_in_s: float = 0.05
    window_s: float = 0.4
    drain_s: float = 1.0
    warm_up_s: float = 0.5  # of load on each server and workload at the start of a round
    budget_s: float = 300.0  # for all rounds together, launches included


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for, resolved: nothing here is left to be found out but `rate` None (auto)."""

    profiles: tuple[str, ...]
    workloads: tuple[str, ...]
    rate: float | None
    connections: int
    rounds: int
    seed: int
    arrivals: Arrivals
    client: Client
    workers: int
    generator_cores: int
    timing: Timing


def offered_rate(throughputs: Sequence[float]) -> float:
    """Requests a second that every server can hold: AUTO_SHARE of the slowest's, two digits.

    Raises ValueError when a server answered nothing in the pilot.
    """
    slowest = min(throughputs)
    if slowest <= 0:
        raise ValueError("a server answered nothing in the pilot")
    return float(f"{slowest * AUTO_SHARE:.2g}")


def cells(settings: Settings, profiles: Sequence[str], rates: dict[str, float]) -> list[Cell]:
    """Every cell of a rotation: each profile and workload at the common rate and at saturation."""
    return [
        Cell(profile, workload, load)
        for profile in profiles
        for workload in settings.workloads
        for load in (open_load(settings, rates[workload]), closed_load(settings))
    ]


def open_load(settings: Settings, rate: float) -> Load:
    """The load at which response times are compared."""
    return Load(Mode.OPEN, settings.connections, rate, settings.arrivals)


def closed_load(settings: Settings) -> Load:
    """The load at which throughputs are compared."""
    return Load(Mode.CLOSED, settings.connections)


def shuffled(cells: Sequence[Cell], seed: int, round_: int, rotation: int) -> list[Cell]:
    """The order of one rotation: drawn from the run's seed, the same for every reader of it."""
    order = np.random.default_rng([seed, round_, rotation]).permutation(len(cells))
    return [cells[index] for index in order]


def slice_seed(seed: int, round_: int, rotation: int) -> int:
    """Seed of one rotation's arrivals.

    All profiles get the same arrivals in the same rotation: what differs between them is then
    not the luck of the draw.
    """
    return int(np.random.default_rng([seed, round_, rotation, 1]).integers(_SEED_BITS))
