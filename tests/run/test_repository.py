"""Which commit a folder is of: of its own repository, and of no other that is around it."""

from pathlib import Path

import pytest

from bench.system.repository import commit_of
from tests.run.git import git


def test_the_commit_of_a_folder_of_a_repository(repository: Path) -> None:
    """Wherever in it the folder is."""
    assert commit_of(repository / "src") == git(repository, "rev-parse", "--short=12", "HEAD")


def test_what_is_not_committed_is_marked(repository: Path) -> None:
    """The figures are not that commit's alone."""
    (repository / "src" / "shop.py").write_text("app = 2")
    found = commit_of(repository / "src")
    assert found is not None
    assert found.endswith("+")


def test_a_folder_that_a_repository_does_not_know_is_of_no_commit(repository: Path) -> None:
    """As a program that is installed in a project's own environment."""
    installed = repository / ".venv" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "a.py").touch()
    assert commit_of(installed) is None


def test_without_a_repository_or_git_there_is_none(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is raised."""
    assert commit_of(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(repository) is None
