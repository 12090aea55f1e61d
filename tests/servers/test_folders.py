"""The folders of a start: where it is, where the app is imported from, what it may litter."""

import os
from pathlib import Path

import pytest

from servers.apps.app import App, StartFolder
from servers.apps.factory import MODULE
from servers.command import Address, LaunchPlan, python_path
from servers.environments.environment import Environment
from servers.folders import Folders, laid_out
from servers.profile import Interface, Profile

TARGET = "main:app"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an app in it."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").touch()
    return folder


async def laid(project: Path, place: StartFolder, target: str = TARGET) -> tuple[Folders, Path]:
    """Make the folders of a start."""
    scratch = project.parent / "scratch"
    scratch.mkdir()
    return await laid_out(App(target, None, project, place=place), target, scratch), scratch


def held(folder: Path) -> list[str]:
    """What is in a folder, by name."""
    return [path.name for path in folder.iterdir()]


async def test_in_the_project(project: Path) -> None:
    """It starts there, and nothing is written there."""
    folders, scratch = await laid(project, StartFolder.PROJECT)
    assert folders == Folders(start=project, code=project, home=scratch)
    assert held(project) == ["main.py"]


async def test_in_a_copy(project: Path) -> None:
    """It starts and imports there, and its home is elsewhere."""
    folders, scratch = await laid(project, StartFolder.COPY)
    assert folders.start == folders.code
    assert folders.home.is_dir()
    assert not folders.home.is_relative_to(folders.start)
    assert folders.start.is_relative_to(scratch)
    assert held(folders.start) == ["main.py"]


@pytest.mark.parametrize("place", StartFolder)
async def test_a_module_that_only_src_has_is_imported_from_there(
    project: Path, place: StartFolder
) -> None:
    """Wherever servers start; where the project has one of its name, that is meant."""
    (project / "src" / "shop").mkdir(parents=True)
    (project / "src" / "main.py").touch()
    folders, scratch = await laid(project, place, "shop.main:app")
    assert folders.sources == folders.code / "src"
    scratch.rename(project.parent / "before")
    folders, _ = await laid(project, place)
    assert (folders.sources is None) == (place is not StartFolder.COPY)


async def test_modules_below_src_come_from_the_copy(project: Path) -> None:
    """Where the project is installed in editable form, they would come from the project."""
    (project / "src" / "shop").mkdir(parents=True)
    folders, _ = await laid(project, StartFolder.COPY)
    assert folders.sources == folders.code / "src"
    profile = Profile("x", Interface.ASGI, "X", argv=("x",))
    app = App(TARGET, None, project, place=StartFolder.COPY)
    environment = Environment(project.parent, {})
    plan = LaunchPlan(profile, environment, app, Address("h", 80), folders)
    assert python_path(plan) == f"{folders.code}{os.pathsep}{folders.sources}"


async def test_in_an_empty_folder(project: Path) -> None:
    """The app is imported from where it is."""
    folders, scratch = await laid(project, StartFolder.EMPTY)
    assert folders == Folders(start=scratch, code=project, home=scratch)
    assert held(scratch) == []


@pytest.mark.parametrize("place", StartFolder)
async def test_what_makes_an_app_is_written_to_the_home(project: Path, place: StartFolder) -> None:
    """In no case to the project."""
    folders, _ = await laid(project, place, "main:create()")
    assert (folders.home / f"{MODULE}.py").is_file()
    assert held(project) == ["main.py"]
