"""A figure of every slice of one cell, by round and rotation: what comparisons are made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from bench.analysis.slice_figures import (
    AVERAGE,
    CPU,
    FIGURES,
    MEDIAN,
    THROUGHPUT,
    Figure,
    in_ms,
    usable,
)
from bench.facts.slice import Pieces, Slice
from bench.stats.compare import Fine, Parts, Series


def _rates(pieces: Pieces) -> Iterable[float | None]:
    return (answered / (pieces.window_ns / 1e9) for answered in pieces.answered_in_window)


def _costs(pieces: Pieces) -> Iterable[float | None]:
    return (
        ns / answered / 1e3 if ns is not None and answered else None
        for ns, answered in zip(pieces.cpu_ns, pieces.cpu_requests, strict=True)
    )


_OF_PIECES: Final[Mapping[str, Callable[[Pieces], Iterable[float | None]]]] = {
    THROUGHPUT: _rates,
    MEDIAN: lambda pieces: map(in_ms, pieces.p50_ns),
    AVERAGE: lambda pieces: map(in_ms, pieces.mean_ns),
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
