"""`regress`: whether a head is worse than its base, both alive together on this machine."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.analysis.regression import BASE, HEAD, RegressionDecision, RegressionVerdict, decide
from bench.analysis.summary import summarize
from bench.commands import screen
from bench.commands.run import course, measured, remove_if_unused
from bench.facts.run import Facts, Purpose
from bench.progress import progress_listener
from bench.report.data.regression import junit
from bench.report.documents.regression import document
from bench.report.files import of_regression, write, write_all
from bench.report.formats import Format
from bench.report.render.markdown import markdown
from bench.report.render.terminal import terminal
from bench.run.comparison import run
from bench.run.options import Options, run_folder
from bench.run.request import RunRequest, among, resolve
from bench.run.sides import Given, check_comparable, side
from bench.system import clock
from bench.system.files import write_whole
from servers import catalogue

SIDES: Final = "regression"  # where the manifest names them
FORMATS: Final = tuple(each for each in Format if each is not Format.JUNIT)
"""Reports of the run beside those of its verdict, whose JUnit is the one to gate with."""
_TREES: Final = "trees"  # of the commits, while the run lasts
_PASSED: Final = 0
_FAILED: Final = 1
_STEP_SUMMARY: Final = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True, slots=True)
class RegressOptions:
    """What `regress` is asked beside the options of `run`."""

    base: str
    head: str
    tolerance: float
    junit: Path | None


def regress(asked: RegressOptions, options: Options) -> int:
    """Measure, decide, report. Raises UsageError, ServerError and HarnessError."""
    check_comparable(asked.base, asked.head)
    given = resolve(options)
    started_at = clock.wall_iso()
    folder = run_folder(options.out, started_at)
    try:
        wanted = _two_sided(asked, options, given, folder)
        return measured(
            progress_listener(options.progress_style, screen.progress(), course(wanted)),
            lambda progress: run(wanted, folder, options.command, started_at, progress),
            folder,
            lambda facts: _decided(facts, folder, asked),
        )
    finally:
        shutil.rmtree(folder / _TREES, ignore_errors=True)
        remove_if_unused(folder)


def _decided(facts: Facts, folder: Path, asked: RegressOptions) -> int:
    """Report a verdict wherever it is looked for; returns the exit code."""
    write(facts, folder, FORMATS)
    decision = show(facts, folder)
    _tell_ci(decision, facts, asked)
    return _FAILED if decision.verdict is RegressionVerdict.FAILED else _PASSED


def show(facts: Facts, folder: Path) -> RegressionDecision:
    """Decide, write the verdict into the run's folder, and print it."""
    decision = decide(summarize(facts), tolerance_of(facts))
    named = sides_of(facts)
    names = write_all(of_regression(decision, named), folder)
    output = screen.output()
    output.print(terminal(document(decision, named)))
    output.print(
        f"Written to {folder}/: {', '.join(names)} (JUnit), and the report of the run",
        highlight=False,
    )
    return decision


def sides_of(facts: Facts) -> tuple[str, str]:
    """What base and head are, in words."""
    told = facts.manifest.settings[SIDES]
    return told[BASE], told[HEAD]


def tolerance_of(facts: Facts) -> float:
    """The share by which a figure may be worse."""
    tolerance: float = facts.manifest.settings[SIDES]["tolerance"]
    return tolerance


def _two_sided(
    asked: RegressOptions, options: Options, given: RunRequest, folder: Path
) -> RunRequest:
    """From what both sides have in common to a run of the two of them."""
    common = Given(given.profiles[0], given.app, given.suite, options.own_app)
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
        settings=among(replace(given.settings, profiles=(BASE, HEAD)), len(apps)),
        apps=apps,
        suites={role: one.suite for role, one in sides.items() if one.suite is not None},
        purpose=Purpose.REGRESSION,
        told={
            **given.told,
            SIDES: {role: one.is_of for role, one in sides.items()}
            | {"tolerance": asked.tolerance},
        },
    )


def _tell_ci(decision: RegressionDecision, facts: Facts, asked: RegressOptions) -> None:
    """Write where CI looks: a JUnit file that was named, and the summary of a workflow's step."""
    named = sides_of(facts)
    if asked.junit is not None:
        write_whole(asked.junit, junit(decision, named))
    summary = os.environ.get(_STEP_SUMMARY)
    if summary:
        with Path(summary).open("ab") as file:
            file.write(markdown(document(decision, named)))
