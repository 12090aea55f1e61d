"""What several tests of servers/ need: a fake server's profile, and waiting without sleeping."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from servers.apps.app import App
from servers.environments.environment import Environment
from servers.profile import Interface, Profile

FAKE_SERVER = Path(__file__).with_name("fake_server.py")


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Stand in for an app: the fake server imports none."""
    return App(asgi="some.module:app", wsgi=None, directory=tmp_path)


@pytest.fixture
def environment() -> Environment:
    """Take the interpreter that runs the tests."""
    return Environment(Path(sys.prefix), {})


@pytest.fixture
def fake() -> Callable[..., Profile]:
    """Make the profile of a fake server with a behaviour."""

    def make(behaviour: str = "good", *arguments: str, **env: str) -> Profile:
        line = ("{python}", "-I", "-S", str(FAKE_SERVER), "{host}", "{port}", "{workers}")
        return Profile(
            name=f"fake-{behaviour}",
            interface=Interface.ASGI,
            title="fake",
            argv=(*line, behaviour, *arguments),
            env=env,
        )

    return make
