"""What stands below the table of a section, in sentences: what its figures rest on."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from bench.analysis.model import CellRow, Contradiction, Effect, Moved, Section
from bench.analysis.withheld_percentiles import BEYOND
from bench.doubts import says
from bench.facts.load import Sent
from bench.facts.slice import DoubtKind
from bench.figures import FIGURES
from bench.formatting import listing, number, plural, worded
from bench.report.cells import compared
from bench.report.footnotes import Footnote, listed
from bench.report.table_columns import AVERAGE, CPU, P50, P90, P95, P99, THROUGHPUT
from bench.stats.estimate import ROUNDS_NEEDED

_FIGURES: Final = {each.name: each for each in (AVERAGE, P50, P90, P95, P99, THROUGHPUT, CPU)}
_PERCENTILES: Final = (P50, P90, P95, P99)
_WORKED_ON_MS: Final = 10
"""After the last answer. Less is not told from what a server does when it is idle."""


def below(section: Section, notes: dict[DoubtKind, Footnote]) -> list[str]:
    """Every sentence, what changes the ranking first."""
    return [
        *_pieceless(section),
        *_unranked(section),
        *_contradicted(section),
        *doubted(section, notes),
        *withheld(section),
        *_facts(section),
    ]


def _pieceless(section: Section) -> Iterator[str]:
    """Say whose ranks come from something else than those of the others."""
    if section.pieceless:
        yield (
            f"{listing(section.pieceless)}: too few pieces in turns with the others, so ratios and "
            "ranks come from exposures, which are less precise."
        )


def _unranked(section: Section) -> Iterator[str]:
    """Say who has figures and no rank."""
    found = [
        row.profile
        for row in section.rows
        if row.reason is None and row.rank is None and row.figures.get(section.ranked_by)
    ]
    if found:
        yield (
            f"{listing(found)}: no rank: fewer than {ROUNDS_NEEDED} rounds in common with any "
            "other server, so nothing could be tested."
        )


def _contradicted(section: Section) -> Iterator[str]:
    """Say where exposures show something else than pieces."""
    name = FIGURES[section.ranked_by].sentence
    for one in section.contradicted:
        yield (
            f"Pieces and exposures disagree on {one.exposures.subject} / "
            f"{one.exposures.reference}, by {name}: in exposures {compared(one.exposures)}; in "
            f"pieces {compared(one.pieces)}{_why(one)}. These two are ranked by exposures, "
            "which are what clients see."
        )


def _why(one: Contradiction) -> str:
    if one.exposures.shown and not one.pieces.shown:
        return " (what differs lasts longer than a piece, as a stall does)"
    return ""


def doubted(section: Section, notes: dict[DoubtKind, Footnote]) -> list[str]:
    """Say of every suspect cell what makes it so; servers of which the same is to be said, once."""
    alike: dict[str, list[str]] = defaultdict(list)
    for row in section.rows:
        if row.reason is None:
            for text in (*_moved(row, notes), *_not_comparable(row, notes)):
                alike[text].append(row.profile)
    return [f"{listing(names)}: suspect because {text}." for text, names in alike.items()]


def _moved(row: CellRow, notes: dict[DoubtKind, Footnote]) -> Iterator[str]:
    if not row.moved:
        return
    first = row.moved[0]
    figures = listing([_both(one, row.cell.load.sent) for one in row.moved])
    yield (
        f"{figures} the {first.exposures} of {plural(first.of, 'exposure')} in which "
        f"{_in_which(row, first, notes)}"
    )


def _both(one: Moved, sent: Sent) -> str:
    shown = _FIGURES[one.figure]
    with_, without = number(one.with_.value), number(one.without.value)
    title, unit = worded(shown.title, sent), worded(shown.unit, sent)
    return f"{title} is {with_} {unit} with and {without} {unit} without"


def _in_which(row: CellRow, one: Moved, notes: dict[DoubtKind, Footnote]) -> str:
    """What a single doubt found, in words; of several, their numbers."""
    found = [doubt for doubt in row.doubts if doubt.kind in one.kinds]
    if len(found) > 1:
        return f"one of [{listed(one.kinds, notes)}] was raised"
    return f"{says(found[0].kind, found[0].worst, row.cell.load.sent)} [{listed(one.kinds, notes)}]"


_WHY: Final = {
    Effect.NOT_COMPARABLE: "too few exposures are free of [{}] to compare with",
    Effect.LASTING: "[{}] affects every exposure",
    Effect.LEFT_OUT: "exposures invalidated by [{}] are excluded, and the others flatter it",
}


def _not_comparable(row: CellRow, notes: dict[DoubtKind, Footnote]) -> Iterator[str]:
    for effect, text in _WHY.items():
        kinds = [doubt.kind for doubt in row.doubts if doubt.effect is effect]
        if kinds:
            yield text.format(listed(kinds, notes))


def withheld(section: Section) -> list[str]:
    """Say which percentiles are missing for want of requests."""
    alike: dict[str, list[str]] = defaultdict(list)
    for row in section.rows:
        missing = missing_percentiles(row)
        if missing:
            alike[listing(missing)].append(f"{row.profile} ({of_requests(row)})")
    sent = section.load.sent
    return [
        f"{titles} withheld: {listing(servers)}; at least {BEYOND} {sent}s must lie beyond a "
        "percentile."
        for titles, servers in alike.items()
    ]


def missing_percentiles(row: CellRow) -> list[str]:
    """Titles of the percentiles that are withheld; none of a server that has no figures."""
    if row.timings is None:
        return []
    return [each.title for each in _PERCENTILES if row.figures.get(each.name) is None]


def of_requests(row: CellRow) -> str:
    """Say of how many requests the figures are: "of 70 requests"."""
    return f"of {plural(row.timings.total if row.timings else 0, row.cell.load.sent)}"


def _facts(section: Section) -> Iterator[str]:
    """Processes that came and went, and work after the last answer, where there was any."""
    changed = [row for row in section.rows if row.processes_changed]
    if changed:
        yield (
            "Processes that exited or were started under load: "
            f"{listing([f'{row.processes_changed:,} ({row.profile})' for row in changed])}."
        )
    working = [(row, _worked_on_ms(row)) for row in section.rows]
    long = [f"{ms:,.0f} ms ({row.profile})" for row, ms in working if ms >= _WORKED_ON_MS]
    if long:
        yield (
            f"Kept working after the last response, up to: {listing(long)}; this is included in "
            "their CPU time."
        )


def _worked_on_ms(row: CellRow) -> float:
    return (row.settling_ns or 0) / 1e6
