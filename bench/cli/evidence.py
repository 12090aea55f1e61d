"""`evidence`: how often each way of comparing is right."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
from rich.padding import Padding

from bench.cli.console import stderr, stdout
from bench.cli.counted_gate import (
    PLANTED,
    STARTS,
    CountedGateOptions,
    judge_counted,
    try_counted_gate,
)
from bench.cli.exit_codes import FAILED, INTERRUPTED, MEASURED
from bench.cli.interrupts import InterruptedRunError, run_interruptible
from bench.cli.known_answers import KnownAnswersOptions, answer, know
from bench.cli.measuring import course
from bench.cli.regress import RegressOptions, compare_sides
from bench.cli.run_options import default_of, options_from
from bench.cli.run_parameters import of_run
from bench.cli.values import DURATION, PATH, PRECISION, is_given, refuse
from bench.errors import UsageError
from bench.facts import journal
from bench.progress.listener import progress_listener
from bench.proof.estimators.analysis import enough, known, scores
from bench.proof.estimators.contest import APP, contest, loops_in_a_request
from bench.proof.estimators.gate_trials import SLOWER, trials
from bench.proof.estimators.simulation import simulated
from bench.proof.estimators.tables import columns
from bench.proof.known_answers.cases import chosen
from bench.report.document import Column
from bench.report.render.terminal import FittedTable
from bench.run.comparison import run
from bench.run.folder import run_folder
from bench.run.request.options import Options
from bench.run.request.resolve import resolve
from bench.system import clock
from bench.system.repository import ROOT
from servers.apps.app import ITEMS_REQUIREMENTS

SIMULATED_RUNS: Final = 200
TOLERANCE: Final = 0.05  # of the gate, as it is by default
_CAPTION: Final = (
    "told apart from itself: comparisons of a server with itself that show a difference, each at "
    "95 %; in tables: runs whose table, corrected, shows one; smallest difference: half-width of "
    "the interval of one comparison, mean, and of one in a table of all profiles; found: planted "
    "differences that tables showed, and how many by the runs' own power calculation"
)


@click.command(params=of_run("connections", "selftest", "seed", "out"))
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=6,
    show_default=True,
    metavar="N",
    help="Number of runs, each with five copies of the server and three slowed by a known amount.",
)
@click.option(
    "--rounds",
    type=click.IntRange(3, 100),
    default=default_of("rounds"),
    show_default=True,
    metavar="N",
)
@click.option("--budget", type=DURATION, default="5m", show_default=True, help="Time per run.")
@click.option("--of", type=PATH, metavar="DIR", help="Evaluate existing runs; measure nothing.")
@click.option(
    "--gate",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Instead: run the regression gate N times on an unchanged head and N times on one that is "
    "10 % slower.",
)
@click.option(
    "--counted-gate",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Instead: run the regression gate by instructions (--count instructions) N times on an "
    "unchanged head and N times on one with a loop; --rounds is a gate's starts of each side "
    f"({STARTS} by default).",
)
@click.option(
    "--planted",
    type=PRECISION,
    default=f"{PLANTED:.1%}",
    show_default=True,
    metavar="N%",
    help="With --counted-gate: how many more instructions a request takes with that loop.",
)
@click.option(
    "--known-answers",
    is_flag=True,
    help="Instead: run apps whose behaviour is known exactly (they stall, await, work after "
    "responding, close connections) through the whole program and check its figures. Takes forty "
    "minutes.",
)
@click.option(
    "--only", metavar="A,B", help="With --known-answers: only these cases, such as a,e50."
)
@click.pass_context
def evidence(
    ctx: click.Context,
    /,
    *,
    server: str,
    runs: int,
    of: Path | None,
    gate: int | None,
    counted_gate: int | None,
    planted: float,
    known_answers: bool,
    only: str | None,
    **given: Any,
) -> None:
    """Test each comparison method on known differences, on this machine and in simulation.

    For each method, prints how often it reported a difference between identical servers, the
    smallest difference it could have shown, and how often it found planted differences of 3, 5 and
    10 %. Takes half an hour.
    """
    if of is not None:
        raise SystemExit(_judge_again(ctx, of, known_answers=known_answers))
    if known_answers:
        raise SystemExit(_run_known_answers(ctx, only, given))
    refuse(ctx, ("only",), "needs --known-answers: add it")
    if counted_gate is not None:
        refuse(ctx, ("runs", "gate", "budget", "connections"), "cannot be used with --counted-gate")
        asked = CountedGateOptions(counted_gate, _starts(ctx), planted)
        raise SystemExit(try_counted_gate(asked, options_from({**given, "servers": server})))
    refuse(ctx, ("planted",), "needs --counted-gate: add it")
    if gate is not None:
        refuse(ctx, ("runs",), "cannot be used with --gate: leave it out")
    options = options_from({**given, "servers": server})
    raise SystemExit(gather(options, runs) if gate is None else try_gate(options, gate))


def _judge_again(ctx: click.Context, of: Path, *, known_answers: bool) -> int:
    """Judge what is in a folder: as it was made, or in gates of another number of starts."""
    number: int | None = ctx.params["counted_gate"]
    goes_with = {"of", "known_answers"} if number is None else {"of", "counted_gate", "rounds"}
    others = [name for name in ctx.params if name not in goes_with]
    refuse(ctx, others, "cannot be used with --of, which measures nothing: leave it out")
    if number is not None:
        return judge_counted(of, number, _starts(ctx))
    return answer(of) if known_answers else judge(of)


def _starts(ctx: click.Context) -> int:
    """Of each side, in a gate by instructions."""
    given: int = ctx.params["rounds"]
    return given if is_given(ctx, "rounds") else STARTS


def _run_known_answers(ctx: click.Context, only: str | None, given: dict[str, Any]) -> int:
    """Run the chosen cases; a budget that was given is that of each run."""
    refuse(ctx, ("server", "runs", "gate", "selftest"), "cannot be used with --known-answers")
    budget_s = given["budget"] if is_given(ctx, "budget") else None
    options = options_from({**given, "servers": None})
    return know(KnownAnswersOptions(chosen(only), budget_s), options)


def gather(options: Options, runs: int) -> int:
    """Make runs of copies and slowed copies of one server, then judge them."""
    started_at, console = clock.wall_iso(), stderr()
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

    Raises what `compare_sides` raises.
    """
    started_at, console = clock.wall_iso(), stderr()
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
        sides = RegressOptions(trial.base, trial.head, TOLERANCE, None)
        at = replace(slowed, out=folder / trial.name, seed=options.seed + turn)
        code = compare_sides(sides, at)
        if code == INTERRUPTED:
            return code
        failed[trial.should_fail].append(code == FAILED)
    same, slower = failed[False], failed[True]
    stdout().print(
        f"An unchanged head passed {same.count(False)} of {len(same)} times; one that is slower "
        f"by {SLOWER:.0%} failed {slower.count(True)} of {len(slower)} times.",
        highlight=False,
    )
    return MEASURED


def judge(folder: Path) -> int:
    """Judge the runs below a folder, and simulated ones. Raises UsageError."""
    output = stdout()
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
    return MEASURED


def _table(title: str, found: Sequence[Column]) -> Padding:
    table = FittedTable(title, _CAPTION, found, [""] * len(found[0].cells), "widen the terminal")
    return Padding(table, (1, 0, 0, 0))
