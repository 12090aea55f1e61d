"""What was not compared, and why, in words."""

from collections.abc import Iterable
from typing import Final

from bench.analysis.several_runs.left_out import (
    CellAbsent,
    FigureAbsent,
    LeftOut,
    NoPoint,
    ServerInOne,
)
from bench.analysis.several_runs.pairing import LoadInOne, PairedLoad, RatesDiffer
from bench.facts.load import Mode
from bench.figures import FIGURES
from bench.formatting import load_in_words
from bench.report.absences import why_absent

_RATES_DIFFER: Final = (
    "the offered rate is part of the load, and response times at different rates cannot be "
    "compared; give both runs the same by --rate N"
)


def place_title(place: PairedLoad) -> str:
    """Name a load of two runs: "get_item at 2,400 requests/s"."""
    joint = "at" if place.mode is Mode.OPEN else "over"
    words = dict.fromkeys((load_in_words(place.a), load_in_words(place.b)))
    return f"{place.workload} {joint} {' / '.join(words)}"


def left_out(found: LeftOut) -> dict[str, str]:
    """Name what was not compared, and why."""
    what, reason = _words(found)
    return {"what": what, "reason": reason}


def omissions(found: Iterable[LeftOut]) -> list[str]:
    """Write what was not compared as lines."""
    return [": ".join(_words(each)) for each in found]


def _words(found: LeftOut) -> tuple[str, str]:
    """What was not compared, and why."""
    match found:
        case LoadInOne(workload, load, run):
            words = f"{workload}, {load_in_words(load)}", f"only {run} has this load"
        case RatesDiffer(place):
            words = place_title(place), _RATES_DIFFER
        case ServerInOne(profile, run):
            words = profile, f"only in {run}"
        case CellAbsent(profile, place, absences):
            reasons = [f"{run}: {why_absent(absence)}" for run, absence in absences]
            words = f"{profile}, {place_title(place)}", "; ".join(reasons)
        case FigureAbsent(profile, place, figure):
            what = f"{profile}, {place_title(place)}, {FIGURES[figure].title}"
            words = what, "no slice has it"
        case NoPoint(run, cell, absence):
            what = f"{run}: {cell.profile}, {cell.workload}, {load_in_words(cell.load)}"
            words = what, why_absent(absence)
        case _:
            words = found.folder, found.error
    return words
