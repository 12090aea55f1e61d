"""Servers that start in the project's folder, in copies of it, and in empty ones."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from servers import catalogue
from servers.apps.app import App, StartFolder, items_app
from servers.asking.probe import get
from servers.asking.probe_answer import ProbeAnswer
from servers.asking.readiness_request import Question
from servers.environments.cache import build
from servers.environments.environment import Environment
from servers.launch import launch
from servers.profile import Interface, Profile
from servers.readiness import AnswerReadiness
from servers.server import Server

ENVIRONMENT = Environment(Path(sys.prefix), {})
PROFILE = Profile(
    "own",
    Interface.ASGI,
    "Own",
    argv=("{python}", "main.py", "data/words.txt"),
    env={"PORT": "{port}", "STARTED_IN": "{cwd}"},
)
MAIN = """
import http.server, json, os, pathlib, sqlite3, sys, tempfile
import shop

words = pathlib.Path(sys.argv[1]).read_text()
store = sqlite3.connect("shop.db")
store.execute("create table sold (item)")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with store:
            store.execute("insert into sold values (1)")
        sold = store.execute("select count(*) from sold").fetchone()[0]
        facts = {"cwd": os.getcwd(), "told": os.environ["STARTED_IN"], "words": words, "sold": sold,
                 "code": shop.__file__, "tmp": tempfile.gettempdir(), "home": os.environ["HOME"],
                 "n": os.environ.get("SHOP_NAME")}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(facts).encode())
    def log_message(self, *_): ...

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
ASGI = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A program with a module, data, and a store that it makes where it is started."""
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "words.txt").write_text("words", encoding="utf-8")
    (folder / "main.py").write_text(MAIN, encoding="utf-8")
    (folder / "shop.py").touch()
    return folder


def launching(project: Path, place: StartFolder, profile: Profile = PROFILE) -> Any:
    """A server that is about to start there."""
    app = App("main:app", None, project, place=place, file_env={"SHOP_NAME": "{port}"})
    log = project.parent / "logs" / "log"
    return launch(profile, ENVIRONMENT, app, log=log, readiness=AnswerReadiness(Question("/")))


async def facts(server: Server) -> dict[str, Any]:
    """What a server says of itself."""
    found = await get(server.address, Question("/"), 10.0)
    assert isinstance(found, ProbeAnswer)
    told: dict[str, Any] = json.loads(found.body)
    return told


def gone(folder: str) -> bool:
    """Whether a folder is there no more."""
    return not Path(folder).exists()


def files(folder: Path) -> set[str]:
    """All that is below a folder, but for what Python itself keeps."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in found if "__pycache__" not in name}


async def test_in_the_projects_folder(project: Path) -> None:
    """`python main.py` and what it reads mean what they mean there; nothing of ours is left."""
    before = files(project)
    async with launching(project, StartFolder.PROJECT) as server:
        told = await facts(server)
    assert told["cwd"] == told["told"] == str(project)
    assert told["words"] == "words"
    assert told["n"] == "{port}"
    assert told["tmp"] == told["home"]
    assert not Path(told["tmp"]).is_relative_to(project)
    assert gone(told["tmp"])
    assert files(project) - before == {"shop.db"}


async def test_copies_are_each_servers_own(project: Path) -> None:
    """Two live at once, each with the store that it makes; all is from the copy, and goes."""
    before = files(project)
    async with AsyncExitStack() as stack:
        servers = await asyncio.gather(
            *(stack.enter_async_context(launching(project, StartFolder.COPY)) for _ in range(2))
        )
        told = [await facts(server) for server in servers]
    assert len({each["cwd"] for each in told}) == 2
    assert [each["words"] for each in told] == ["words", "words"]
    assert [each["sold"] for each in told] == [2, 2]  # asked whether it is ready, too
    for each in told:
        folder = Path(each["cwd"])
        assert each["told"] == each["cwd"]
        assert Path(each["code"]).parent == folder
        assert not Path(each["tmp"]).is_relative_to(folder)
        assert gone(each["cwd"])
    assert files(project) == before


@pytest.mark.parametrize("name", ["gunicorn", "gunicorn-asgi"])
async def test_gunicorn_is_run_by_its_launch_line_alone(tmp_path: Path, name: str) -> None:
    """A gunicorn.conf.py of the project would change it unseen."""
    (tmp_path / "gunicorn.conf.py").write_text("raise SystemExit('not mine')", encoding="utf-8")
    (tmp_path / "main.py").write_text(ASGI, encoding="utf-8")
    profile = catalogue.builtin()[name]
    app = replace(items_app(), asgi="main:app", directory=tmp_path, place=StartFolder.PROJECT)
    environment = await build(profile, app)
    ready = AnswerReadiness(Question("/"))
    async with launch(profile, environment, app, log=tmp_path / "log", readiness=ready) as server:
        assert server.alive


async def test_an_empty_folder(project: Path) -> None:
    """Modules are found in the project, files are not, and the store goes with the folder."""
    profile = Profile(
        "own", Interface.ASGI, "Own",
        argv=("{python}", f"{project}/main.py", f"{project}/data/words.txt"), env=PROFILE.env,
    )  # fmt: skip
    before = files(project)
    async with launching(project, StartFolder.EMPTY, profile) as server:
        told = await facts(server)
    assert Path(told["code"]) == project / "shop.py"
    assert told["cwd"] == told["tmp"]
    assert files(project) == before
