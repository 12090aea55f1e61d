"""What a build leaves in a project's folder, which is its owner's."""

from pathlib import Path

import pytest

from servers.environments.sweeping import swept
from servers.requirements import BuiltFolders, Requirements, built_folders


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was built before by its owner, with a package in src."""
    folder = tmp_path / "shop"
    build(folder / "old.egg-info")
    (folder / "src" / "shop").mkdir(parents=True)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where environments are."""
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


def build(*made: Path) -> None:
    """Leave such folders, as setuptools does."""
    for folder in made:
        folder.mkdir(parents=True)
        (folder / "PKG-INFO").touch()


def there(project: Path) -> set[str]:
    """The folders of a project, but for those of its source."""
    found = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_dir()}
    return found - {"src", "src/shop"}


@pytest.mark.parametrize(
    ("copied", "left"), [(False, {"old.egg-info", "build"}), (True, {"old.egg-info"})]
)
async def test_what_is_new_is_removed(
    project: Path, cache: Path, left: set[str], *, copied: bool
) -> None:
    """Not what was there before, nor the build of a project that is installed in place."""
    every = frozenset({project})
    async with swept(BuiltFolders(every, every if copied else frozenset()), cache):
        build(project / "shop.egg-info", project / "src" / "shop.egg-info")
        (project / "build" / "lib").mkdir(parents=True)
        (project / "build" / "bdist.linux-x86_64").mkdir()
    assert {name for name in there(project) if not name.startswith("build/")} == left


async def test_what_lies_beside_packages_further_down(project: Path, cache: Path) -> None:
    """As where their folder is backend/src."""
    left = project / "backend" / "src" / "shop.egg-info"
    left.parent.mkdir(parents=True)
    async with swept(BuiltFolders(frozenset({project}), frozenset()), cache):
        build(left)
    assert left.parent.is_dir()
    assert not left.exists()


async def test_a_build_that_the_owner_made_meanwhile_stays(project: Path, cache: Path) -> None:
    """It has something in it that setuptools does not leave."""
    every = frozenset({project})
    async with swept(BuiltFolders(every, every), cache):
        (project / "build" / "lib").mkdir(parents=True)
        (project / "build" / "site").mkdir()
    assert "build/site" in there(project)


async def test_the_last_of_several_builds_removes_it(project: Path, cache: Path) -> None:
    """Another build may still need what the first has made."""
    folders = BuiltFolders(frozenset({project}), frozenset())
    async with swept(folders, cache):
        async with swept(folders, cache):
            build(project / "shop.egg-info")
        assert there(project) == {"old.egg-info", "shop.egg-info"}
    assert there(project) == {"old.egg-info"}


async def test_it_is_removed_after_a_failure_too(project: Path, cache: Path) -> None:
    """A package that cannot be built leaves as much."""

    async def failing() -> None:
        async with swept(BuiltFolders(frozenset({project}), frozenset()), cache):
            build(project / "shop.egg-info")
            raise ValueError("no compiler")

    with pytest.raises(ValueError, match="no compiler"):
        await failing()
    assert there(project) == {"old.egg-info"}


def test_which_folders_are_built(tmp_path: Path) -> None:
    """Those that a requirements file names: some in place, and some to be copied."""
    for name in ("libs/a", "libs/b"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "setup.py").touch()
    file = tmp_path / "requirements.txt"
    file.write_text("-e ./libs/a\n./libs/b\nidna\n", encoding="utf-8")
    found = built_folders(Requirements(file, tmp_path))
    assert found.every == {tmp_path / "libs/a", tmp_path / "libs/b"}
    assert found.copied == {tmp_path / "libs/b"}


def test_the_folder_of_a_setup_that_was_named(tmp_path: Path) -> None:
    """It is built where it is."""
    (tmp_path / "setup.py").touch()
    found = built_folders(Requirements(tmp_path / "setup.py", tmp_path))
    assert found == BuiltFolders(frozenset({tmp_path}), frozenset())
