"""What the comparison of two runs says, block by block."""

from collections.abc import Iterator, Sequence
from math import log
from typing import Final

from bench.analysis.comparison import ComparedFigure, RunComparison
from bench.analysis.dates import date, moment
from bench.analysis.pairing import PairedLoad
from bench.formatting import plural, spoken
from bench.report.cells import NONE, estimated, relative
from bench.report.document import (
    Block,
    Cell,
    Column,
    Document,
    DocumentSection,
    KeySentence,
    Table,
    Texts,
    Tone,
    paragraphs,
    section,
)
from bench.report.figure_names import better, called, listed, omissions, ratio
from bench.stats.estimate import CONFIDENCE
from bench.system.program import call

_ELSEWHERE: Final = "--out FILE.md has them"
_SHOWN: Final = 10  # differences that are told before the tables
_DRIFT: Final = (
    "The runs were made at different times. What the machine did in between (heat, neighbours on "
    "shared hardware, caches, updates) is in every ratio and in no interval: an A/A within a run "
    "says nothing of the difference between days. A difference that is shown is one between these "
    "two runs; that a server, its version or the app made it cannot be concluded."
)
_TIES: Final = (
    "No difference shown does not prove that there is none; 'smallest' is the smallest that could "
    "have been shown."
)
_VERDICT: Final = f"For a verdict let both run interleaved on one machine: {call('regress')}."
_ANYWAY: Final = (
    "These runs differ in what figures depend on, so that no ratio below says anything of a "
    "server (--anyway): A / B"
)
_PROCEDURE: Final = (
    "A figure is the geometric mean of its rounds, each the median of its slices, which a passing "
    "disturbance does not move; so it need not be that of the run's own report, which pools all "
    f"requests. Intervals hold {CONFIDENCE:.0%} and are for that figure or ratio alone: Student's "
    "t over rounds, for ratios Welch's. What is shown is corrected for all comparisons (Holm). "
    "Slices that are invalid are left out."
)


def document(found: RunComparison) -> Document:
    """Shape the report: what limits it stands before any figure."""
    runs = (("A", found.a), ("B", found.b))
    notes = [f"{name}: {note}" for name, run in runs for note in run.notes]
    blocks: list[Block] = [
        Texts(list(_who(found))),
        Texts(_warnings(found), Tone.ALARM),
        KeySentence(_headline(found.rows)),
        Texts(_shown(found), Tone.STRONG),
        Texts(notes, Tone.DOUBTFUL),
        *_tables(found),
        *section("Not compared", Texts(omissions(found.left_out))),
        *section("What else was not the same: A / B", Texts(listed(found.told))),
        DocumentSection(
            "What may be concluded",
            [
                Texts([_DRIFT, _relative(found), _TIES, _VERDICT], Tone.DOUBTFUL),
                Texts([_PROCEDURE, *_meagre(found.rows)], Tone.ASIDE),
            ],
        ),
    ]
    about = " and ".join(date(run.manifest.started_at) for _, run in runs)
    return Document("Weighbridge: two runs compared", about, blocks, _ELSEWHERE)


def _who(found: RunComparison) -> Iterator[str]:
    for name, run in (("A", found.a), ("B", found.b)):
        yield f"{name}: {run.name}, started {date(run.manifest.started_at)}{_apart(found, name)}"


def _apart(found: RunComparison, name: str) -> str:
    """Say beside B how long it was started after A, or before."""
    moments = [moment(run.manifest.started_at) for run in (found.a, found.b)]
    if name == "A" or moments[0] is None or moments[1] is None:
        return ""
    seconds = (moments[1] - moments[0]).total_seconds()
    return f", {_duration(abs(seconds))} {'later' if seconds >= 0 else 'earlier'}"


def _duration(seconds: float) -> str:
    for unit, length in (("day", 86400), ("hour", 3600)):
        if seconds >= 2 * length:
            return plural(round(seconds / length), unit)
    return plural(round(seconds / 60), "minute")


