"""What a run will do, as data: settings, seeds, and the order in which cells are visited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.domain import Arrivals, Cell, Client, Load, Mode

AUTO_SHARE: Final = 0.5  # of the slowest server's closed-loop throughput, for `--rate auto`
REQUESTS_DUE: Final = 100
"""In a slice of an open loop at the least: a median of fewer is hardly one."""
WINDOW_IN_SERVICE_TIMES: Final = 10
"""Of the slowest server at saturation: what is in flight at either end of a window is then little
of it."""
LONGEST_WINDOW_S: Final = 2.0
QUICKEST_LAUNCH_S: Final = 0.3  # no server that imports FastAPI is ready sooner
_SEED_BITS: Final = 2**31


@dataclass(frozen=True, slots=True)
class Timing:
    """Lengths, in seconds. A slice lasts `lead_in_s` + `window_s`, and `drain_s` more at most."""

    lead_in_s: float = 0.05
    window_s: float = 0.2  # at the least; see `window_s` below
    drain_s: float = 1.0
    warm_up_s: float = 0.5  # of load on each server and workload at the start of a round
    stage_s: float = 300.0  # for the fixed rounds together, launches included
    budget_s: float = 300.0  # for all rounds together: more than the fixed ones with a precision


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
    precision: float | None = None  # wanted half-width of intervals against the baseline, a share

    @property
    def stage(self) -> int | None:
        """Rounds that were fixed, where it depends on what they show whether there are more."""
        return None if self.precision is None else self.rounds


def offered_rate(throughputs: Sequence[float]) -> float:
    """Requests a second that every server can hold: AUTO_SHARE of the slowest's, two digits.

    Raises ValueError when a server answered nothing in the pilot.
    """
    slowest = min(throughputs)
    if slowest <= 0:
        raise ValueError("a server answered nothing in the pilot")
    return float(f"{slowest * AUTO_SHARE:.2g}")


def window_s(settings: Settings, rate: float, throughputs: Sequence[float]) -> float:
    """How long slices of a workload last, the same for all servers, two digits.

    As short as can be, since what is compared should be close in time; but so that enough is due
    in them, and that they are long against the slowest server's service time in the pilot, which
    by Little's law is connections / throughput.
    """
    service_s = settings.connections / min(throughputs) if throughputs else 0.0
    wanted = max(settings.timing.window_s, REQUESTS_DUE / rate, WINDOW_IN_SERVICE_TIMES * service_s)
    longest = max(settings.timing.window_s, LONGEST_WINDOW_S)
    return float(f"{min(longest, wanted):.2g}")


def shortest_round_s(servers: int, workloads: int, timing: Timing) -> float:
    """How long a round with a single rotation takes at the least, seconds."""
    warm_up_s = timing.lead_in_s + timing.warm_up_s
    slices_s = 2 * (timing.lead_in_s + timing.window_s)  # at the common rate and at saturation
    return servers * (QUICKEST_LAUNCH_S + workloads * (warm_up_s + slices_s))


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
    """The order of one rotation: drawn from the run's seed, the same for every reader of it.

    Cells that are compared with each other, those of one workload and load, follow one another, so
    that as little time as possible lies between them: what a burst of the machine's does to one of
    them it mostly does to the others too.
    """
    draw = np.random.default_rng([seed, round_, rotation])
    blocks: dict[tuple[str, Load], list[Cell]] = {}
    for cell in cells:
        blocks.setdefault((cell.workload, cell.load), []).append(cell)
    held = list(blocks.values())
    return [
        held[block][index]
        for block in draw.permutation(len(held))
        for index in draw.permutation(len(held[block]))
    ]


def slice_seed(seed: int, round_: int, rotation: int) -> int:
    """Seed of one rotation's arrivals.

    All profiles get the same arrivals in the same rotation: what differs between them is then
    not the luck of the draw.
    """
    return int(np.random.default_rng([seed, round_, rotation, 1]).integers(_SEED_BITS))
