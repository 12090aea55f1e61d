"""What becomes of a server that cannot be installed with what the app needs."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.progress.events import Events
from bench.run.before_load import environments as module
from bench.run.before_load.environments import Prepared, built
from bench.run.request.options import Options
from bench.run.request.resolve import resolve
from servers.apps.app import App
from servers.environments.environment import Environment
from servers.errors import ConflictError, ProfileError
from servers.profile import Profile
from tests.build.options import OPTIONS

OWN = replace(OPTIONS, servers=None, app="a:b", tests="none", against_itself=True)


async def prepared(
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
    without: tuple[str, ...],
    yielded: Mapping[str, bool] | None = None,
) -> tuple[Prepared, list[str]]:
    """Prepare a run in which some servers cannot be had; and what people were told."""

    async def build(profile: Profile, _app: App) -> Environment:
        if profile.name.partition("#")[0] in without:
            raise ConflictError(f"{profile.name} conflicts", server=profile.name)
        packages = {"gunicorn": "20.1.0", "uvicorn": "0.22.0"}
        return Environment(Path("/nowhere"), packages, yielded or {})

    monkeypatch.setattr(module, "build", build)
    told = io.StringIO()
    ready = await built(resolve(options), Events(told))
    return ready, [json.loads(line)["what"] for line in told.getvalue().splitlines()]


async def test_one_that_nobody_has_named_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a word; the others go on, and another is the baseline if it was that."""
    ready, notes = await prepared(OWN, monkeypatch, ("uvicorn",))
    names = [profile.name for profile in ready.wanted.profiles]
    assert "uvicorn" not in names
    assert ready.wanted.settings.profiles == tuple(names)
    assert ready.wanted.baseline == names[0]
    assert ready.wanted.twin is not None
    assert ready.environments[ready.wanted.twin.name] == ready.environments[names[0]]
    assert ready.refused == {}
    assert "left out: uvicorn conflicts" in notes
    assert "uvicorn conflicts" in ready.wanted.left_out


async def test_one_that_was_named_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays in the run, and everybody sees it."""
    named = replace(OWN, servers="uvicorn,granian")
    ready, _ = await prepared(named, monkeypatch, ("granian",))
    assert [profile.name for profile in ready.wanted.profiles] == ["uvicorn", "granian"]
    assert ready.refused == {"granian": "conflicts"}  # it is named beside that
    assert ready.environments["granian"] is None


async def test_none_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's requirements are to be mended."""
    with pytest.raises(ProfileError, match="granian conflicts"):
        await prepared(replace(OWN, servers="granian"), monkeypatch, ("granian",))


async def test_one_that_runs_elsewhere_needs_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Alone it is the baseline, and its twin needs none either; requirements are not mentioned."""
    file = tmp_path / "far.toml"
    file.write_text(
        'name = "far"\ntitle = "far"\ninterface = "asgi"\nurl = "http://127.0.0.1:9"\n',
        encoding="utf-8",
    )
    ready, notes = await prepared(replace(OWN, profiles=(file,), servers="far"), monkeypatch, ())
    assert ready.environments == {"far": None, "far#2": None}
    assert notes == []
    assert ready.wanted.notes == ()


async def test_the_apps_own_pins_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for all servers; their launch lines are those of the versions that are there."""
    named = replace(OWN, servers="uvicorn,gunicorn", against_itself=False)
    ready, notes = await prepared(named, monkeypatch, (), {"uvicorn": True, "gunicorn": False})
    assert notes == [
        "uvicorn 0.22.0, the app's own pin (under uvicorn, gunicorn)",
        "gunicorn 20.1.0, as the app's pins demand (under uvicorn, gunicorn)",
    ]
    assert "--no-control-socket" not in ready.wanted.profiles[1].argv
