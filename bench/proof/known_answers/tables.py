"""Known answers as tables, for the terminal and for docs/known-answers.md."""

from collections.abc import Sequence
from typing import Final

from bench.facts.load import Mode
from bench.facts.run import Machine
from bench.figures import FIGURES
from bench.formatting import decimals, number
from bench.proof.known_answers.cases import CASES, bare_name
from bench.proof.known_answers.judging import BoundCheck, CaseResult, Held, counted
from bench.proof.known_answers.models import Bound, Truth
from bench.report.cells import NONE
from bench.report.document import Column
from bench.report.render.markdown import table
from bench.stats.estimate import Estimate

_MOST_PLACES: Final = 2
_LOADS: Final = {Mode.OPEN: "open", Mode.CLOSED: "closed"}
_ANSWERS: Final = {True: "yes", False: "NO", None: NONE}


def interval_columns(found: Sequence[Held]) -> Sequence[Column]:
    """A line a figure: what is known, what the run said, and whether its interval holds it."""
    return (
        _column("case", [each.case for each in found], 120),
        _column("server", [_server(each.case, each.profile) for each in found], 110),
        _column("loop", [_LOADS[each.mode] for each in found], 109),
        _column("figure", [_figure(each.figure) for each in found], 118),
        _column("known", [_range(each.truth) for each in found], 116, numeric=True),
        _column("by", [each.truth.source for each in found], 60),
        _column("reported", [_reported(each.found) for each in found], 117, numeric=True),
        _column("held", [_ANSWERS[each.held] for each in found], 119),
    )


def bound_columns(found: Sequence[BoundCheck]) -> Sequence[Column]:
    """A line a criterion."""
    return (
        _column("case", [each.case for each in found], 120),
        _column("server", [_server(each.case, each.profile) for each in found], 110),
        _column("loop", [_LOADS[each.bound.mode] for each in found], 109),
        _column("figure", [_figure(each.bound.figure) for each in found], 118),
        _column("must be", [each.bound.words for each in found], 60),
        _column("bounds", [_bounds(each.bound) for each in found], 116, numeric=True),
        _column("reported", [_value(each.value) for each in found], 117, numeric=True),
        _column("met", [_ANSWERS[each.met] for each in found], 119),
    )


def verdict(found: CaseResult) -> str:
    """Say how many intervals hold what is known, and how many criteria are met."""
    count, met = counted(found.intervals), [bound.met for bound in found.bounds]
    rate = f", {count.held / count.of:.1%}" if count.of else ""
    judged = "as 95 % intervals may" if count.at_their_rate else "less often than they should"
    return (
        f"{count.held} of {count.of} intervals hold what is known{rate}: {judged} (at most "
        f"{count.most_missed} misses by chance). {met.count(True)} of {len(met)} criteria are met."
    )


def document(found: CaseResult, machine: Machine) -> str:
    """All of it in Markdown."""
    where = f"{machine.cpu}, {machine.cores} cores, {machine.kernel}, {machine.python}"
    names = dict.fromkeys(interval.case for interval in found.intervals)
    apps = (
        _column("case", list(names), 1),
        _column("app", [CASES[name].title for name in names], 1),
    )
    return "\n\n".join(
        [
            f"Machine: {where}{', virtual' if machine.virtual else ''}.",
            verdict(found),
            table(apps),
            table(bound_columns(found.bounds)),
            table(interval_columns(found.intervals)) + "\n",
        ]
    )


def _server(case: str, profile: str) -> str:
    """Name the server without the setting of its app, which the case says."""
    bare = bare_name(profile)
    return f"{bare}, no stalls" if CASES[case].is_bare(profile) else bare


def _figure(name: str) -> str:
    shown = FIGURES[name]
    return f"{shown.title} ({shown.unit})"


def _range(truth: Truth) -> str:
    places = _places(truth.lo, truth.hi)
    lo, hi = number(truth.lo, places), number(truth.hi, places)
    return lo if lo == hi else f"{lo}\N{EN DASH}{hi}"


def _reported(found: Estimate | None) -> str:
    """A figure with its interval, however vague: it is judged, too."""
    if found is None:
        return NONE
    if found.lo is None or found.hi is None:
        return f"{number(found.value)} (no interval)"
    places = _places(found.lo, found.hi)
    lo, value, hi = (number(each, places) for each in (found.lo, found.value, found.hi))
    return f"{value} ({lo}\N{EN DASH}{hi})"


def _places(lo: float, hi: float) -> int:
    """Three significant digits, and more where the two would look alike."""
    apart = decimals(hi - lo) - 1 if hi > lo else 0
    return max(decimals(hi), min(apart, _MOST_PLACES))


def _bounds(bound: Bound) -> str:
    if bound.lo is None:
        return NONE if bound.hi is None else f"\N{LESS-THAN OR EQUAL TO} {number(bound.hi)}"
    if bound.hi is None:
        return f"\N{GREATER-THAN OR EQUAL TO} {number(bound.lo)}"
    return f"{number(bound.lo)}\N{EN DASH}{number(bound.hi)}"


def _value(value: float | None) -> str:
    return NONE if value is None else number(value)


def _column(title: str, cells: Sequence[str], weight: int, *, numeric: bool = False) -> Column:
    return Column(title, "", tuple(cells), weight, numeric=numeric)
