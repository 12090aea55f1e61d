"""The evidence as tables, for the terminal and for docs/trust.md."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from bench.facts.load import Mode
from bench.figures import FIGURES
from bench.formatting import share
from bench.proof.estimators.analysis import Key, Plant, Score
from bench.proof.estimators.contest import PLANTED
from bench.report.cells import NONE
from bench.report.document import Column
from bench.stats.estimators import CANDIDATES, CHOSEN

_LOADS = {Mode.OPEN: "in open loop", Mode.CLOSED: "in closed loop"}


def columns(found: Mapping[Key, Score]) -> Sequence[Column]:
    """A line for each candidate and figure."""
    rows = list(found.items())
    return (
        _column("figure", [f"{FIGURES[k.figure].sentence} {_LOADS[k.mode]}" for k, _ in rows], 110),
        _column("estimator", [_named(key.candidate) for key, _ in rows], 120),
        _column("told apart from itself", [_false(one) for _, one in rows], 115, numeric=True),
        _column("in tables", [_tables(one) for _, one in rows], 60, numeric=True),
        _column("smallest difference", [share(one.smallest_mean) for _, one in rows], 112,
                numeric=True),
        _column("in a table", [share(one.in_family_mean) for _, one in rows], 70, numeric=True),
        *(
            _column(f"{size:.0%} found (promised)", [_plant(one, size) for _, one in rows], 50,
                    numeric=True)
            for size in PLANTED
        ),
    )  # fmt: skip


def _named(candidate: str) -> str:
    return f"{candidate} (used)" if CANDIDATES[candidate] is CHOSEN else candidate


def _false(one: Score) -> str:
    return f"{one.told_apart} of {one.comparisons} ({one.false_share:.1%})"


def _tables(one: Score) -> str:
    return f"{one.false_families} of {one.families}"


def _plant(one: Score, size: float) -> str:
    plant = one.planted.get(size, Plant())
    if not plant.of:
        return NONE
    promised = f" ({fmean(plant.promised):.0%})" if plant.promised else ""
    return f"{plant.shown / plant.of:.0%}{promised}"


def _column(title: str, cells: Sequence[str], weight: int, *, numeric: bool = False) -> Column:
    return Column(title, "", tuple(cells), weight, numeric=numeric)
