"""`regress`: whether head is worse than base."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from bench.analysis.instructions.moves import moves
from bench.analysis.instructions.verdict import decide_counted
from bench.analysis.regression_verdict import decide
from bench.analysis.sides import BASE, HEAD, RegressionVerdict
from bench.analysis.summary import summarize
from bench.cli.app_search import with_found_app
from bench.cli.console import stderr, stdout
from bench.cli.exit_codes import FAILED, MEASURED
from bench.cli.measuring import course, measured, remove_if_unused, resolved
from bench.cli.request_parameters import REQUEST_NAMES
from bench.cli.run_options import default_of, options_from
from bench.cli.run_parameters import of_run
from bench.cli.values import DURATION, PATH, PRECISION, is_given, refuse
from bench.errors import HarnessError, UsageError
from bench.facts.run import Facts, Purpose
from bench.facts.settings import CountKind, SidesRecord
from bench.progress.listener import progress_listener
from bench.report.document import Document
from bench.report.documents import instruction_regression, regression
from bench.report.files import Files, of_instruction_regression, of_regression, write, write_all
from bench.report.formats import Format
from bench.report.render.terminal import terminal
from bench.run.comparison import run
from bench.run.counted_sides import count_sides
from bench.run.counting import counter_for
from bench.run.folder import run_folder
from bench.run.request.options import Options
from bench.run.request.protocols import asked_protocols
from bench.run.request.resolve import RunRequest, among, resolve
from bench.run.request.sides import Given, SideKind, check_comparable, kind, side
from bench.system import clock
from bench.system.files import write_whole
from servers import catalogue
from servers.profile import Profile
from servers.protocol import Protocol

TOLERANCE: Final = 0.05
COUNTED_TOLERANCE: Final = 0.01
COUNTED_BUDGET_S: Final = 180.0
ROUNDS: Final = 6
BUDGET_S: Final = 90.0
QUICK_ROUNDS: Final = 3
QUICK_BUDGET_S: Final = 45.0
FORMATS: Final = tuple(each for each in Format if each is not Format.JUNIT)
"""Reports of the run beside those of its verdict, whose JUnit is the one to gate with."""
_TREES: Final = "trees"  # of the commits, while the run lasts
_CHECKOUT_HAS: Final = Path("bench", "workload.py")
"""A file of every checkout of this repository: its app is the items app."""
_STEP_SUMMARY: Final = "GITHUB_STEP_SUMMARY"
_TIMED: Final = (
    "rate", "streams", "new_connections", "resume_tls", "alone", "against_itself",
)  # fmt: skip
"""Options that say how sides are timed."""


@click.command(
    params=of_run(
        "profiles", "app", "wsgi_app", "app_dir", "copy", "isolated", "app_env", "env_files",
        "requirements", "extras", "groups", "ready", "start_timeout_s", "tests",
        "workloads", *REQUEST_NAMES, "names", "rate",
        "protocols", "streams", "new_connections", "resume_tls", "connections", "workers", "alone",
        "quick", "count",
        "against_itself", "selftest", "seed", "out",
        "quiet", "json_events",
        quick=f"{QUICK_ROUNDS} rounds in {QUICK_BUDGET_S:.0f} s: shows only large differences.",
        protocols="What to measure both sides over; one.  [default: what the launch line speaks]",
        count="Instead of timing, count the instructions that a request takes: the machine's noise "
        "does not move them. By the CPU's counters, else by valgrind.",
        connections="Keep-alive connections to either side.  "
        f"[default: {default_of('connections')}; 1 with --count]",
        against_itself="A/A check: measure base twice and test whether it differs from itself.",
    )
)  # fmt: skip
@click.option(
    "--base",
    required=True,
    metavar="SIDE",
    help="What head is compared with: a commit, a folder, a server version (uvicorn==0.35.0), a "
    "setting (cache=lru), or bare (no settings).",
)
@click.option(
    "--head", default=".", show_default=True, metavar="SIDE", help="What to test; the same forms."
)
@click.option("--server", default="uvicorn", show_default=True, metavar="NAME")
@click.option(
    "--tolerance",
    type=PRECISION,
    metavar="N%",
    help="How much worse a figure may be: a shown difference larger than this fails.  "
    f"[default: {TOLERANCE:.0%}; {COUNTED_TOLERANCE:.0%} with --count]",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    metavar="N",
    help=f"Number of rounds; each starts both sides afresh.  [default: {ROUNDS}]",
)
@click.option(
    "--budget",
    type=DURATION,
    metavar="90s",
    help=f"Total time for all rounds.  [default: {BUDGET_S:.0f}s; {COUNTED_BUDGET_S:.0f}s with "
    "--count]",
)
@click.option("--junit", type=PATH, metavar="FILE", help="Also write the verdict as JUnit XML.")
@click.pass_context
def regress(
    ctx: click.Context,
    /,
    *,
    base: str,
    head: str,
    server: str,
    tolerance: float | None,
    junit: Path | None,
    **given: Any,
) -> None:
    """Fail if head is worse than base, both measured side by side on this machine.

    Compares two commits of the app, two versions of a server, or two settings. The exit code is 1
    only for a difference in CPU per request, throughput, median response time or failures that is
    both shown and larger than the tolerance; with --count instructions, only if instructions per
    request are shown to have grown by more than the tolerance.
    """
    count: CountKind | None = given["count"]
    if count is not None:
        refuse(ctx, _TIMED, "says how sides are timed, and --count times nothing: leave it out")
        given |= {"against_itself": False}
        if not is_given(ctx, "connections"):
            given |= {"connections": 1}
    quick = given["quick"]
    given["rounds"] = given["rounds"] or (QUICK_ROUNDS if quick else ROUNDS)
    given["budget"] = given["budget"] or _budget_s(count, quick=quick)
    sides = RegressOptions(base, head, tolerance or _tolerance(count), junit)
    every = with_found_app({**given, "servers": server}, folder=_other_folder(head))
    raise SystemExit(compare_sides(sides, options_from(every)))


def _other_folder(head: str) -> Path | None:
    """Where to look for the app, if head is another folder than this one; not for the items app."""
    folder = Path(head)
    if kind(head) is not SideKind.FOLDER or folder.resolve() == Path.cwd():
        return None
    return None if (folder / _CHECKOUT_HAS).is_file() else folder


def _budget_s(count: CountKind | None, *, quick: bool) -> float:
    if count is not None:
        return COUNTED_BUDGET_S
    return QUICK_BUDGET_S if quick else BUDGET_S


def _tolerance(count: CountKind | None) -> float:
    return TOLERANCE if count is None else COUNTED_TOLERANCE


@dataclass(frozen=True, slots=True)
class RegressOptions:
    """What `regress` is asked beside the options of `run`."""

    base: str
    head: str
    tolerance: float
    junit: Path | None


def compare_sides(asked: RegressOptions, options: Options) -> int:
    """Measure, decide, report. Raises UsageError, ServerError and HarnessError."""
    check_comparable(asked.base, asked.head)
    _only_protocol(options)
    given = resolved(options)
    counter_for(given)  # what it needs is missed before anything is begun
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    work = run if options.count is None else count_sides
    try:
        wanted = _two_sided(asked, options, given, folder)
        return measured(
            progress_listener(options.progress_style, stderr(), course(wanted)),
            lambda progress: work(wanted, folder, options.command, started_at, progress),
            folder,
            lambda facts: _decided(facts, folder, asked),
        )
    finally:
        shutil.rmtree(folder / _TREES, ignore_errors=True)
        remove_if_unused(folder)


def _decided(facts: Facts, folder: Path, asked: RegressOptions) -> int:
    """Report a verdict wherever it is looked for; returns the exit code."""
    if facts.manifest.settings.timed:
        write(facts, folder, FORMATS)
    shown = show(facts, folder)
    _tell_ci(shown.files, asked)
    return FAILED if shown.verdict is RegressionVerdict.FAILED else MEASURED


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """A verdict as it is reported: on the terminal, and in files by their names."""

    verdict: RegressionVerdict
    document: Document
    files: Files


def show(facts: Facts, folder: Path) -> ShownVerdict:
    """Decide, write the verdict into the run's folder, and print it."""
    shown = _reported(facts)
    names = write_all(shown.files, folder)
    output = stdout()
    output.print(terminal(shown.document))
    beside = ", and the report of the run" if facts.manifest.settings.timed else ""
    output.print(f"Written to {folder}/: {', '.join(names)} (JUnit){beside}", highlight=False)
    return shown


