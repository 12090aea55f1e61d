"""The gate: the functional suite against one running server, before any load."""

import asyncio
import os
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from bench.facts.server import Gate, GateTest
from bench.system.repository import ROOT
from servers.errors import KeeperError
from servers.keep import keep
from servers.logs import tail

LIMIT_S: Final = 120.0
_NOT_THERE: Final = re.compile(r"No module named '[\w.]+'")
_MEND: Final = (
    "; the suite has the app's packages, pytest, pytest-base-url, httpx and anyio: add what else "
    "it imports to --requirements, or choose its --group or --extra"
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
        project where this program is installed: pytest would read that of whoever installed it.
        """
        if self.folder is not None:
            return [str(self.python), "-m", "pytest", str(suite), "-o", "addopts="]
        options = ("-c", os.devnull, f"--rootdir={suite.parent}", "-o", "anyio_mode=auto")
        ours = suite.is_relative_to(ROOT)
        return [str(self.python), "-P", "-m", "pytest", str(suite), *(options if ours else ())]


async def gate(
    profile: str, base_url: str, suite: Path, log: Path, runner: Runner | None = None
) -> Gate:
    """Run the suite, an absolute path, by pytest against `base_url`; its output goes to `log`.

    The suite has LIMIT_S seconds; a server that lets it hang fails.
    """
    report, runner = log.with_suffix(".xml"), runner or Runner()
    argv = [
        *runner.line(suite), "--base-url", base_url, "-q", "-p", "no:cacheprovider",
        f"--junitxml={report.absolute()}",
    ]  # fmt: skip
    async with keep(argv, log=log, env=_environment(runner), cwd=runner.folder) as suite_run:
        try:
            async with asyncio.timeout(LIMIT_S):
                status = await suite_run.wait()
        except KeeperError as error:
            return Gate(profile, error=f"the suite was not run to its end: {error}")
        except TimeoutError:
            return Gate(profile, error=f"the suite did not end in {LIMIT_S:.0f} s, see {log.name}")
    tests = tuple(_explained(test, runner) for test in _tests(report))
    if not tests or status not in _TOLD_BY_TESTS:
        said = " ".join(tail(log, 1))
        return Gate(
            profile,
            tests=tests,
            error=f"the suite was not run to its end (pytest's exit {status}: {said}), "
            f"see {log.name}",
        )
    return Gate(profile, tests=tests)


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


def _explained(test: GateTest, runner: Runner) -> GateTest:
    """Advice on a module that the user's suite imports and that is not installed."""
    if runner.folder is None or _NOT_THERE.search(test.message) is None:
        return test
    return replace(test, message=f"{test.message}{_MEND}")


def _test(case: ET.Element) -> GateTest:
    name = case.get("name", "?")
    for kind in ("failure", "error"):
        trouble = case.find(kind)
        if trouble is not None:
            message = trouble.get("message")
            if message in (None, "", "collection failure"):  # the reason is in the text
                message = (trouble.text or kind).strip().splitlines()[-1]
            lines = message.strip().splitlines()
            return GateTest(name, passed=False, message="\n".join(lines[:_MESSAGE_LINES]))
    return GateTest(name, passed=True)
