"""What the comparison of two runs says, block by block."""

from collections.abc import Iterator, Sequence
from math import log
from typing import Final

from bench.analysis.several_runs.comparison import (
    BaselineChanged,
    BaselineMissing,
    BaselinesDiffer,
    ComparedFigure,
    RunComparison,
)
from bench.analysis.several_runs.dates import date, moment
from bench.analysis.several_runs.pairing import PairedLoad
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
from bench.report.figure_names import better, called, listed, ratio
from bench.report.left_out import omissions, place_title
from bench.report.several_runs import run_notes
from bench.stats.estimate import CONFIDENCE
from bench.system.program import call

_ELSEWHERE: Final = "--out FILE.md has them"
_SHOWN: Final = 10  # differences that are listed before the tables
_DRIFT: Final = (
    "The runs were made at different times. Every ratio includes what changed on the machine "
    "in between (heat, neighbours on shared hardware, caches, updates), and no interval "
    "covers that: an A/A check within a run says nothing about differences between days. A "
    "difference shown here is a difference between these two runs; it cannot be concluded "
    "that a server, its version or the app caused it."
)
_TIES: Final = (
    "No difference shown does not prove that there is none; 'smallest' is the smallest "
    "difference that could have been shown."
)
_VERDICT: Final = f"For a verdict, run both interleaved on one machine: {call('regress')}."
_ANYWAY: Final = (
    "These runs differ in conditions that figures depend on, so no ratio below says anything "
    "about a server (--anyway): A / B"
)
_PROCEDURE: Final = (
    "A figure is the geometric mean of its rounds, each the median of its slices, which a "
    "passing disturbance does not affect; it may therefore differ from the run's own report, "
    f"which pools all requests. Intervals are at {CONFIDENCE:.0%} and cover that figure or "
    "ratio alone: Student's t over rounds, Welch's for ratios. Differences shown are "
    "corrected for all comparisons (Holm). Invalid slices are excluded."
)


def document(found: RunComparison) -> Document:
    """Shape the report: what limits it stands before any figure."""
    runs = (("A", found.a), ("B", found.b))
    notes = [f"{name}: {note}" for name, run in runs for note in run_notes(run)]
    blocks: list[Block] = [
        Texts(list(_who(found))),
        Texts(_warnings(found), Tone.ALARM),
        KeySentence(_headline(found.rows)),
        Texts(_shown(found), Tone.STRONG),
        Texts(notes, Tone.DOUBTFUL),
        *_tables(found),
        *section("Not compared", Texts(omissions(found.left_out))),
        *section("Other differences: A / B", Texts(listed(found.permitted))),
        DocumentSection(
            "What can be concluded",
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
        return "Nothing can be tested: an interval takes two rounds of each run."
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
        yield "'Not tested': there are fewer than two rounds, so there is no interval."


def _relative(found: RunComparison) -> str:
    name = found.baseline
    if name is None:
        return f"There are no ratios relative to a baseline: {no_baseline(found)}."
    return (
        f"'relative to {name}' is (server / {name} in B) / (server / {name} in A): whatever "
        "affected both alike on the machine cancels out, so this ratio drifts less than B / "
        "A."
    )


def no_baseline(found: RunComparison) -> str:
    """Say why no server stands for the machine in both runs; empty: one does."""
    match found.no_baseline:
        case None:
            return ""
        case BaselinesDiffer(a, b):
            return f"the baseline is {a} in A and {b} in B"
        case BaselineMissing(name):
            return f"the baseline, {name}, is not in both runs"
        case BaselineChanged(name, packages):
            changed = ", ".join(f"{package} {a} / {b}" for package, a, b in packages)
            which = f" ({changed})" if changed else ""
            return f"the baseline, {name}, is not the same in both runs{which}"


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
    return f"{place_title(place)}: {called(figure_name, place.mode, place.b.sent)}"


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
