"""The gate: the functional suite against each server, before any load."""

import asyncio
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from bench.facts.server import Gate, GateTest
from bench.facts.settings import Check
from bench.progress.listener import ProgressListener
from bench.run.before_load.environments import Prepared
from bench.run.context import Candidate, RunContext
from bench.run.request.resolve import SUITE, RunRequest
from bench.system.repository import ROOT
from bench.system.tasks import gather_all
from servers.errors import KeeperError, LaunchError
from servers.launch import launch
from servers.logs import tail
from servers.processes.keeper_client import keep
from servers.profile import Profile

LIMIT_S: Final = 120.0
GATES_AT_ONCE: Final = 2
_NOT_THERE: Final = re.compile(r"No module named '[\w.]+'")
_MEND: Final = (
    "; the suite has the app's packages, pytest, pytest-base-url, httpx and anyio: add what "
    "else it imports to --requirements, or select it with --group or --extra"
)
_MESSAGE_LINES: Final = 4
_TOLD_BY_TESTS: Final = {0: "all passed", 1: "some failed"}  # pytest's other exits are no verdict


@dataclass(frozen=True, slots=True)
class Runner:
    """What runs a suite: an interpreter that has what the suite imports, in a folder.

    folder: of the user's project, which is imported from; None: the suite is of this repository,
    and nothing of the folder that the command was given in is read.
    """

    python: Path = Path(sys.executable)
    folder: Path | None = None

    def line(self, suite: Path) -> list[str]:
        """Return how it runs a suite; more words may follow.

        A project's own options of pytest may ask for plugins that are not there. Our suite has no
        project where this program is installed: pytest would read that of whoever installed it. And
        it needs two plugins; others that are there take up to seconds to import.
        """
        if self.folder is not None:
            return [str(self.python), "-m", "pytest", str(suite), "-o", "addopts="]
        line = [str(self.python), "-P", "-m", "pytest", str(suite)]
        if not suite.is_relative_to(ROOT):
            return line
        return [
            *line, "-c", os.devnull, f"--rootdir={suite.parent}", "-o", "anyio_mode=auto",
            "--disable-plugin-autoload", "-p", "anyio", "-p", "base_url",
        ]  # fmt: skip


def told_of(profile: Profile) -> dict[str, str]:
    """What a suite is told of a server, by variables: what it need not do, and must do else.

    Nothing of one that somebody else runs: nobody knows what is installed there.
    """
    if profile.external:
        return {}
    return {
        "WEIGHBRIDGE_INTERFACE": profile.interface.value,
        "WEIGHBRIDGE_LACKS": " ".join(profile.lacks),
    }


async def gate(
    profile: str,
    base_url: str,
    suite: Path,
    log: Path,
    runner: Runner | None = None,
    told: Mapping[str, str] | None = None,
    known: Mapping[str, str] | None = None,
) -> Gate:
    """Run the suite, an absolute path, by pytest against `base_url`; its output goes to `log`.

    The suite has LIMIT_S seconds; a server that lets it hang fails. `told`: see `told_of`.
    `known`: faults of the server, in words, by the test that shows each.
    """
    report, runner = log.with_suffix(".xml"), runner or Runner()
    argv = [
        *runner.line(suite), "--base-url", base_url, "-q", "-p", "no:cacheprovider",
        f"--junitxml={report.absolute()}",
    ]  # fmt: skip
    env = _environment(runner) | dict(told or {})
    async with keep(argv, log=log, env=env, cwd=runner.folder) as suite_run:
        try:
            async with asyncio.timeout(LIMIT_S):
                status = await suite_run.wait()
        except KeeperError as error:
            return Gate(profile, error=f"the suite did not finish: {error}")
        except TimeoutError:
            return Gate(profile, error=f"the suite did not end in {LIMIT_S:.0f} s, see {log.name}")
    tests = tuple(_explained(test, runner, known or {}) for test in _tests(report))
    if not tests or status not in _TOLD_BY_TESTS:
        said = " ".join(tail(log, 1))
        return Gate(
            profile,
            tests=tests,
            error=f"the suite did not finish (pytest exit status {status}: {said}), see {log.name}",
        )
    return Gate(profile, tests=tests)


async def gated(
    ready: Prepared,
    every: Sequence[Candidate],
    context: RunContext,
    known: Iterable[Gate],
    progress: ProgressListener,
) -> tuple[list[Candidate], set[str]]:
    """Gate every server but those whose gate is known; who passed, and the names of who failed.

    A twin is gated as what it is the twin of; a server that cannot be had has failed.
    """
    wanted = ready.wanted
    found = {gate.profile: gate for gate in known}
    for name, why in ready.refused.items():
        if name not in found:
            found[name] = Gate(name, error=why)
            context.journal.write(found[name])
            progress.server_failed(name, why)
    missing = [
        each for each in every if each.profile is not wanted.twin and each.profile.name not in found
    ]
    for fresh in await _gate_all(ready, missing, context.logs, progress):
        context.journal.write(fresh)
        found[fresh.profile] = fresh
    failed = {name for name, gate in found.items() if not gate.passed}
    skipped = {name for name, gate in found.items() if gate.skipped}
    sound = [
        replace(each, gated=name not in skipped)
        for each in every
        if (name := _gated_as(each.profile, wanted)) not in failed
    ]
    return sound, failed


