"""Environments: built once, isolated, whole or not at all."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from servers import environment as module
from servers.app import App
from servers.environment import Environment, build, default_cache
from servers.errors import EnvironmentBuildError
from servers.profile import Interface, Profile

PROFILE = Profile("x", Interface.ASGI, "X", ("x",), requires=("h11==0.16.0",), package="h11")


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Make an app that needs one small package, named by a nested file."""
    (tmp_path / "more.txt").write_text("idna==3.20\n")
    path = tmp_path / "app.txt"
    path.write_text("# what the app needs\n-r more.txt\n")
    return App("main:app", None, tmp_path, path)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Name a cache that is not there yet."""
    return tmp_path / "cache" / "environments"


def built(cache: Path) -> list[Path]:
    """Return the environments in a cache."""
    return [path for path in cache.iterdir() if path.is_dir()]


async def test_two_at_once_build_one(app: App, cache: Path) -> None:
    """It has the server's packages and the app's, and nothing else."""
    first, second = await asyncio.gather(build(PROFILE, app, cache), build(PROFILE, app, cache))
    assert first == second
    assert first.packages == {"h11": "0.16.0", "idna": "3.20"}
    assert PROFILE.version(first.packages) == "0.16.0"
    assert first.python.exists()
    assert [first.directory] == built(cache)


async def test_half_built_ones_are_built_again(app: App, cache: Path) -> None:
    """Without the marker, which is written last, what is there counts for nothing."""
    bare = replace(PROFILE, requires=())
    first = await build(bare, replace(app, requirements=None), cache)
    marker, stray = first.directory / "weighbridge.json", first.directory / "stray"
    marker.unlink()
    stray.touch()
    assert first == await build(bare, replace(app, requirements=None), cache)
    assert (marker.exists(), stray.exists()) == (True, False)


async def test_what_is_there_is_not_built_again(
    app: App, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run needs no installer."""
    monkeypatch.setattr(module, "_build", finished)
    first = await build(PROFILE, app, cache)
    monkeypatch.setattr(module, "_build", None)
    assert first == await build(PROFILE, app, cache)


async def test_key_follows_the_requirements(
    app: App, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile's, and the app's with the files that it names; the name does not matter."""
    monkeypatch.setattr(module, "_build", finished)
    first = await build(PROFILE, app, cache)
    assert first == await build(replace(PROFILE, name="x#2"), app, cache)
    other = await build(replace(PROFILE, requires=("h11==0.15.0",)), app, cache)
    (app.directory / "more.txt").write_text("idna==3.19\n")
    changed = await build(PROFILE, app, cache)
    assert len({first.directory, other.directory, changed.directory}) == 3


async def finished(_profile: Profile, _app: App, directory: Path) -> Environment:
    """Pretend to build."""
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "python").touch()
    (directory / "weighbridge.json").write_text(json.dumps({"packages": {"h11": "1"}}))
    return Environment(directory, {"h11": "1"})


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("h11==99.0.0", r"there is no version of h11==99\.0\.0"),
        ("h11=oops", "Failed to parse"),
    ],
)
async def test_what_cannot_be_installed(
    app: App, cache: Path, requirement: str, expected: str
) -> None:
    """One line with uv's explanation, and no environment."""
    with pytest.raises(EnvironmentBuildError, match=expected) as caught:
        await build(replace(PROFILE, requires=(requirement,)), app, cache)
    message = str(caught.value)
    assert message.startswith(f"the packages of 'x' cannot be installed ({requirement}): ")
    assert "\n" not in message
    assert caught.value.log_tail
    assert not any((path / "weighbridge.json").exists() for path in built(cache))


async def test_missing_requirements_of_the_app(app: App, cache: Path, tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(EnvironmentBuildError, match=r"the app's requirements .*gone\.txt cannot"):
        await build(PROFILE, replace(app, requirements=tmp_path / "gone.txt"), cache)


async def test_cache_that_cannot_be_written(app: App, tmp_path: Path) -> None:
    """It is said which variable mends it."""
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentBuildError, match="set WEIGHBRIDGE_CACHE to another folder"):
        await build(PROFILE, app, tmp_path / "file" / "cache")


def test_default_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of this program, else the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.delenv("WEIGHBRIDGE_CACHE", raising=False)
    assert default_cache() == Path("/xdg/weighbridge/environments")
    monkeypatch.setenv("WEIGHBRIDGE_CACHE", "/mine")
    assert default_cache() == Path("/mine")
