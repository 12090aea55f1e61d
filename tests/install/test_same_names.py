"""Projects whose packages have the names of this repository's: most of FastAPI have an `app`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from bench.run.before_load.gate import Runner
from bench.run.request.resolve import SUITE
from bench.system.repository import ROOT
from servers import catalogue
from servers.apps.app import App, StartFolder, items_app
from servers.asking.probe import get
from servers.asking.readiness_request import Question
from servers.environments.cache import build
from servers.launch import launch
from servers.readiness import AnswerReadiness

THEIRS: Final = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"theirs"})
"""
WORKLOAD: Final = """
import httpx
from bench.workload import Checked, Exchange
from tests.prices import PRICE

def exchanges(base_url):
    from app.names import NAME
    yield Exchange(httpx.Request("GET", base_url), Checked(lambda r: f"{NAME} {PRICE}"))
"""
LOAD_IT: Final = """
import sys, httpx
from bench.workloads.loading import load_workload

[exchange] = load_workload(sys.argv[1]).function(httpx.URL("http://x"))
print(exchange.answer.fault(httpx.Response(200)))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an `app.main:app` and tests of its own."""
    files = {
        "app/__init__.py": "",
        "app/main.py": THEIRS,
        "app/names.py": 'NAME = "theirs"\n',
        "tests/__init__.py": "",
        "tests/prices.py": "PRICE = 3\n",
        "load.py": WORKLOAD,
    }
    for name, text in files.items():
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "project"


@pytest.mark.parametrize("place", StartFolder)
async def test_theirs_is_measured(project: Path, place: StartFolder, tmp_path: Path) -> None:
    """Their `app.main:app` is what is started, wherever it is started."""
    profile = catalogue.builtin()["uvicorn"]
    theirs = App("app.main:app", None, project, place=place)
    environment = await build(profile, theirs)
    readiness = AnswerReadiness(Question("/"))
    log = tmp_path / "log"
    async with launch(profile, environment, theirs, log=log, readiness=readiness) as server:
        answer = await get(server.address, Question("/"))
        assert not isinstance(answer, str)
        assert answer.body == b"theirs"


async def test_ours_is_measured(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The items app is what is started, in whatever folder the command is given."""
    monkeypatch.chdir(project)
    profile = catalogue.builtin()["uvicorn"]
    environment = await build(profile, items_app())
    async with launch(profile, environment, items_app(), log=tmp_path / "log") as server:
        answer = await get(server.address, Question("/items/1"))
        assert not isinstance(answer, str)
        assert b'"item 1"' in answer.body


def test_their_modules_are_their_workloads(project: Path) -> None:
    """A workload imports its own project's `app` and `tests`, now and when it is called."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOAD_IT, str(project / "load.py")],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "theirs 3\n"


def test_their_settings_are_not_our_suites(project: Path) -> None:
    """The gate of the items app reads no settings and modules of the folder it is called in.

    Nor does it load plugins that it does not need.
    """
    (project / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", encoding="utf-8")
    (project / "conftest.py").write_text("raise SystemExit('theirs')\n", encoding="utf-8")
    (project / "httpx.py").write_text("raise SystemExit('theirs')\n", encoding="utf-8")
    line = [*Runner().line(SUITE), "--collect-only", "-p", "no:cacheprovider"]
    done = subprocess.run(line, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (plugins,) = re.findall(r"^plugins: (.*)", done.stdout, re.MULTILINE)
    assert [each.rpartition("-")[0] for each in sorted(plugins.split(", "))] == [
        "anyio",
        "base-url",
    ]
