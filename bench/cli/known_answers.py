"""`evidence --known-answers`: apps of which the truth is known, through the whole program."""

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.padding import Padding

from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import FAILED, INTERRUPTED, MEASURED
from bench.cli.interrupts import InterruptedRunError, run_interruptible
from bench.cli.measuring import course
from bench.errors import HarnessError, UsageError
from bench.facts import journal
from bench.formatting import listing
from bench.progress.listener import progress_listener
from bench.proof.calibration import wrk
from bench.proof.calibration.client import Fault
from bench.proof.known_answers.cases import CASES, Case
from bench.proof.known_answers.judging import Alone, CaseResult, counted, judged
from bench.proof.known_answers.plain_clients import Plain, ab, reached
from bench.proof.known_answers.tables import bound_columns, document, interval_columns, verdict
from bench.report.document import Column
from bench.report.files import write
from bench.report.formats import Format
from bench.report.render.terminal import FittedTable
from bench.run.comparison import run
from bench.run.folder import run_folder
from bench.run.request.options import Options
from bench.run.request.resolve import RunRequest, resolve
from bench.system import clock
from bench.system.files import write_whole
from servers.errors import ServerError

ALONE: Final = "alone.json"
"""In the folder of a case: what plain clients reached before and after its run."""
DOCUMENT: Final = "known-answers.md"
WAITED_S: Final = 30
"""For an answer, by wrk, which else takes one that comes after 2 s for none."""
_CSV: Final = "summary.csv"
_RUN: Final = "run"
_INTERVALS: Final = (
    "known: a range where it was measured beside the run or depends on what was; held: the run's "
    "95 % interval and what is known have something in common"
)
_BOUNDS: Final = (
    "what the point estimates must keep to; told apart: the run's comparison shows that the "
    "server differs from the same one without stalls"
)


@dataclass(frozen=True, slots=True)
class KnownAnswersOptions:
    """Which cases, and the time for each run; None: each case's own."""

    cases: Sequence[Case]
    budget_s: float | None


def know(asked: KnownAnswersOptions, options: Options) -> int:
    """Run each case, with plain clients before and after it; print what is known beside it.

    What cannot be measured keeps no other case from it. Raises UsageError, and HarnessError where
    that was so.
    """
    console, folder = stderr(), run_folder(options.out, clock.wall_iso())
    failed: list[str] = []
    if shutil.which(wrk.NAME) is None:
        console.print("wrk is not installed: closed loops are not checked", highlight=False)
    try:
        for case in asked.cases:
            console.print(f"case {case.name}: the app {case.title}", highlight=False)
            try:
                _measure(case, case.options(options, asked.budget_s), folder / case.name)
            except (ServerError, HarnessError) as error:
                console.print(f"case {case.name}: {error}", highlight=False, markup=False)
                failed.append(case.name)
    except InterruptedRunError:
        console.print(f"interrupted; finished cases are in {folder}", highlight=False)
        return INTERRUPTED
    code = answer(folder)
    if failed:
        raise HarnessError(f"there is no figure of {listing(failed)}: see above; try --only")
    return code


def answer(folder: Path) -> int:
    """Judge the cases in a folder: print the tables, and write them beside. Raises UsageError."""
    places = {name: folder / name for name in CASES if (folder / name / ALONE).exists()}
    if not places:
        raise UsageError(f"'{folder}' holds no finished cases of --known-answers: make some")
    each = [_judge(CASES[name], place) for name, place in places.items()]
    found = CaseResult(
        [interval for some in each for interval in some.intervals],
        [bound for some in each for bound in some.bounds],
    )
    machine = journal.read(next(iter(places.values())) / _RUN).manifest.machine
    write_whole(folder / DOCUMENT, document(found, machine).encode())
    output = stdout()
    output.print(_table("Intervals", _INTERVALS, interval_columns(found.intervals)))
    output.print(_table("Criteria", _BOUNDS, bound_columns(found.bounds)))
    output.print(verdict(found), highlight=False)
    output.print(f"Written to {folder / DOCUMENT}", highlight=False)
    right = counted(found.intervals).at_their_rate and all(bound.met for bound in found.bounds)
    return MEASURED if right else FAILED


def _judge(case: Case, place: Path) -> CaseResult:
    with (place / _RUN / _CSV).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    alone: Alone = json.loads((place / ALONE).read_text(encoding="utf-8"))
    return judged(case, rows, alone)


def _measure(case: Case, options: Options, place: Path) -> None:
    """Plain clients, the run, plain clients: so that what drifts meanwhile is seen."""
    folder = place / _RUN
    folder.mkdir(parents=True)
    wanted, console = resolve(options), stderr()
    clients = _clients(case, options.connections)
    alone: dict[str, dict[str, list[float]]] = {}
    _load_alone(case, wanted, clients, place, alone)
    with progress_listener(options.progress_style, console, course(wanted)) as progress:
        run_interruptible(run(wanted, folder, options.command, clock.wall_iso(), progress))
    write(journal.read(folder), folder, (Format.CSV, Format.JSON))
    _load_alone(case, wanted, clients, place, alone)
    write_whole(place / ALONE, json.dumps(alone, indent=1).encode())


def _load_alone(
    case: Case,
    wanted: RunRequest,
    clients: Sequence[Plain],
    place: Path,
    alone: dict[str, dict[str, list[float]]],
) -> None:
    """Load each server with each plain client, and add what they reached."""
    for profile in wanted.profiles if clients else ():
        stderr().print(f"{profile.name} alone, plain clients", highlight=False)
        found = run_interruptible(reached(profile, wanted, case.path, clients, place))
        for fault in found.faults:
            stderr().print(fault, highlight=False, markup=False)
        for client, rate in found.rates.items():
            alone.setdefault(profile.name, {}).setdefault(client, []).append(rate)


def _clients(case: Case, connections: int) -> list[Plain]:
    """Those of the case's that are installed."""
    known = {wrk.NAME: _wrk, "ab": ab}
    programs = {name: shutil.which(name) for name in case.clients}
    return [known[name](program, connections) for name, program in programs.items() if program]


def _wrk(program: str, connections: int) -> Plain:
    def arguments(url: str, seconds: int) -> list[str]:
        patience = f"--timeout={WAITED_S}s"
        return [program, patience, *wrk.arguments(url, connections, seconds)]

    return Plain(wrk.NAME, arguments, _wrk_rate)


def _wrk_rate(output: str) -> float:
    said = wrk.read(output)
    if isinstance(said, Fault):
        raise ValueError(said.words)  # noqa: TRY004 - of what it printed, not of a type
    return said.throughput


def _table(title: str, caption: str, columns: Sequence[Column]) -> Padding:
    table = FittedTable(title, caption, columns, [""] * len(columns[0].cells), f"see {DOCUMENT}")
    return Padding(table, (1, 0, 0, 0))
