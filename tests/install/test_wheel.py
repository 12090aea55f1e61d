"""A wheel in an environment of its own, used in a folder that has no checkout."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import httpx
import pytest

from bench.system.repository import ROOT
from servers.environments.uv import find_uv
from servers.ports import free_port

pytestmark = pytest.mark.long

LIMIT_S: Final = 300.0
MAIN: Final = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"theirs"})
"""
LOAD: Final = """
import httpx
from app.answer import ANSWER
from bench.workload import Checked, Exchange


def exchanges(base_url):
    right = Checked(lambda answer: None if answer.text == ANSWER else answer.text)
    yield Exchange(httpx.Request("GET", base_url), right)
"""
WITHOUT: Final = ("--no-selftest", "--not-against-itself", "--format", "md,csv")
SHORT: Final = ("--servers", "uvicorn", "--rounds", "1", "--budget", "8s", *WITHOUT)
REGRESS: Final = ("--rounds", "2", "--budget", "15s", "--no-selftest", "--tests", "none")


def ran(
    *argv: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [str(word) for word in argv],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip


class Installed:
    """The program where it is installed, and a project of somebody's."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.venv = self.project / ".venv"
        self.program = self.venv / "bin" / "weighbridge"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL_ENV"))
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Give a command in the project's folder."""
        return ran(self.program, *arguments, cwd=self.project, env=self.environment)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    done = ran(find_uv("the wheel"), "build", "--wheel", ROOT, "--out-dir", folder, cwd=folder)
    assert done.returncode == 0, done.stderr
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install it within a repository that is not ours, where all has the names that we use."""
    made = Installed(tmp_path_factory.mktemp("installed"))
    files = {
        "app/__init__.py": "",
        "app/main.py": MAIN,
        "app/answer.py": 'ANSWER = "theirs"\n',
        "load.py": LOAD,
        "pytest.ini": "[pytest]\naddopts = --no-such-option\n",
        "bench/__init__.py": "raise SystemExit('theirs')\n",
        "servers/__init__.py": "raise SystemExit('theirs')\n",
    }
    for name, text in files.items():
        file = made.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
    uv, pins = find_uv("the wheel"), ROOT / "requirements" / "bench.txt"
    for argv in (
        (*git, "init", "-q"),
        (*git, "add", "."),
        (*git, "commit", "-q", "-m", "Theirs"),
        (uv, "venv", "--no-project", "--python", sys.executable, made.venv),
        (uv, "pip", "install", "--python", made.venv, "--constraint", pins, wheel),
    ):
        done = ran(*argv, cwd=made.project, env=made.environment)
        assert done.returncode == 0, done.stderr
    return made


def test_it_is_one_package(wheel: Path) -> None:
    """Nothing of a wheel stands beside the packages of others but one folder, and what it is."""
    with ZipFile(wheel) as packed:
        tops = {name.partition("/")[0] for name in packed.namelist()}
        assert not [name for name in packed.namelist() if name.endswith(".pyc")]
    assert {top for top in tops if not top.endswith(".dist-info")} == {"weighbridge"}


def test_in_editable_form_it_is_the_checkout(tmp_path: Path) -> None:
    """No copy of it is installed, which would be older after the next change."""
    uv, venv = find_uv("the wheel"), tmp_path / "venv"
    for argv in (
        (uv, "venv", "--no-project", "--python", sys.executable, venv),
        (uv, "pip", "install", "--python", venv, "--no-deps", "--editable", ROOT),
    ):
        done = ran(*argv, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    [package] = venv.glob("lib/python*/site-packages/weighbridge")
    assert {file.name for file in package.iterdir()} == {"__init__.py"}


def test_items_app_is_measured(installed: Installed) -> None:
    """The app that came with the program, gated by its suite; the commit is nobody else's."""
    done = installed.run("run", "--quick", *SHORT, "--out", "r")
    assert done.returncode == 0, done.stderr
    run = installed.project / "r"
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"][:2] == ["weighbridge", "run"]
    assert manifest["commit"] is None
    report = (run / "report.md").read_text(encoding="utf-8")
    assert "get_item" in report

    again = installed.run("report", "r", "--format", "md")
    assert again.returncode == 0, again.stderr
    assert (run / "report.md").read_text(encoding="utf-8") == report


def test_their_app_of_the_same_name_is_measured(installed: Installed) -> None:
    """`app.main:app` is what that is in the folder where the command is given."""
    done = installed.run(
        "run", "--app", "app.main:app", "--requirements", "none", "--tests", "none",
        "--workload", "load.py", *SHORT, "--out", "own",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "theirs" not in done.stdout
    assert (installed.project / "own" / "summary.csv").exists()


def test_regress(installed: Installed) -> None:
    """Two sides of the items app are measured and decided on."""
    words = ("--base", "bare", "--head", "cache=lru", "--tolerance", "50%", "--out", "regress")
    done = installed.run("regress", *words, *REGRESS)
    assert done.returncode == 0, done.stderr + done.stdout
    assert (installed.project / "regress" / "regression.json").exists()


@pytest.fixture
def served(installed: Installed, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The API, served by the installed program; its URL and its log."""
    port, log = free_port("127.0.0.1"), tmp_path / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [installed.program, "serve", "uvicorn", "--port", str(port)],
            cwd=installed.project, env=installed.environment, stdout=output, stderr=output,
        ) as server,
    ):  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}", log
        finally:
            server.send_signal(signal.SIGTERM)


def test_serve(served: tuple[str, Path]) -> None:
    """The items app answers, and not theirs of that name."""
    url, log = served
    transport = httpx.HTTPTransport(retries=9)  # for as long as its environment may be built
    with httpx.Client(transport=transport, trust_env=False) as client:
        assert client.get(f"{url}/items/1").json()["name"] == "item 1", log.read_text()
