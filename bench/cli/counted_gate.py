"""`evidence --counted-gate`: how often the gate by instructions is right."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from rich.padding import Padding

from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import INTERRUPTED, MEASURED
from bench.cli.interrupts import InterruptedRunError, run_interruptible
from bench.cli.regress import RegressOptions, compare_sides
from bench.errors import UsageError
from bench.facts import journal
from bench.facts.settings import CountKind
from bench.proof.estimators.contest import APP
from bench.proof.estimators.counted_trials import (
    TOLERANCE,
    CountedTrial,
    all_together,
    cut,
    loops_for,
    sides_with,
)
from bench.report.document import Column
from bench.report.documents.instruction_regression import percent
from bench.report.render.terminal import FittedTable
from bench.run.folder import run_folder
from bench.run.request.options import MOST_SECONDS, Options
from bench.run.request.resolve import resolve
from bench.system import clock
from bench.system.repository import ROOT
from servers.apps.app import ITEMS_REQUIREMENTS

PLANTED: Final = 0.005
"""Of a request's instructions."""
STARTS: Final = 6
"""Of a side, in a gate, as `regress` has them."""
_RUN: Final = "run"
_CAPTION: Final = (
    f"failed: the whole interval lies above +{TOLERANCE:.1%}; shown: above or below 0; interval: "
    "half-width, median. No two gates of a line have a start in common"
)


@dataclass(frozen=True, slots=True)
class CountedGateOptions:
    """How many gates of either kind, with how many starts a side, and what is planted: a share."""

    number: int
    starts: int
    planted: float


def try_counted_gate(asked: CountedGateOptions, options: Options) -> int:
    """Count base and head as often as all these gates do; judge them. Raises as `compare_sides`."""
    console, folder = stderr(), run_folder(options.out, clock.wall_iso())
    server = resolve(options).profiles[0]
    try:
        loops = run_interruptible(loops_for(server, asked.planted, folder))
    except InterruptedRunError:
        console.print("interrupted before the first gate; nothing is kept")
        shutil.rmtree(folder, ignore_errors=True)
        return INTERRUPTED
    console.print(f"planted: {loops} turns of a loop before each request", highlight=False)
    code = compare_sides(
        RegressOptions(*sides_with(loops), TOLERANCE, None),
        replace(
            options,
            out=folder / _RUN,
            count=CountKind.INSTRUCTIONS,
            connections=1,
            rounds=asked.number * asked.starts,
            budget_s=float(MOST_SECONDS),
            stage_s=float(MOST_SECONDS),
            app=APP,
            app_dir=ROOT,
            isolated=True,
            requirements=ITEMS_REQUIREMENTS.file,
            against_itself=False,
        ),
    )
    if code == INTERRUPTED:
        again = f"evidence --of {folder} --counted-gate {asked.number} --rounds {asked.starts}"
        console.print(f"gates of which all starts are there are judged by '{again}'")
        return code
    return judge_counted(folder, asked.number, asked.starts)


def judge_counted(folder: Path, number: int, starts: int) -> int:
    """Cut the run in a folder into gates and say what they decided. Raises UsageError."""
    facts = journal.read(folder / _RUN)
    trials = cut(facts, starts, number)
    if not trials:
        raise UsageError(
            f"'{folder}' holds no run of --counted-gate with {starts} starts of either side: make "
            "one, or name fewer --rounds"
        )
    output = stdout()
    kinds = [[one for one in trials if one.should_fail is kind] for kind in (False, True)]
    shown = [kind for kind in kinds if kind]
    table = FittedTable(
        f"Gates of {starts} starts a side", _CAPTION, _columns(shown), [""] * len(shown),
        "widen the terminal",
    )  # fmt: skip
    output.print(Padding(table, (1, 0, 0, 0)))
    for change in all_together(facts).changes:
        sides = f"{change.starts[0]} starts of base and {change.starts[1]} of head"
        output.print(f"Planted, by all {sides}: {percent(change.ratio)}", highlight=False)
    return MEASURED


def _columns(kinds: Sequence[Sequence[CountedTrial]]) -> Sequence[Column]:
    names = ["with the loop" if each[0].should_fail else "unchanged" for each in kinds]
    return (
        _column("head", names),
        _column("gates", [str(len(each)) for each in kinds], numeric=True),
        _column("failed", [str(sum(one.failed for one in each)) for each in kinds], numeric=True),
        _column(
            "shown", [str(sum(one.change.shown for one in each)) for each in kinds], numeric=True
        ),
        _column("interval", [_typical(each) for each in kinds], numeric=True),
    )


def _typical(trials: Sequence[CountedTrial]) -> str:
    return f"{median(one.change.smallest for one in trials):.2%}"


def _column(title: str, cells: Sequence[str], *, numeric: bool = False) -> Column:
    return Column(title, "", tuple(cells), 100, numeric=numeric)
