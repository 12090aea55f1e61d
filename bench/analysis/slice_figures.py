"""The figures of one slice that profiles are compared by, each by its name in `Figures`.

Who shows them while a run goes on loads no statistics for it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from bench import figures
from bench.facts.load import Mode
from bench.facts.slice import Slice, Verdict
from bench.stats.histogram import Histogram

Figure: TypeAlias = Callable[[Slice], float | None]
"""What a slice says; None where it says nothing."""


def usable(slices: Iterable[Slice]) -> list[Slice]:
    """Keep what may enter an estimate: after warm-up, and not invalid."""
    return [s for s in slices if not s.warm_up and s.verdict is not Verdict.INVALID]


def timings(one: Slice) -> Histogram:
    """Response times in open loop, service times in closed loop, where nothing else is known."""
    if one.cell.load.mode is Mode.OPEN and one.response is not None:
        return one.response
    return one.service


def average(one: Slice) -> float | None:
    """Mean time of the right answers of a slice, ms."""
    return in_ms(timings(one).mean_ns())


def median(one: Slice) -> float | None:
    """Median time of the right answers of a slice, ms."""
    return in_ms(timings(one).percentile_ns(50))


def throughput(one: Slice) -> float:
    """Right answers a second of a slice; see `Slice.throughput_parts`."""
    answers, seconds = one.throughput_parts
    return answers / seconds


def cpu(one: Slice) -> float | None:
    """CPU time of the server's tree / requests answered in that time, us."""
    if one.cpu_ns is None or not one.cpu_requests:
        return None
    return one.cpu_ns / one.cpu_requests / 1e3


THROUGHPUT: Final = figures.THROUGHPUT.name
MEDIAN: Final = figures.P50.name
AVERAGE: Final = figures.AVERAGE.name
CPU: Final = figures.CPU.name
FIGURES: Final[Mapping[str, Figure]] = {
    THROUGHPUT: throughput,
    MEDIAN: median,
    AVERAGE: average,
    CPU: cpu,
}


def in_ms(ns: float | None) -> float | None:
    """Nanoseconds as ms; None stays None."""
    return None if ns is None else ns / 1e6
