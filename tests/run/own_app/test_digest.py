"""An edit of an app is seen, also where its files differed from the commit already."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.run.own_app import digest as digests
from bench.run.own_app.digest import app_digest
from tests.run.git import git


def without_git(folder: Path) -> Path:
    """A folder with a module, of no repository."""
    (folder / "shop.py").write_text("app = 1")
    return folder


def edited(file: str, text: str = "x = 3") -> Callable[[Path], None]:
    """What writes a file below a folder."""

    def write(folder: Path) -> None:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)

    return write


@pytest.mark.parametrize(
    "edit", [edited("src/shop.py"), edited("src/page.html"), edited("src/fresh.py")]
)
def test_a_second_edit_is_another_state(edit: Callable[[Path], None], repository: Path) -> None:
    """Of a tracked file whatever it is, and of a module that is not tracked."""
    edited("src/page.html")(repository)
    git(repository, "add", ".")
    for name in ("src/shop.py", "src/page.html", "src/fresh.py"):
        edited(name, "first = 2")(repository)
    first = app_digest(repository / "src")
    edit(repository)
    assert first is not None
    assert app_digest(repository / "src") not in {first, None}


@pytest.mark.parametrize(
    "written",
    [
        edited("src/items.sqlite3"),
        edited("src/__pycache__/a.py"),
        edited("src/env/pyvenv.cfg"),
        edited("src/ignored.py"),
        edited("other/app.py"),
    ],
)
def test_what_servers_and_tools_write_is_no_edit(
    written: Callable[[Path], None], repository: Path
) -> None:
    """A run whose servers wrote a database or a cache can be resumed."""
    edited(".gitignore", "ignored.py")(repository)
    git(repository, "add", ".")
    edited("src/env/lib/a.py")(repository)
    edited("src/env/pyvenv.cfg", "home = /")(repository)
    first = app_digest(repository / "src")
    written(repository)
    assert app_digest(repository / "src") == first is not None


def test_an_undone_edit_is_the_first_state(repository: Path) -> None:
    """By its content, and not by its time."""
    first = app_digest(repository)
    for text in ("app = 2", "app = 1"):
        edited("src/shop.py", text)(repository)
    assert app_digest(repository) == first is not None


def test_without_a_repository_modules_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else; without git too."""
    folder = without_git(tmp_path)
    first = app_digest(folder)
    edited("data.db")(folder)
    assert app_digest(folder) == first is not None
    edited("pages/more.py")(folder)
    second = app_digest(folder)
    assert second not in {first, None}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert app_digest(folder) == second


def test_of_a_huge_folder_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take long to read."""
    monkeypatch.setattr(digests, "MOST_ENTRIES", 1)
    assert app_digest(without_git(tmp_path)) is not None
    edited("more.py")(tmp_path)
    assert app_digest(tmp_path) is None


def test_of_a_folder_that_is_gone_there_is_none(tmp_path: Path) -> None:
    """Nothing is raised."""
    assert app_digest(tmp_path / "gone") is None
