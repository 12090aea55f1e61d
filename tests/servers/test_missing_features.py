"""What a server lacks that an app needs is told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from servers.apps.app import App
from servers.apps.missing_features import notes, possible_cause
from servers.environments.environment import Environment
from servers.errors import LaunchError
from servers.launch import launch
from servers.profile import Interface, Lack, Profile

DAPHNE = Profile(
    "daphne", Interface.ASGI, "Daphne", argv=("x",), lacks=(Lack.LIFESPAN, Lack.CLOSE_CODES)
)
UWSGI = Profile(
    "uwsgi", Interface.WSGI, "uWSGI", argv=("x",), lacks=(Lack.LIFESPAN, Lack.WEBSOCKET)
)
UVICORN = Profile("uvicorn", Interface.ASGI, "uvicorn", argv=("x",))


def test_what_the_app_has_and_a_server_lacks_is_told_at_once() -> None:
    """In a line for each part, and nothing of what the app does not have."""
    every = (DAPHNE, UVICORN, UWSGI)
    assert notes(every, set()) == []
    assert notes((UVICORN,), set(Lack)) == []
    assert notes(every, {Lack.LIFESPAN, Lack.WEBSOCKET}) == [
        "the app's startup does not run under daphne and uwsgi: no lifespan support",
        "the app's WebSockets cannot be reached under uwsgi: no WebSocket support",
        "no WebSocket of the app is closed with a code from 1001 to 2999 under daphne",
    ]


@pytest.mark.parametrize(
    ("profile", "asgi", "expected"),
    [(DAPHNE, "a:b", 1), (UVICORN, "a:b", 0), (UWSGI, "a:b", 1), (UWSGI, None, 0)],
)
def test_it_may_be_why_a_server_failed(
    profile: Profile, asgi: str | None, expected: int, tmp_path: Path
) -> None:
    """Not that of an app that was made for WSGI alone."""
    said = possible_cause(profile, App(asgi, "a:c", tmp_path))
    assert said.count("if the app has a startup, it did not run") == expected


async def test_a_server_that_never_answers_rightly_says_so(
    fake: Callable[..., Profile], environment: Environment, app: App, tmp_path: Path
) -> None:
    """At the end of why it failed."""
    profile = replace(fake("dies"), lacks=(Lack.LIFESPAN,))
    with pytest.raises(LaunchError, match="no lifespan: if the app has a startup, it did not run"):
        async with launch(profile, environment, app, log=tmp_path / "log"):
            pass
