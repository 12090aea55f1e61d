"""One workload at one load: its profiles compared, ranked, grouped and sorted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Final

from bench.analysis.cells import compared, exposed
from bench.analysis.compared_pairs import ComparedPairs, compared_pairs
from bench.analysis.model import CellRow, Contradiction, Section
from bench.analysis.series import fine
from bench.analysis.slice_figures import AVERAGE, CPU, FIGURES, MEDIAN, THROUGHPUT, usable
from bench.analysis.streams import stream_comparisons
from bench.facts.load import Load, Mode
from bench.facts.slice import Role, Slice
from bench.stats.compare import Comparison
from bench.stats.estimate import Estimate
from bench.stats.family import Names, Pair, as_family, steadied
from bench.stats.groups import groups, letters
from bench.stats.ranks import arranged, ranks

COMPARED: Final = {
    Mode.OPEN: (MEDIAN, AVERAGE, CPU),
    Mode.CLOSED: (THROUGHPUT, CPU),
}
"""What profiles are compared by; the first ranks them."""


def section(
    workload: str,
    load: Load,
    rows: Sequence[CellRow],
    slices: Mapping[str, Sequence[Slice]],
    baseline: str,
    twin: str | None = None,
    stage: int | None = None,
) -> Section:
    """Compare and rank the rows that have figures; the others stand below, in their order.

    `twin` is in no row: it says how exact comparisons are here, as all others do, and is itself
    compared with the baseline alone. `stage`: see `bench.stats.compare`.
    """
    names = [row.profile for row in rows if row.reason is None]
    if twin is not None and twin in slices and baseline in names:
        names.append(twin)
    by_exposures = {name: exposed(slices[name]) for name in names}
    chosen = compared({name: slices[name] for name in names})
    against = _contradicted(chosen, by_exposures, load, twin, stage)
    pairs = {name: _compared(chosen, by_exposures, name, stage) for name in COMPARED[load.mode]}
    figures = {name: each.comparisons for name, each in pairs.items()}
    families = {name: as_family(_without(twin, each)) for name, each in figures.items()}
    families[COMPARED[load.mode][0]] = _corrected(families[COMPARED[load.mode][0]], against)
    drawn = compared(slices)
    shown = [replace(row, course=_course(drawn.get(row.profile, ()), load)) for row in rows]
    built = Section(
        workload,
        load,
        tuple(shown),
        comparisons=families,
        groups=(),
        itself=_itself(figures, baseline, twin),
        compared_by=_role(chosen),
        contradicted=against,
        pieceless=_pieceless(names, pairs[COMPARED[load.mode][0]], chosen),
        think_s=_think_s([one for each in by_exposures.values() for one in each]),
        of_streams=stream_comparisons(
            {name: each for name, each in by_exposures.items() if name != twin}, baseline, stage
        ),
    )
    return _arranged(built)


def _think_s(exposures: Sequence[Slice]) -> float | None:
    """Time that connections thought / right answers, over all windows, seconds."""
    thought_ns = sum(one.thinking_mean * one.window_ns for one in exposures)
    answered = sum(one.answered_in_window for one in exposures)
    return thought_ns / answered / 1e9 if thought_ns and answered else None


def _role(found: Mapping[str, Sequence[Slice]]) -> Role:
    roles = {one.role for slices in found.values() for one in slices}
    return Role.COMPARISON if Role.COMPARISON in roles else Role.EXPOSURE


def _contradicted(
    pieces: Mapping[str, Sequence[Slice]],
    exposures: Mapping[str, Sequence[Slice]],
    load: Load,
    twin: str | None,
    stage: int | None,
) -> tuple[Contradiction, ...]:
    """Pairs of which exposures do not show what pieces show, by the figure that ranks."""
    if _role(pieces) is Role.EXPOSURE:
        return ()
    figure = COMPARED[load.mode][0]
    one, other = (
        as_family(_without(twin, _of_one_kind(found, figure, stage)))
        for found in (pieces, exposures)
    )
    by_names = {(pair.subject, pair.reference): pair for pair in one}
    return tuple(
        Contradiction(by_names[names], pair)
        for pair in other
        if (names := (pair.subject, pair.reference)) in by_names
        and _disagree(by_names[names], pair)
    )


def _disagree(pieces: Pair, exposures: Pair) -> bool:
    """Whether exposures show a difference that pieces do not, or rule out one that pieces show.

    A difference that exposures are merely not exact enough for is no contradiction.
    """
    if _direction(pieces) == _direction(exposures):
        return False
    return exposures.shown or _apart(pieces.ratio, exposures.ratio)


def _corrected(family: Sequence[Pair], against: Sequence[Contradiction]) -> tuple[Pair, ...]:
    """Let exposures speak for the pairs of which pieces do not show what clients see."""
    by_exposures = {
        (one.exposures.subject, one.exposures.reference): one.exposures for one in against
    }
    return tuple(by_exposures.get((pair.subject, pair.reference), pair) for pair in family)


def _direction(pair: Pair) -> int:
    """Which of the two is greater, as far as it is shown: 1, -1, or 0."""
    if not pair.shown:
        return 0
    return 1 if pair.ratio.value > 1 else -1


def _apart(one: Estimate, other: Estimate) -> bool:
    """Whether two intervals have nothing in common."""
    if one.lo is None or one.hi is None or other.lo is None or other.hi is None:
        return False
    return one.hi < other.lo or other.hi < one.lo


def _compared(
    chosen: Mapping[str, Sequence[Slice]],
    exposures: Mapping[str, Sequence[Slice]],
    figure: str,
    stage: int | None,
) -> ComparedPairs:
    """Every two by pieces, or where these two have too few in common, by exposures."""
    pieces = {
        name: fine([one for one in slices if one.role is Role.COMPARISON], figure)
        for name, slices in chosen.items()
    }
    return compared_pairs(
        pieces, {name: fine(slices, figure) for name, slices in exposures.items()}, stage
    )


def _of_one_kind(
    slices: Mapping[str, Sequence[Slice]], figure: str, stage: int | None
) -> dict[Names, Comparison]:
    found = {name: fine(each, figure) for name, each in slices.items()}
    return steadied({name: one for name, one in found.items() if one}, stage=stage)


def _pieceless(
    names: Sequence[str], pairs: ComparedPairs, chosen: Mapping[str, Sequence[Slice]]
) -> tuple[str, ...]:
    """Who is compared by exposures alone, although others have pieces."""
    if _role(chosen) is Role.EXPOSURE:
        return ()
    by_pieces = {name for pair in pairs.comparisons.keys() - pairs.by_exposures for name in pair}
    return tuple(name for name in names if name not in by_pieces)


def _course(slices: Sequence[Slice], load: Load) -> tuple[tuple[float, float], ...]:
    """When each usable slice ended, and the figure that ranks, of it alone."""
    figure = FIGURES[COMPARED[load.mode][0]]
    found = ((one.ended_s, figure(one)) for one in usable(slices))
    return tuple(sorted((at, value) for at, value in found if value is not None))


def _without(twin: str | None, comparisons: Mapping[Names, Comparison]) -> dict[Names, Comparison]:
    return {names: one for names, one in comparisons.items() if twin not in names}


def _itself(
    found: Mapping[str, Mapping[Names, Comparison]], baseline: str, twin: str | None
) -> dict[str, Comparison]:
    """The twin against the baseline, by figure; it comes last of all, so it is the reference."""
    return {
        figure: one.inverted()
        for figure, comparisons in found.items()
        if twin is not None and (one := comparisons.get((baseline, twin))) is not None
    }


def _arranged(built: Section) -> Section:
    """Give the rows their places and groups, and put them in the order of these."""
    better_is_lower = built.load.mode is Mode.OPEN
    ranked = _ranked(built.rows, built, better_is_lower=better_is_lower)
    by_name = {row.profile: row for row in sorted(ranked, key=lambda row: _order(row, built))}
    order = arranged(list(by_name), built.pairs, lower_is_better=better_is_lower)
    together = groups([n for n in order if by_name[n].rank is not None], built.pairs)
    signs = letters(together)
    rows = tuple(replace(by_name[name], group=signs.get(name, "")) for name in order)
    return replace(built, rows=rows, groups=together)


def _ranked(rows: Sequence[CellRow], built: Section, *, better_is_lower: bool) -> Iterable[CellRow]:
    names = _tested(_named(rows, built.ranked_by), built.pairs)
    places = ranks(names, built.pairs, lower_is_better=better_is_lower)
    by_cpu = built.comparisons[CPU]
    cpu_places = ranks(_tested(_named(rows, CPU), by_cpu), by_cpu, lower_is_better=True)
    return (
        replace(row, rank=places.get(row.profile), cpu_rank=cpu_places.get(row.profile))
        for row in rows
    )


def _named(rows: Sequence[CellRow], figure: str) -> list[str]:
    return [row.profile for row in rows if row.figures.get(figure) is not None]


def _tested(names: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """Whoever was tested against another, if any two were: the others have no place."""
    tested = {
        n for one in pairs if one.p_adjusted is not None for n in (one.subject, one.reference)
    }
    return [name for name in names if name in tested or not tested]


def _order(row: CellRow, built: Section) -> float:
    """By the figure that ranks, best first; those without it last, in the order they came."""
    figure = row.figures.get(built.ranked_by)
    if row.rank is None or figure is None:
        return inf
    return figure.value if built.load.mode is Mode.OPEN else -figure.value


def pairs_of_itself(sections: Iterable[Section], baseline: str, twin: str) -> list[Pair]:
    """The baseline's twin against the baseline in every section, by every figure: one family."""
    found = [one for built in sections for one in built.itself.values()]
    numbered: dict[Names, Comparison] = {(str(n), ""): one for n, one in enumerate(found)}
    return [replace(p, subject=twin, reference=baseline) for p in as_family(numbered)]
