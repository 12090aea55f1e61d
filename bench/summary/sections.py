"""One workload at one load: every profile in it compared, ranked and sorted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf

from bench.domain import Load, Mode, Slice
from bench.stats.family import Pair, compare_all
from bench.stats.ranks import arranged, ranks
from bench.summary.figures import Figure, average, cpu, series, throughput
from bench.summary.headline import headline
from bench.summary.model import CellRow, Section


def ranking_figure(load: Load) -> Figure:
    """Choose what ranks: what the load leaves free.

    At a common offered rate throughput is given and the time taken is the answer: its mean, which
    is what was asked for, and to which every request adds, the slow ones too, where a median
    ignores them. In closed loop service times follow from the throughput by Little's law.
    """
    return average if load.mode is Mode.OPEN else throughput


def section(
    workload: str,
    load: Load,
    rows: Sequence[CellRow],
    slices: Mapping[str, Sequence[Slice]],
    baseline: str,
) -> Section:
    """Compare and rank the rows that have figures; the others stand below, in their order."""
    ranked = {row.profile: slices[row.profile] for row in rows if row.reason is None}
    pairs = _compared(ranked, ranking_figure(load))
    cpu_pairs = _compared(ranked, cpu)
    better_is_lower = load.mode is Mode.OPEN
    compared = _ranked(rows, pairs, cpu_pairs, lower_is_better=better_is_lower)
    by_name = {row.profile: row for row in sorted(compared, key=_order)}
    order = arranged(list(by_name), pairs, lower_is_better=better_is_lower)
    in_order = tuple(by_name[name] for name in order)
    built = Section(workload, load, in_order, pairs, cpu_pairs, "")
    return replace(built, headline=headline(built, baseline))


def _compared(ranked: Mapping[str, Sequence[Slice]], figure: Figure) -> tuple[Pair, ...]:
    found = {name: series(slices, figure) for name, slices in ranked.items()}
    return compare_all({name: one for name, one in found.items() if one})


def _ranked(
    rows: Sequence[CellRow],
    pairs: Sequence[Pair],
    cpu_pairs: Sequence[Pair],
    *,
    lower_is_better: bool,
) -> Iterable[CellRow]:
    places = ranks(_named(rows, "avg_ms"), pairs, lower_is_better=lower_is_better)
    cpu_places = ranks(_named(rows, "cpu_us_per_request"), cpu_pairs, lower_is_better=True)
    return (
        replace(row, rank=places.get(row.profile), cpu_rank=cpu_places.get(row.profile))
        for row in rows
    )


def _named(rows: Sequence[CellRow], figure: str) -> list[str]:
    return [row.profile for row in rows if row.figures.get(figure) is not None]


def _order(row: CellRow) -> float:
    """By the figure that ranks, best first; those without it last, in the order they came."""
    is_open = row.cell.load.mode is Mode.OPEN
    figure = row.figures.avg_ms if is_open else row.figures.throughput_rps
    if row.rank is None or figure is None:
        return inf
    return figure.value if is_open else -figure.value
