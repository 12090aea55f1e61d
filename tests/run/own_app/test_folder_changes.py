"""What a run has changed in the folder that its servers were started in."""

import os
from pathlib import Path

import pytest

from bench.facts.run import FolderChanges
from bench.messages import changed_files
from bench.run.own_app import folder_changes
from bench.run.own_app.folder_changes import FolderState, states
from servers.apps.app import App, StartFolder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a module and a database."""
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.py").write_text("app = None", encoding="utf-8")
    (folder / "shop.db").write_text("one", encoding="utf-8")
    return folder


def state_of(shop: Path) -> FolderState:
    """As it is now; results go to a folder within."""
    found = FolderState.of(shop, shop / "out" / "run")
    assert found is not None
    return found


def test_new_and_changed_files_are_named(shop: Path) -> None:
    """By their paths in the folder; those that are as they were are not."""
    before = state_of(shop)
    (shop / "shop.db").write_text("another", encoding="utf-8")
    (shop / "uploads").mkdir()
    (shop / "uploads" / "a.png").write_text("", encoding="utf-8")
    assert before.changes() == FolderChanges("shop", ("shop.db", "uploads/a.png"), 2)


@pytest.mark.parametrize("place", ["__pycache__", ".git", "src/.venv", "out/run"])
def test_what_tools_and_this_run_write_is_no_change(shop: Path, place: str) -> None:
    """Wherever the folder of the results is."""
    before = state_of(shop)
    (shop / place).mkdir(parents=True)
    (shop / place / "new").write_text("", encoding="utf-8")
    assert before.changes() is None


def test_of_many_files_some_are_named(shop: Path) -> None:
    """The others are counted."""
    before = state_of(shop)
    for number in range(8):
        (shop / f"{number}.log").write_text("", encoding="utf-8")
    found = before.changes()
    assert found is not None
    assert ": 0.log, 1.log, 2.log, 3.log, 4.log and 3 other files. The" in changed_files(found)


def test_a_name_that_is_not_utf_8_can_be_written(shop: Path) -> None:
    """Into reports, and to any terminal."""
    before = state_of(shop)
    Path(os.fsdecode(os.fsencode(shop) + b"/caf\xe9.txt")).touch()
    assert before.changes() == FolderChanges("shop", ("caf\\xe9.txt",), 1)


def test_nothing_is_looked_for_in_a_large_folder(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor in one that has become large: what was not seen is not told from what is new."""
    monkeypatch.setattr(folder_changes, "MOST_ENTRIES", 4)
    before = state_of(shop)
    for number in range(8):
        (shop / f"{number}.log").write_text("", encoding="utf-8")
    assert before.changes() is None
    assert FolderState.of(shop, shop / "out") is None


@pytest.mark.parametrize(
    ("place", "looked_at"),
    [(StartFolder.PROJECT, 1), (StartFolder.COPY, 0), (StartFolder.EMPTY, 0)],
)
def test_folders_that_servers_share_are_looked_at(
    shop: Path, place: StartFolder, looked_at: int
) -> None:
    """Once, whoever starts there."""
    app = App("main:app", None, shop, place=place)
    assert len(list(states([app, app], shop / "out"))) == looked_at


def test_a_tree_that_the_run_has_made_itself_is_not_looked_at(shop: Path) -> None:
    """A commit of a regression run: it is gone afterwards."""
    app = App("main:app", None, shop, place=StartFolder.PROJECT)
    assert list(states([app], shop.parent)) == []
