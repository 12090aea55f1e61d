"""From a profile to a launch line and an environment."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from servers.apps.app import App
from servers.command import Address, LaunchPlan, launch_line, profile_env, scrubbed
from servers.environments.environment import Environment
from servers.errors import ProfileError
from servers.folders import Folders
from servers.profile import PLACEHOLDERS, Interface, Profile

PROFILE = Profile(
    name="x",
    interface=Interface.ASGI,
    title="X",
    argv=(
        "{python}",
        "{bin}/x",
        "-b",
        "{host}:{port}",
        "-w{workers}",
        "{app}",
        "{dir}/c",
        "{cwd}/d",
        "{a b}",
    ),
    env={"WHERE": "{dir}/{port}"},
    directory=Path("/profiles"),
)
ENVIRONMENT = Environment(Path("/envs/e"), {})
APP = App(asgi="main:app", wsgi=None, directory=Path("/src"))
ADDRESS = Address("127.0.0.1", 4242)
FOLDERS = Folders(start=Path("/start"), code=Path("/src"), home=Path("/home"))
PLAN = LaunchPlan(PROFILE, ENVIRONMENT, APP, ADDRESS, FOLDERS)


def test_placeholders_are_filled_in() -> None:
    """All of them, inside an argument too; other braces stay."""
    expected = [
        "/envs/e/bin/python",
        "/envs/e/bin/x",
        "-b",
        "127.0.0.1:4242",
        "-w3",
        "main:app",
        "/profiles/c",
        "/start/d",
        "{a b}",
    ]
    assert expected == launch_line(replace(PLAN, workers=3))


def test_other_words_in_braces_of_an_apps_variable_are_its_own() -> None:
    """Even those that stand for something in a profile: a log's format may have them."""
    app = replace(APP, env={"LOG_FORMAT": "{host} {app} {message}"})
    assert profile_env(replace(PLAN, app=app))["LOG_FORMAT"] == "{host} {app} {message}"


def test_each_server_has_a_number_and_a_spare_port() -> None:
    """In its variables, in the app's, and in its line; what else stands in braces is the app's."""
    profile = replace(PROFILE, argv=("x", "{n}", "{free_port}"), env={"A": "{n}"}, number=2)
    app = replace(APP, env={"METRICS_PORT": "{free_port}", "JSON": '{"a": {b}}'})
    address = replace(ADDRESS, spare_port=5555)
    plan = replace(PLAN, profile=profile, app=app, address=address)
    assert launch_line(plan) == ["x", "2", "5555"]
    expected = {"A": "2", "METRICS_PORT": "5555", "JSON": '{"a": {b}}'}
    assert profile_env(plan) == expected


def test_one_worker_only() -> None:
    """A server without workers refuses several rather than run one in silence."""
    single = replace(PROFILE, argv=("x", "{app}"))
    assert launch_line(replace(PLAN, profile=single)) == ["x", "main:app"]
    with pytest.raises(ProfileError, match="'x' runs one worker and 2 were requested"):
        launch_line(replace(PLAN, profile=single, workers=2))


def test_scrubbed_environment() -> None:
    """These variables and no others: what is set around the harness changes no server."""
    expected = {
        "PATH": f"/envs/e/bin{os.pathsep}{os.defpath}",
        "HOME": "/home",
        "TMPDIR": "/home",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": "/src",
        "PYTHONUNBUFFERED": "1",
        "WHERE": "/profiles/4242",
    }
    assert expected == scrubbed(PLAN)


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_placeholders_mean_the_same_in_variables(placeholder: str) -> None:
    """Each of them, in what a measured server is given: `PORT = "{port}"`, for one."""
    text = f"<{{{placeholder}}}>"
    profile = replace(PROFILE, argv=(text, "{workers}"), env={"FOUND": text})
    [in_line, _] = launch_line(replace(PLAN, profile=profile, workers=3))
    env = scrubbed(replace(PLAN, profile=profile, workers=3))
    assert env["FOUND"] == in_line
    assert "{" not in in_line


def test_the_apps_own_modules_are_found_first() -> None:
    """What was given as PYTHONPATH comes after them, and does not take its place."""
    app = replace(APP, env={"PYTHONPATH": "lib"})
    env = scrubbed(replace(PLAN, app=app))
    assert env["PYTHONPATH"] == f"/src{os.pathsep}lib"


def test_profile_env_is_filled_in() -> None:
    """What the profile itself sets."""
    assert profile_env(PLAN) == {"WHERE": "/profiles/4242"}


def test_variables_of_files_are_taken_as_they_stand() -> None:
    """They are written for the app, which may have a use of its own for braces."""
    app = replace(APP, env={"A": "given"}, file_env={"A": "of a file", "LINE": "{host} {port}"})
    found = profile_env(replace(PLAN, profile=replace(PROFILE, env={}), app=app))
    assert found == {"A": "given", "LINE": "{host} {port}"}


def test_what_the_app_needs_is_in_the_environment() -> None:
    """The profile's own comes over it: it is nearer to the server."""
    app = replace(APP, env={"SHOP_CURRENCY": "EUR", "WHERE": "elsewhere"})
    found = profile_env(replace(PLAN, app=app))
    assert found == {"SHOP_CURRENCY": "EUR", "WHERE": "/profiles/4242"}
