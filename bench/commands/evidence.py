"""`evidence`: how each way of comparing does where it is known what differs."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.padding import Padding

from bench.commands import screen
from bench.commands.interrupts import INTERRUPTED, InterruptedRunError, run_interruptible
from bench.commands.regress import RegressOptions, regress
from bench.commands.run import FAILED, course
from bench.errors import UsageError
from bench.facts import journal
from bench.progress import progress_listener
from bench.proof.estimators.analysis import enough, known, scores
from bench.proof.estimators.contest import APP, contest, loops_in_a_request
from bench.proof.estimators.gate_trials import SLOWER, trials
from bench.proof.estimators.simulation import simulated
from bench.proof.estimators.tables import columns
from bench.report.document import Column
from bench.report.render.terminal import FittedTable
from bench.run.comparison import run
from bench.run.options import Options, run_folder
from bench.run.request import resolve
from bench.system import clock
from bench.system.repository import ROOT
from servers.app import ITEMS_REQUIREMENTS

SIMULATED_RUNS: Final = 200
TOLERANCE: Final = 0.05  # of the gate, as it is by default
_CAPTION: Final = (
    "told apart from itself: comparisons of a server with itself that show a difference, each at "
    "95 %; in tables: runs whose table, corrected, shows one; smallest difference: half-width of "
    "the interval of one comparison, mean, and of one in a table of all profiles; found: planted "
    "differences that tables showed, and how many by the runs' own power calculation"
)


def gather(options: Options, runs: int) -> int:
    """Make runs of copies and slowed copies of one server, then judge them."""
    started_at, console = clock.wall_iso(), screen.progress()
    folder = run_folder(options.out, started_at)
    wanted = resolve(options)
    try:
        server = wanted.profiles[0]
        loops = run_interruptible(loops_in_a_request(server, folder, options.connections))
        for number in range(1, runs + 1):
            settings = replace(wanted.settings, seed=wanted.settings.seed + number)
            prepared = contest(replace(wanted, settings=settings), loops)
            console.print(f"run {number} of {runs}", highlight=False)
            place = folder / f"run-{number:02}"
            place.mkdir()
            with progress_listener(options.progress_style, console, course(prepared)) as progress:
                work = run(prepared, place, options.command, clock.wall_iso(), progress)
                run_interruptible(work)
    except InterruptedRunError:
        console.print(f"interrupted; finished runs are in {folder}: 'evidence --of {folder}'")
        return INTERRUPTED
    return judge(folder)


def try_gate(options: Options, number: int) -> int:
    """Run the regression gate so many times on what is the same, and on what is slower.

    Raises what `regress` raises.
    """
    started_at, console = clock.wall_iso(), screen.progress()
    folder = run_folder(options.out, started_at)
    server = resolve(options).profiles[0]
    try:
        loops = run_interruptible(loops_in_a_request(server, folder, options.connections))
    except InterruptedRunError:
        console.print("interrupted before the first trial; nothing is kept")
        shutil.rmtree(folder, ignore_errors=True)
        return INTERRUPTED
    slowed = replace(
        options,
        app=APP,
        app_dir=ROOT,
        isolated=True,
        requirements=ITEMS_REQUIREMENTS.file,
        against_itself=False,
    )
    failed: dict[bool, list[bool]] = {True: [], False: []}
    for turn, trial in enumerate(trials(number, loops)):
        console.print(f"trial {trial.name}, of {number} of either kind", highlight=False)
        asked = RegressOptions(trial.base, trial.head, TOLERANCE, None)
        at = replace(slowed, out=folder / trial.name, seed=options.seed + turn)
        code = regress(asked, at)
        if code == INTERRUPTED:
            return code
        failed[trial.should_fail].append(code == FAILED)
    same, slower = failed[False], failed[True]
    screen.output().print(
        f"An unchanged head passed {same.count(False)} of {len(same)} times; one that is slower "
        f"by {SLOWER:.0%} failed {slower.count(True)} of {len(slower)} times.",
        highlight=False,
    )
    return 0


def judge(folder: Path) -> int:
    """Judge the runs below a folder, and simulated ones. Raises UsageError."""
    output = screen.output()
    runs = sorted(path.parent for path in folder.glob("*/manifest.json"))
    facts = [journal.read(path) for path in runs]
    found = [one for each in facts for one in known(each)]
    if not enough(found):
        raise UsageError(
            f"'{folder}' holds no runs of several copies of a server, each measured more than "
            "once: make some, with a longer --budget"
        )
    output.print(_table(f"{len(runs)} runs on this machine", columns(scores(found))))
    made = list(simulated(SIMULATED_RUNS))
    output.print(_table(f"{SIMULATED_RUNS} simulated runs, with bursts", columns(scores(made))))
    return 0


def _table(title: str, found: Sequence[Column]) -> Padding:
    table = FittedTable(title, _CAPTION, found, [""] * len(found[0].cells), "widen the terminal")
    return Padding(table, (1, 0, 0, 0))
