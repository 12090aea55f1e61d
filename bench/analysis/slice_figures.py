"""The figures of one slice that profiles are compared by, each by its name in `Figures`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from bench.analysis.cells import timings, usable
from bench.facts.slice import Pieces, Slice
from bench.stats.compare import Fine, Parts, Series

Figure: TypeAlias = Callable[[Slice], float | None]
"""What a slice says; None where it says nothing."""


def average(one: Slice) -> float | None:
    """Mean time of the right answers of a slice, ms."""
    return _ms(timings(one).mean_ns())


def median(one: Slice) -> float | None:
    """Median time of the right answers of a slice, ms."""
    return _ms(timings(one).percentile_ns(50))


def throughput(one: Slice) -> float | None:
    """Right answers a second of a slice; see `Slice.throughput_parts`."""
    answers, seconds = one.throughput_parts
    return answers / seconds


def cpu(one: Slice) -> float | None:
    """CPU time of the server's tree / requests answered in that time, us."""
    if one.cpu_ns is None or not one.cpu_requests:
        return None
    return one.cpu_ns / one.cpu_requests / 1e3


THROUGHPUT: Final = "throughput_rps"
MEDIAN: Final = "p50_ms"
AVERAGE: Final = "avg_ms"
CPU: Final = "cpu_us_per_request"
FIGURES: Final[Mapping[str, Figure]] = {
    THROUGHPUT: throughput,
    MEDIAN: median,
    AVERAGE: average,
    CPU: cpu,
}


def _rates(pieces: Pieces) -> Iterable[float | None]:
    return (answered / (pieces.window_ns / 1e9) for answered in pieces.answered_in_window)


def _costs(pieces: Pieces) -> Iterable[float | None]:
    return (
        ns / answered / 1e3 if ns is not None and answered else None
        for ns, answered in zip(pieces.cpu_ns, pieces.cpu_requests, strict=True)
    )


_OF_PIECES: Final[Mapping[str, Callable[[Pieces], Iterable[float | None]]]] = {
    THROUGHPUT: _rates,
    MEDIAN: lambda pieces: map(_ms, pieces.p50_ns),
    AVERAGE: lambda pieces: map(_ms, pieces.mean_ns),
    CPU: _costs,
}


def fine(slices: Iterable[Slice], name: str) -> Fine:
    """A figure of every usable slice of one cell, and of every piece of it."""
    return {(one.round, one.rotation): _parts(one, name) for one in usable(slices)}


def _parts(one: Slice, name: str) -> Parts:
    pieces = () if one.pieces is None else _OF_PIECES[name](one.pieces)
    return Parts.of(FIGURES[name](one), pieces)


def series(slices: Sequence[Slice], figure: Figure) -> Series:
    """A figure of every usable slice of one cell, by round and rotation."""
    figures = {(s.round, s.rotation): figure(s) for s in usable(slices)}
    return {key: value for key, value in figures.items() if value is not None}


def _ms(ns: float | None) -> float | None:
    return None if ns is None else ns / 1e6
