"""A long load, to see whether the generator stays as it began: its memory, its delays, its counts.

It is made of slices that follow one another. Each is written to disk with its histograms as it
ends, and forgotten but for their sum, so that an hour takes no more memory than a minute.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from bench.errors import HarnessError
from bench.facts.journal import unstructured
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Observation, Outcome
from bench.load.order import Order, Target
from bench.load.process import LoadProcess
from bench.stats.histogram import Histogram
from bench.stats.units import NS_PER_S
from bench.system import clock

SLICE_S: Final = 10.0
WARM_UP_SHARE: Final = 0.1  # of the slices; until then caches and buffers are still being filled
GROWTH_ALLOWED_BYTES: Final = 1024 * 1024
"""Between the end of the warm-up and the end. The samples of a slice take 41 bytes a request: a
generator that kept them would grow by this in five seconds at 5,000 requests a second."""

FILE: Final = "soak.jsonl"


@dataclass(slots=True)
class Soak:
    """What has been seen so far. memory_bytes: resident set of the generator after each slice."""

    rate: float
    slices: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    response: Histogram = field(default_factory=Histogram.empty)
    send_lag: Histogram = field(default_factory=Histogram.empty)
    memory_bytes: list[int] = field(default_factory=list)

    def add(self, seen: Observation, memory_bytes: int) -> None:
        """Take in one slice; nothing of it is kept."""
        self.slices += 1
        self.outcomes.update(seen.outcomes)
        self.response += seen.response or Histogram.empty()
        self.send_lag += seen.send_lag or Histogram.empty()
        self.memory_bytes.append(memory_bytes)

    @property
    def warm_bytes(self) -> int | None:
        """Most that was taken in the warm-up; None while it lasts."""
        warm = max(1, round(len(self.memory_bytes) * WARM_UP_SHARE))
        return max(self.memory_bytes[:warm]) if len(self.memory_bytes) > warm else None

    @property
    def growth_bytes(self) -> int | None:
        """Most that was taken since, less what was taken in the warm-up; None: too short."""
        warm = self.warm_bytes
        return None if warm is None else max(self.memory_bytes) - warm

    @property
    def bounded(self) -> bool | None:
        """Whether the memory has stayed what it was; None: it was too short to tell."""
        growth = self.growth_bytes
        return None if growth is None else growth <= GROWTH_ALLOWED_BYTES


async def soak(
    load: LoadProcess,
    target: Target,
    folder: Path,
    *,
    duration_s: float,
    rate: float,
    connections: int,
    seed: int,
    tell: Callable[[Soak, float], None],
) -> Soak:
    """Load `target` in open loop for so long; the slices are in `folder`, one a line.

    `tell` is called after each with what has been seen and the seconds that are left. Raises
    HarnessError when the server answers nothing any more.
    """
    (pid, *_) = await load.pids()
    generator, found = psutil.Process(pid), Soak(rate)
    with (folder / FILE).open("w", encoding="utf-8") as file:
        for number, (window_s, left_s) in enumerate(_slices(duration_s)):
            seen = await load.run(_order(target, rate, connections, seed + number, window_s))
            memory_bytes = generator.memory_info().rss
            record = {**unstructured(seen), "generator_rss_bytes": memory_bytes}
            file.write(json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n")
            file.flush()
            found.add(seen, memory_bytes)
            tell(found, left_s)
            # Not those answered in the window alone: a machine may stand still for a whole one.
            if not seen.outcomes.get(Outcome.OK):
                raise HarnessError(f"the server stopped responding: {'; '.join(seen.errors)}")
    return found


def _slices(duration_s: float) -> Iterator[tuple[float, float]]:
    """Lengths of the slices, and how much is left when each has ended, in seconds."""
    end_ns = clock.monotonic_ns() + round(duration_s * NS_PER_S)
    while (left_s := (end_ns - clock.monotonic_ns()) / NS_PER_S) > 0:
        window_s = min(SLICE_S, left_s)
        yield window_s, max(0.0, left_s - window_s)


def _order(target: Target, rate: float, connections: int, seed: int, window_s: float) -> Order:
    load = Load(Mode.OPEN, connections, rate, Arrivals.POISSON)
    return Order(target, load, Client.WIRE, seed, lead_in_s=0.0, window_s=window_s, drain_s=2.0)
