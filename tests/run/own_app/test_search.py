"""What is said of an app that was looked for."""

import re
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.run.own_app.search import find_app
from servers.discovery.walk import MOST_IN_FOLDER
from tests.end_to_end.program import ROOT

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, *names: str) -> None:
    """Files with an app in each."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(APP, encoding="utf-8")


def test_what_was_found_is_said_as_options(folder: Path) -> None:
    """As they would be typed."""
    write(folder, "src/shop/main.py", "src/shop/tools.py")
    found = find_app(None)
    assert found is not None
    assert found.arguments == ("--app", "shop.main:app", "--app-dir", "src")
    assert found.note == (
        "found shop.main:app (FastAPI) in src/shop/main.py; measured as --app shop.main:app "
        "--app-dir src; also there: shop.tools:app"
    )


@pytest.mark.parametrize(
    ("files", "folder_option"),
    [
        (("pyproject.toml",), ()),
        (("setup.py",), ()),
        (("Procfile",), ("--app-dir", "src")),
        (("pyproject.toml", "src/requirements.txt"), ("--app-dir", "src")),
        (("pyproject.toml", "shop/x.html"), ("--app-dir", "src")),
    ],
)
def test_a_project_with_its_modules_in_src_starts_above_it(
    folder: Path, files: tuple[str, ...], folder_option: tuple[str, ...]
) -> None:
    """There its .env and templates are; not where src is the project, or another is imported."""
    write(folder, "src/shop/main.py")
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    found = find_app(None)
    assert found is not None
    assert found.arguments == ("--app", "shop.main:app", *folder_option)


def test_in_a_folder_that_was_named(folder: Path) -> None:
    """It is not named again."""
    write(folder, "there/main.py")
    found = find_app(Path("there"))
    assert found is not None
    assert found.arguments == ("--app", "main:app")
    assert found.note.startswith("found main:app (FastAPI) in there/main.py; ")


def test_several(folder: Path) -> None:
    """Each with the option to copy, in one line."""
    write(folder, *(f"{name}/main.py" for name in "abcdefgh"))
    with pytest.raises(UsageError) as refused:
        find_app(None)
    said = str(refused.value)
    assert said.startswith(
        "several apps were found and none is clearly first: give --app a.main:app for "
        "a.main:app (FastAPI) in a/main.py; --app b.main:app"
    )
    assert said.endswith("; and 2 more")


def test_a_folder_that_has_too_much(folder: Path) -> None:
    """What was found of it is not chosen but named."""
    write(folder, "shop/main.py")
    for number in range(MOST_IN_FOLDER + 1):
        (folder / "data" / str(number)).mkdir(parents=True)
    with pytest.raises(UsageError, match=re.escape("name yours: --app shop.main:app for")) as error:
        find_app(None)
    assert str(error.value).startswith(f"'{folder / 'data'}' has too many files and folders")


def test_none(folder: Path) -> None:
    """In a project: it is not the items app that its owner means."""
    (folder / "pyproject.toml").touch()
    (folder / "x.py").touch()
    with pytest.raises(UsageError, match=re.escape("(1 file of Python): name yours with --app ")):
        find_app(None)


def test_no_project(folder: Path) -> None:
    """Without one the items app is meant."""
    assert find_app(None) is None
    (folder / "load.py").write_text("import httpx", encoding="utf-8")
    assert find_app(None) is None
    assert find_app(Path("nowhere")) is None


@pytest.mark.parametrize("ours", [".", "app", "bench", "tests/app"])
def test_folders_of_this_repository(ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The items app is measured there."""
    monkeypatch.chdir(ROOT / ours)
    assert find_app(None) is None


def test_examples_are_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a user's, as far as a run is concerned."""
    monkeypatch.chdir(ROOT / "examples" / "shop")
    found = find_app(None)
    assert found is not None
    assert found.arguments == ("--app", "shop.main:app")


def test_a_project_with_src_that_was_named_starts_where_it_is(folder: Path) -> None:
    """`--app-dir ../shop` stays what it is: servers start there, and import from its src."""
    write(folder, "shop/src/shop/main.py")
    (folder / "shop" / "pyproject.toml").touch()
    found = find_app(Path("shop"))
    assert found is not None
    assert found.arguments == ("--app", "shop.main:app")
