"""Apps that a function makes: the module in between, and that every server takes it."""

import os
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from servers import catalogue
from servers.apps.app import App, items_app
from servers.apps.factory import MODULE, import_string, write_module
from servers.command import Address, LaunchPlan, launch_line, scrubbed
from servers.environments.cache import build
from servers.environments.environment import Environment
from servers.folders import Folders
from servers.launch import launch
from servers.profile import Interface, Profile
from servers.server import StopKind
from tests.everyday import few_of

BUILTIN = catalogue.builtin()
DEADLINE_S = 60.0  # For a machine that is busy with other tests.
ADDRESS = Address("127.0.0.1", 4242)
FOLDERS = Folders(start=Path("/start"), code=Path("/shop"), home=Path("/home"))
PROFILE = Profile("x", Interface.ASGI, "X", argv=("x", "{app}"))
ENVIRONMENT = Environment(Path("/envs/e"), {})

SHOP = """
import json, os
from . import words

def body():
    return json.dumps({"status": words.STATUS, "pid": os.getpid()}).encode()

def create():
    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body()})
    return app

class Wsgi:
    @staticmethod
    def create():
        def application(environ, start_response):
            found = body()
            start_response("200 OK", [("Content-Length", str(len(found)))])
            return [found]
        return application
"""


def test_a_server_is_given_something_to_import() -> None:
    """What is an app already is left as it is."""
    assert import_string("shop.main:app") == "shop.main:app"
    assert import_string("shop.main:create()") == f"{MODULE}:app"
    app = App("shop.main:create()", None, Path("/shop"))
    plan = LaunchPlan(PROFILE, ENVIRONMENT, app, ADDRESS, FOLDERS)
    assert launch_line(plan) == ["x", f"{MODULE}:app"]


def test_it_is_found_in_the_folder_of_the_server_and_the_app_in_its_own() -> None:
    """The first of them is in no other server's way."""
    app = App("shop.main:create()", None, Path("/shop"))
    plan = LaunchPlan(PROFILE, ENVIRONMENT, app, ADDRESS, FOLDERS)
    env = scrubbed(plan)
    assert env["PYTHONPATH"] == f"/home{os.pathsep}/shop"
    plain = replace(app, asgi="shop.main:app")
    assert scrubbed(replace(plan, app=plain))["PYTHONPATH"] == "/shop"


@pytest.mark.parametrize(
    ("target", "made"), [("json:JSONDecoder()", "JSONDecoder"), ("os:environ.copy()", "dict")]
)
def test_the_module_calls_it(target: str, made: str, tmp_path: Path) -> None:
    """Also where it is an attribute of something."""
    write_module(target, tmp_path)
    found = runpy.run_path(str(tmp_path / f"{MODULE}.py"))
    assert type(found["app"]).__name__ == made


def test_no_module_for_an_app_that_is_there(tmp_path: Path) -> None:
    """Its server's folder is empty."""
    write_module("shop.main:app", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("profile", few_of(BUILTIN, {"uvicorn", "gunicorn"}))
async def test_under_every_server(profile: Profile, tmp_path: Path) -> None:
    """A package with relative imports; in two workers where there can be two."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "__init__.py").touch()
    (shop / "words.py").write_text("STATUS = 'ok'\n", encoding="utf-8")
    (shop / "main.py").write_text(SHOP, encoding="utf-8")
    app = replace(
        items_app(),  # for its packages: their environments are there
        asgi="shop.main:create()",
        wsgi="shop.main:Wsgi.create()",
        directory=tmp_path,
    )
    environment = await build(profile, app)
    workers = 2 if profile.scales else 1
    log = tmp_path / "log"
    async with launch(
        profile, environment, app, log=log, workers=workers, deadline_s=DEADLINE_S
    ) as server:
        assert len(server.answering) == workers
    assert server.ending is not None
    assert server.ending.how is StopKind.DRAINED, server.tail()
