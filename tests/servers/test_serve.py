"""Serving for a person: the line, what it needs, and what cannot be had."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from servers import catalogue
from servers.apps.app import App
from servers.apps.settings import app_settings, with_settings
from servers.command import Address, LaunchPlan
from servers.environments.environment import Environment
from servers.errors import ProfileError
from servers.folders import Folders
from servers.profile import Interface, Profile, Serve
from servers.serve import Reload, serve_argv, serve_env, serving, shared_store

PROFILE = Profile(
    name="x",
    interface=Interface.ASGI,
    title="X",
    argv=("x", "{app}", "{workers}"),
    requires=("x==1",),
    env={"A": "{port}"},
    serve=Serve(("x", "{app}", "--log", "-w", "{workers}"), ("--reload",), ("watch==2",)),
)
ENVIRONMENT = Environment(Path("/envs/e"), {})
APP = App(asgi="main:app", wsgi=None, directory=Path("/src"))
FOLDERS = Folders(start=Path("/src"), code=Path("/src"), home=Path("/home"))
PLAN = LaunchPlan(PROFILE, ENVIRONMENT, APP, Address("::1", 80), FOLDERS)


def test_serving_has_its_own_line_and_needs() -> None:
    """What reloads is installed for serving only."""
    served = serving(PROFILE, Reload.ON)
    assert served.argv == ("x", "{app}", "--log", "-w", "{workers}", "--reload")
    assert served.requires == ("x==1", "watch==2")
    assert "--reload" not in serving(PROFILE).argv


def test_without_a_line_for_serving() -> None:
    """The line that is measured serves too."""
    assert serving(replace(PROFILE, serve=None)).argv == PROFILE.argv


def test_serve_argv() -> None:
    """Filled in as for a launch."""
    argv = serve_argv(replace(PLAN, workers=2))
    assert argv == ["x", "main:app", "--log", "-w", "2"]


def test_serve_env(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's own variables stay: it is their server."""
    monkeypatch.setenv("DATABASE", "mine")
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    env = serve_env(PLAN)
    assert (env["DATABASE"], env["A"]) == ("mine", "80")
    assert env["PYTHONPATH"] == f"/src{os.pathsep}/theirs"
    assert env["PATH"].startswith(f"/envs/e/bin{os.pathsep}")


def test_settings_of_the_app_are_in_the_environment() -> None:
    """Over the person's own."""
    profile = with_settings(PROFILE, app_settings(["cache=lru"], own_app=False))
    env = serve_env(replace(PLAN, profile=profile))
    assert env["ITEMS_CACHE"] == "lru"


def test_a_shared_store_is_a_fresh_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its whole path: every worker finds the same file."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stores = {shared_store(), shared_store()}
    assert len(stores) == 2
    assert all(store.startswith(f"sqlite:///{tmp_path}/") for store in stores)


def test_server_that_cannot_reload() -> None:
    """Those that can are named."""
    with pytest.raises(ProfileError) as caught:
        serving(catalogue.builtin()["daphne"], Reload.ON)
    message = str(caught.value)
    assert message.startswith("server 'daphne' cannot reload; those that can: ")
    assert "uvicorn" in message


def test_server_of_somebody_else() -> None:
    """It cannot be started here."""
    with pytest.raises(ProfileError, match="'far' is run externally at http://h:1"):
        serving(Profile("far", Interface.ASGI, "Far", url="http://h:1"))


@pytest.mark.parametrize("profile", catalogue.builtin().values(), ids=catalogue.builtin())
def test_builtin_profiles_say_how_they_serve(profile: Profile) -> None:
    """With several workers where they have any."""
    assert profile.serve is not None
    app = App("a:b", "c:d", Path("/src"))
    address = Address("127.0.0.1", 8000)
    argv = serve_argv(LaunchPlan(profile, ENVIRONMENT, app, address, FOLDERS))
    assert any("8000" in argument for argument in argv)
    assert profile.scales == any("{workers}" in argument for argument in profile.serve.argv)