def _warnings(found: RunComparison) -> list[str]:
    return [_ANYWAY, *listed(found.differences)] if found.differences else []


def _headline(rows: Sequence[ComparedFigure]) -> str:
    members = [m for row in rows for m in (row.own, row.steadied) if m is not None]
    compared = sum(member.p_adjusted is not None for member in members)
    shown = sum(member.shown for member in members)
    if not members:
        return "There is nothing to compare."
    if not compared:
        return "Nothing can be tested: it takes two rounds of each run to have an interval."
    if not shown:
        return f"No difference shown in any of {plural(compared, 'comparison')}."
    return f"A difference is shown in {shown} of {plural(compared, 'comparison')}."


def _shown(found: RunComparison) -> list[str]:
    """Say which differences are shown, the farthest from none first; no more than a few."""
    shown = [
        (member, _title(row.place, row.figure), row.profile + where)
        for row in found.rows
        for member, where in ((row.own, ""), (row.steadied, f" relative to {found.baseline}"))
        if member is not None and member.shown
    ]
    shown.sort(key=lambda one: -abs(log(one[0].comparison.ratio.value)))
    lines = [
        f"{title}: {server}: B / A is {spoken(member.comparison.ratio)}"
        for member, title, server in shown[:_SHOWN]
    ]
    return lines + ([f"And {len(shown) - _SHOWN} more."] if len(shown) > _SHOWN else [])


def _meagre(rows: Sequence[ComparedFigure]) -> Iterator[str]:
    if any(row.own.p_adjusted is None for row in rows):
        yield "'Not tested': there are fewer than two rounds, and so no interval."


def _relative(found: RunComparison) -> str:
    name = found.baseline
    if name is None:
        return f"There are no ratios relative to a baseline: {found.no_baseline}."
    return (
        f"'relative to {name}' is (server / {name} in B) / (server / {name} in A): what the "
        "machine did to both alike cancels, so that this ratio drifts less than B / A does."
    )


def _tables(found: RunComparison) -> Iterator[DocumentSection]:
    """One a figure and load; what belongs to the processes comes last."""
    groups: dict[tuple[PairedLoad | None, str], list[ComparedFigure]] = {}
    for row in found.rows:
        groups.setdefault((row.place, row.figure), []).append(row)
    for rows in groups.values():
        yield _table(rows, found.baseline)


def _table(rows: Sequence[ComparedFigure], baseline: str | None) -> DocumentSection:
    place, name = rows[0].place, rows[0].figure
    columns = [
        Column("server", "", tuple(map(_server, rows)), 120, numeric=False),
        Column("A", "", tuple(estimated(row.a) for row in rows), 60),
        Column("B", "", tuple(estimated(row.b) for row in rows), 60),
        Column("B / A", "", tuple(ratio(row.own) for row in rows), 110),
        *_steadied_column(rows, baseline),
        Column("smallest", "", tuple(relative(row.own.smallest) for row in rows), 50),
    ]
    title = _title(place, name)
    table = Table(title, columns, [_tone(row) for row in rows])
    return DocumentSection(title, [paragraphs(better(name), tone=Tone.ASIDE), table])


def _title(place: PairedLoad | None, figure_name: str) -> str:
    if place is None:
        return called(figure_name, None)
    return f"{place.title}: {called(figure_name, place.mode)}"


def _steadied_column(rows: Sequence[ComparedFigure], baseline: str | None) -> list[Column]:
    if baseline is None:
        return []
    cells = tuple(_steadied(row, baseline) for row in rows)
    return [Column("B / A", f"relative to {baseline}", cells, 100)]


def _steadied(row: ComparedFigure, baseline: str) -> Cell:
    if row.profile == baseline:
        return "baseline"
    return NONE if row.steadied is None else ratio(row.steadied)


def _server(row: ComparedFigure) -> str:
    suspect = f",\nsuspect in {' and '.join(row.suspect)}" if row.suspect else ""
    return row.profile + suspect


def _tone(row: ComparedFigure) -> Tone:
    return Tone.STRONG if row.own.shown else Tone.PLAIN