def _reported(facts: Facts) -> ShownVerdict:
    sides = sides_of(facts)
    named = sides.base, sides.head
    if facts.manifest.settings.timed:
        decision = decide(summarize(facts), sides.tolerance)
        page = regression.document(decision, named)
        return ShownVerdict(decision.verdict, page, of_regression(decision, named))
    counted = decide_counted(facts, sides.tolerance)
    moved = moves(facts)
    page = instruction_regression.document(counted, moved, named)
    return ShownVerdict(counted.verdict, page, of_instruction_regression(counted, moved, named))


def sides_of(facts: Facts) -> SidesRecord:
    """The two sides, in words, and by how much head may be worse. Raises HarnessError."""
    found = facts.manifest.settings.regression
    if found is None:
        raise HarnessError("the settings in the run's manifest are damaged: they name no sides")
    return found


def _two_sided(
    asked: RegressOptions, options: Options, given: RunRequest, folder: Path
) -> RunRequest:
    """From what both sides have in common to a run of the two of them."""
    common = Given(
        _plain(options), given.app, given.suite, options.own_app, _only_protocol(options)
    )
    scratch = folder / _TREES
    sides = {
        role: side(role, word, common, scratch)
        for role, word in ((BASE, asked.base), (HEAD, asked.head))
    }
    profiles = catalogue.numbered(one.profile for one in sides.values())
    twin = catalogue.again(profiles[0], (BASE, HEAD)) if options.against_itself else None
    twin = replace(twin, number=len(profiles)) if twin else None
    apps = {role: one.app for role, one in sides.items()}
    if twin is not None:
        apps[twin.name] = apps[BASE]
    return replace(
        given,
        profiles=profiles,
        left_out=(),
        baseline=BASE,
        twin=twin,
        settings=among(
            replace(
                given.settings,
                profiles=(BASE, HEAD),
                regression=SidesRecord(sides[BASE].is_of, sides[HEAD].is_of, asked.tolerance),
            ),
            len(apps),
        ),
        apps=apps,
        suites={role: one.suite for role, one in sides.items() if one.suite is not None},
        purpose=Purpose.REGRESSION,
    )


def _only_protocol(options: Options) -> Protocol | None:
    """The protocol of both sides. Raises UsageError where there are several."""
    protocols = asked_protocols(options)
    if len(protocols) > 1:
        raise UsageError(
            f"--protocol {' and '.join(protocols)}: both sides are measured over one: give one"
        )
    return protocols[0] if protocols else None


def _plain(options: Options) -> Profile:
    """The server before a protocol is chosen for it."""
    return resolve(replace(options, protocols=None, streams=None)).profiles[0]


def _tell_ci(files: Files, asked: RegressOptions) -> None:
    """Write where CI looks: a JUnit file that was named, and the summary of a workflow's step."""
    if asked.junit is not None:
        write_whole(asked.junit, files["regression.xml"])
    summary = os.environ.get(_STEP_SUMMARY)
    if summary:
        with Path(summary).open("ab") as file:
            file.write(files["regression.md"])