def _gated_as(profile: Profile, wanted: RunRequest) -> str:
    """Whose gate speaks for a profile."""
    return wanted.baseline if profile is wanted.twin else profile.name


async def _gate_all(
    ready: Prepared, candidates: Sequence[Candidate], logs: Path, progress: ProgressListener
) -> list[Gate]:
    """Put every server through the suite, a few at once; in the order of the candidates."""
    wanted = ready.wanted
    if wanted.suite is None and candidates:
        progress.note(_no_gate(wanted))
    places = asyncio.Semaphore(1 if wanted.settings.alone else GATES_AT_ONCE)

    async def gated(candidate: Candidate) -> Gate:
        suite = wanted.suite_of(candidate.profile)
        if suite is None:
            return Gate(candidate.profile.name, skipped=True)
        async with places:
            progress.phase(f"gate: {candidate.profile.name}")
            found = await _started_and_gated(ready, candidate, suite, logs, progress)
            if not found.passed:
                progress.server_failed(found.profile, f"failed its gate: {_why(found)}")
            return found

    return await gather_all(gated(candidate) for candidate in candidates)


def _no_gate(wanted: RunRequest) -> str:
    """What the absence of a gate means."""
    if wanted.settings.check is Check.ANSWERS:
        return (
            f"no gate: of each server what {wanted.baseline} answered before the load is demanded."
        )
    return "no gate (--tests none): nothing shows that these servers respond correctly."


async def _started_and_gated(
    ready: Prepared, candidate: Candidate, suite: Path, logs: Path, progress: ProgressListener
) -> Gate:
    """Start one server for the suite alone: what it leaves in the store is not measured."""
    wanted, profile = ready.wanted, candidate.profile
    runner = _runner(ready, candidate)
    try:
        async with launch(
            profile,
            candidate.environment,
            candidate.app,
            log=logs / f"{profile.slug}.log",
            workers=wanted.settings.workers,
            deadline_s=wanted.start_limit_s,
            readiness=wanted.readiness,
            on_wait=lambda what: progress.waiting(profile.name, what),
        ) as server:
            log = logs / f"{profile.slug}.gate.log"
            told, known = told_of(profile), profile.faults if suite == SUITE else {}
            return await gate(profile.name, server.url, suite, log, runner, told, known)
    except LaunchError as error:
        return Gate(profile.name, error=error.of_itself)


def _runner(ready: Prepared, candidate: Candidate) -> Runner:
    """What a suite is run by: the user's in its project, with the app's packages beside ours."""
    environment = ready.suites.get(candidate.profile.name)
    if environment is None:
        return Runner()
    return Runner(environment.python, candidate.app.directory)


def _why(found: Gate) -> str:
    if found.error is not None:
        return found.error
    broken = [test for test in found.tests if test.keeps_out]
    if not broken:
        return "no test"
    first = broken[0]
    message = first.message.partition("\n")[0]
    return f"{len(broken)} of {len(found.tests)} tests, first {first.name}: {message}"


def _environment(runner: Runner) -> dict[str, str]:
    """This program's own, without what would make pytest reconfigure itself or start slowly.

    The user's suite imports from its project, and nothing of this program.
    """
    dropped = {
        "FORCE_COLOR",
        "PY_COLORS",
        "PYTEST_ADDOPTS",
        "PYTEST_XDIST_WORKER",
        "PYTHONDONTWRITEBYTECODE",
    }
    if runner.folder is not None:
        dropped |= {"PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    return {name: value for name, value in os.environ.items() if name not in dropped}


def _tests(report: Path) -> tuple[GateTest, ...]:
    """What pytest's JUnit report says of each test; empty where there is no report."""
    try:
        root = ET.parse(report).getroot()  # noqa: S314 - written by our own child
    except (FileNotFoundError, ET.ParseError):
        return ()
    return tuple(_test(case) for case in root.iter("testcase") if case.find("skipped") is None)


def _explained(test: GateTest, runner: Runner, known: Mapping[str, str]) -> GateTest:
    """Advice on a module that the user's suite imports and that is not installed; known faults."""
    if not test.passed and test.name in known:
        return replace(test, known_fault=known[test.name])
    if runner.folder is None or _NOT_THERE.search(test.message) is None:
        return test
    return replace(test, message=f"{test.message}{_MEND}")


def _test(case: ET.Element) -> GateTest:
    name = case.get("name", "?")
    for kind in ("failure", "error"):
        problem = case.find(kind)
        if problem is not None:
            message = problem.get("message")
            if message in (None, "", "collection failure"):  # the reason is in the text
                message = (problem.text or kind).strip().splitlines()[-1]
            lines = message.strip().splitlines()
            return GateTest(name, passed=False, message="\n".join(lines[:_MESSAGE_LINES]))
    return GateTest(name, passed=True)
