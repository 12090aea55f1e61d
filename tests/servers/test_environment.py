"""Environments: built once, isolated, whole or not at all."""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from servers.apps.app import App
from servers.environments import cache as module
from servers.environments.cache import build, default_cache
from servers.environments.environment import Environment
from servers.errors import ConflictError, EnvironmentBuildError, ProfileError
from servers.profile import Interface, Older, Profile
from servers.requirements import Requirements

PROFILE = Profile("x", Interface.ASGI, "X", ("x",), requires=("h11==0.16.0",), package="h11")


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Make an app that needs one small package, named by a nested file."""
    (tmp_path / "more.txt").write_text("idna==3.20\n")
    path = tmp_path / "app.txt"
    path.write_text("# what the app needs\n-r more.txt\n")
    return App("main:app", None, tmp_path, Requirements(path, tmp_path))


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
    facts = {"packages": {"h11": "1"}, "yielded": {}, "without_project": False}
    (directory / "weighbridge.json").write_text(json.dumps(facts))
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
    gone = Requirements(tmp_path / "gone.txt", tmp_path)
    with pytest.raises(ProfileError, match=r"requirements '.*gone\.txt' cannot be read"):
        await build(PROFILE, replace(app, requirements=gone), cache)


async def test_the_apps_own_pins_win(app: App, cache: Path, tmp_path: Path) -> None:
    """Over the server's version if they name it; what else is in their way gives way, too."""
    (tmp_path / "more.txt").write_text("httpcore==1.0.5\nh11==0.14.0\n")
    profile = replace(PROFILE, requires=("httpcore==1.0.9", "h11==0.16.0"), package="httpcore")
    found = await build(profile, app, cache)
    assert (found.packages["httpcore"], found.packages["h11"]) == ("1.0.5", "0.14.0")
    assert found.yielded == {"httpcore": True, "h11": True}
    assert found == await build(profile, app, cache)


async def test_a_server_that_cannot_be_had(app: App, cache: Path, tmp_path: Path) -> None:
    """The two lines that exclude each other are named."""
    (tmp_path / "more.txt").write_text("\nh11==0.14.0\n")
    profile = replace(PROFILE, requires=("httpcore==1.0.9",), package="httpcore")
    with pytest.raises(ConflictError) as caught:
        await build(profile, app, cache)
    assert str(caught.value).startswith(
        "x cannot be installed together with the app's pins: it needs httpcore==1.0.9, and the app "
        "h11==0.14.0 (more.txt line 2): "
    )


async def test_a_version_that_was_asked_for_stays(app: App, cache: Path, tmp_path: Path) -> None:
    """Whoever names a version of a server means it."""
    (tmp_path / "more.txt").write_text("h11==0.14.0\n")
    with pytest.raises(ConflictError, match=r"it needs h11==0\.16\.0, and the app h11==0\.14\.0"):
        await build(replace(PROFILE, version_asked=True), app, cache)


async def test_what_an_older_version_needs_and_lacks(app: App, cache: Path, tmp_path: Path) -> None:
    """It is installed beside it, and left away from its line; one that cannot work is told."""
    (tmp_path / "more.txt").write_text("h11==0.14.0\n")
    older = Older("0.15", without=("--new 1",), requires=("idna==3.19",))
    profile = replace(PROFILE, argv=("x", "--new", "1", "-y"), older=(older,))
    found = await build(profile, app, cache)
    assert found.packages["idna"] == "3.19"
    assert profile.fitted(found.packages).argv == ("x", "-y")
    lacking = replace(profile, older=(Older("0.15", lacks="has no engine"),), title="other")
    with pytest.raises(ConflictError, match=r"h11 0\.14\.0, the app's own pin \(more.txt line 1\)"):
        await build(lacking, app, cache / "other")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("idna==99\n", "more.txt line 1: 'idna==99': No solution"),
        ("\nidna ==== 3\n", "more.txt line 2: 'idna ==== 3': "),
        ("h11\n./gone/x\n", "more.txt line 2: './gone/x': Distribution not found"),
        ("h11\n--what x\n", "more.txt line 2: '--what x': "),
        ("h11==0.14.0\nh11==0.16.0\n", "more.txt line 2: 'h11==0.16.0': No solution"),
    ],
)
async def test_what_the_app_cannot_have(
    app: App, cache: Path, tmp_path: Path, text: str, said: str
) -> None:
    """The user's own mistake: file and line are named."""
    (tmp_path / "more.txt").write_text(text)
    with pytest.raises(ProfileError) as caught:
        await build(PROFILE, app, cache)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_changed_code_is_never_stale(app: App, cache: Path, tmp_path: Path) -> None:
    """A package that is a folder: other code, other environment, whoever names it."""
    package = tmp_path / "libs" / "pricing"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text(
        '[project]\nname = "pricing"\nversion = "1"\n[tool.setuptools]\npy-modules = ["pricing"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["pricing"]\n'
        '[tool.uv.sources]\npricing = { path = "libs/pricing" }\n'
    )
    bare = replace(PROFILE, requires=())
    project = replace(app, requirements=Requirements(tmp_path / "pyproject.toml", tmp_path))
    for price in ("PRICE = 2\n", "PRICE = 3\n"):
        (package / "pricing.py").write_text(price)
        found = await build(bare, project, cache)
        [installed] = found.directory.glob("lib/python*/site-packages/pricing.py")
        assert installed.read_text() == price


async def test_code_that_was_copied_is_not_kept_for_ever(
    app: App, cache: Path, tmp_path: Path
) -> None:
    """An environment of it that nobody has used for a week goes when another is built."""
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "setup.py").write_text("from setuptools import setup\nsetup(name='p')\n")
    (tmp_path / "more.txt").write_text("./prices\n")
    bare = replace(PROFILE, requires=())
    old = await build(bare, app, cache)
    plain = await build(bare, replace(app, requirements=None), cache)
    for each in (old, plain):
        os.utime(each.directory / "weighbridge.json", (0, 0))
    (tmp_path / "prices" / "p.py").touch()
    new = await build(bare, app, cache)
    assert set(built(cache)) == {plain.directory, new.directory}


async def test_a_project_that_cannot_be_built(app: App, cache: Path, tmp_path: Path) -> None:
    """What it depends on is installed, and it is known that it is not there itself."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["idna==3.20"]\n'
        '[build-system]\nrequires = []\nbuild-backend = "gone"\n'
    )
    project = replace(app, requirements=Requirements(tmp_path / "pyproject.toml", tmp_path))
    found = await build(PROFILE, project, cache)
    assert found.without_project
    assert found.packages == {"h11": "0.16.0", "idna": "3.20"}


@pytest.mark.parametrize(
    "line", ["./native", pytest.param("native @ file://{folder}/native", marks=pytest.mark.long)]
)
async def test_a_package_of_the_app_that_cannot_be_compiled(
    line: str, app: App, cache: Path, tmp_path: Path
) -> None:
    """The app's file is to blame, and not the server beside it."""
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "setup.py").write_text(
        "import sys\nfrom setuptools import setup\n"
        "if 'bdist_wheel' in sys.argv: sys.exit('gcc: gone')\nsetup(name='native')\n"
    )
    file = tmp_path / "own.txt"
    file.write_text(f"idna==3.20\n{line.format(folder=tmp_path)}\n")
    own = replace(app, requirements=Requirements(file, tmp_path))
    with pytest.raises(ProfileError, match=r"own\.txt line 2: .*Failed to build `native @"):
        await build(PROFILE, own, cache)


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
