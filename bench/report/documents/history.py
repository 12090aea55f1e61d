"""What a history says, block by block."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from bench.analysis.several_runs.comparable import differing
from bench.analysis.several_runs.dates import date
from bench.analysis.several_runs.history_model import (
    Ground,
    History,
    HistoryPoint,
    HistoryStep,
    NotCompared,
    Panel,
)
from bench.formatting import load_in_words, plural, spoken
from bench.report.cells import NONE, estimated
from bench.report.document import (
    Block,
    Cell,
    Column,
    Document,
    DocumentSection,
    KeySentence,
    Picture,
    Table,
    Texts,
    Tone,
    paragraphs,
    section,
)
from bench.report.figure_names import better, made_by, short, version
from bench.report.left_out import omissions
from bench.report.panel_titles import panel_title
from bench.report.several_runs import OTHER_RATE, run_notes, why_not_compared
from bench.stats.estimate import CONFIDENCE
from bench.system.program import call

_ELSEWHERE: Final = "history.md has them"
CHANGED: Final = "changed"
UNTESTED: Final = "not tested"
_GROUNDS: Final = (
    "These runs were made under different conditions; each set of conditions has its own "
    "series, and series are never compared."
)
_DRIFT: Final = (
    "The runs were made at different times. Every step includes what changed on the machine "
    "in between (heat, neighbours on shared hardware, caches, updates), and no interval "
    "covers that: a marked change is a change between two runs; it cannot be concluded that a "
    "commit or a version caused it. If all servers changed at once, suspect the machine."
)
_VERDICT: Final = f"For a verdict, run both interleaved on one machine: {call('regress')}."
_PROCEDURE: Final = (
    "A figure is the geometric mean of its rounds, each the median of its slices, which a "
    "passing disturbance does not affect; it may therefore differ from the run's own report, "
    "which pools all requests. '/ before' is the figure divided by that of the previous run, "
    f"by Welch's t over rounds; intervals are at {CONFIDENCE:.0%} and cover that figure or "
    "ratio alone. A change is marked if a difference is shown after correction for all steps "
    "of all series (Holm); no mark does not prove that nothing changed."
)


def document(found: History, pictures: Sequence[Picture] = ()) -> Document:
    """Shape the report; pictures: one a panel, or none."""
    shown = [[picture] for picture in pictures] or [[] for _ in found.panels]
    notes = [f"{run.name}: {text}" for run in found.runs for text in run_notes(run)]
    blocks: list[Block] = [
        KeySentence(_headline(found)),
        Texts(list(_changes(found)), Tone.STRONG),
        Texts(notes, Tone.DOUBTFUL),
        *_grounds(found),
        *section("Left out", Texts(omissions(found.left_out))),
        *(_panel(*each, found) for each in zip(found.panels, shown, strict=True)),
        DocumentSection(
            "What can be concluded",
            [
                Texts([_DRIFT, _VERDICT], Tone.DOUBTFUL),
                Texts([_PROCEDURE, *_meagre(found)], Tone.ASIDE),
            ],
        ),
    ]
    title_ = f"Weighbridge: history of {_runs(found)}"
    return Document(title_, _between(found), blocks, _ELSEWHERE)


def _between(found: History) -> str:
    """When the oldest and the newest run were started."""
    moments = [date(run.manifest.started_at) for run in found.runs]
    return " to ".join(dict.fromkeys([*moments[:1], *moments[-1:]]))


def _runs(found: History) -> str:
    return plural(len(found.runs), "run")


def _headline(found: History) -> str:
    tested = [s for s in found.steps if s.member and s.member.p_adjusted is not None]
    changed = sum(step.changed for step in tested)
    if not tested:
        return f"{_runs(found)}; no step between two runs could be tested."
    steps = plural(len(tested), "step")
    if not changed:
        return f"{_runs(found)}; no change is shown in any of {steps}."
    return f"{_runs(found)}; a change is shown in {changed} of {steps}."


def _changes(found: History) -> Iterator[str]:
    """Write every change as a line."""
    for panel in found.panels:
        for course in panel.courses:
            for before, point in pairwise(course.points):
                if point.step is not None and point.step.changed:
                    what = f"{panel_title(panel, found)}: {course.profile}"
                    yield f"{what}: {_change(course.profile, before, point)}"


def _change(profile: str, before: HistoryPoint, now: HistoryPoint) -> str:
    """Say by how much, when, and what else changed with it."""
    member = now.step.member if now.step else None
    ratio = spoken(member.comparison.ratio) if member else ""
    pairs = [
        tuple(version(point.run.server(profile)) for point in (before, now)),
        tuple(short(point.run.manifest.app_commit) for point in (before, now)),
        tuple(f"weighbridge {made_by(point.run.manifest)}" for point in (before, now)),
    ]
    changed = "; ".join(f"{a} → {b}" for a, b in pairs if a != b)
    when = date(now.run.manifest.started_at)
    return f"{ratio} times the previous run, {when}" + (f" ({changed})" if changed else "")


def _grounds(found: History) -> Iterator[Block]:
    """Describe what sorts of runs there are, where there are several."""
    first, *others = found.grounds
    if others:
        lines = [f"Conditions 1: {_described(first)}", *(_against(first, one) for one in others)]
        yield DocumentSection("Conditions", [paragraphs(_GROUNDS), Texts(lines, Tone.DOUBTFUL)])
    else:
        yield Texts([f"All runs: {_described(first)}."])


def _described(ground: Ground) -> str:
    return "; ".join(f"{name}: {value}" for name, value in ground.conditions.items())


def _against(first: Ground, other: Ground) -> str:
    changed = differing(first.conditions, other.conditions)
    words = "; ".join(f"{each.name}: {each.b}" for each in changed)
    return f"Conditions {other.number}, which differ in {words}"


def _meagre(found: History) -> Iterator[str]:
    if any(step.member and step.member.p_adjusted is None for step in found.steps):
        yield (
            f"'{UNTESTED}': one of the two runs has fewer than two rounds, so there is no interval."
        )
    if any(step.why_not is NotCompared.OTHER_RATE for step in found.steps):
        yield (
            f"'{OTHER_RATE}': the offered rate is part of the load, and figures at different "
            "rates are not compared; give all runs the same rate with --rate N."
        )


def _panel(panel: Panel, pictures: Sequence[Picture], found: History) -> DocumentSection:
    name = panel_title(panel, found)
    caption = paragraphs(better(panel.figure), tone=Tone.ASIDE)
    return DocumentSection(name, [caption, _table(panel, name), *pictures])


def _table(panel: Panel, name: str) -> Table:
    """A line a point; the points of one server follow each other."""
    lines = [(course.profile, point) for course in panel.courses for point in course.points]
    manifests = [point.run.manifest for _, point in lines]
    columns = [
        _column("server", [profile for profile, _ in lines], 120),
        _column("started, UTC", [date(manifest.started_at) for manifest in manifests], 110),
        _column("commit of the app", [short(manifest.app_commit) for manifest in manifests], 60),
        _column("version", [_version(*line) for line in lines], 70),
        _column("weighbridge", [made_by(manifest) for manifest in manifests], 40),
        _column("load", _loads(panel), 50),
        _column("figure", [estimated(point.estimate) for _, point in lines], 115, numeric=True),
        _column("verdict", ["suspect" if point.suspect else "" for _, point in lines], 80),
        _column("/ before", [_ratio(point.step) for _, point in lines], 100, numeric=True),
        _column("change", [_mark(point.step) for _, point in lines], 105),
    ]
    tones = [_tone(point) for _, point in lines]
    worth_it = [
        column for column in columns if any(column.cells) or column.title in {"change", "figure"}
    ]
    return Table(name, worth_it, tones)


def _tone(point: HistoryPoint) -> Tone:
    return Tone.STRONG if point.step and point.step.changed else Tone.PLAIN


def _column(title: str, cells: Sequence[Cell], weight: int, *, numeric: bool = False) -> Column:
    return Column(title, "", tuple(cells), weight, numeric=numeric)


def _version(profile: str, point: HistoryPoint) -> str:
    """The number alone, where the package is called as the server is."""
    return (version(point.run.server(profile)) or NONE).removeprefix(f"{profile} ")


def _loads(panel: Panel) -> list[str]:
    """What load each point was made at, where that is not the same for all; else nothing."""
    loads = [load_in_words(point.load) for course in panel.courses for point in course.points]
    return loads if len(set(loads)) > 1 else [""] * len(loads)


def _ratio(step: HistoryStep | None) -> Cell:
    return NONE if step is None or step.member is None else estimated(step.member.comparison.ratio)


def _mark(step: HistoryStep | None) -> str:
    if step is None:
        return ""
    if step.member is None:
        return why_not_compared(step)
    if step.changed:
        return CHANGED
    return UNTESTED if step.member.p_adjusted is None else ""
