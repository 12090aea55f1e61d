"""Copies of a project's folder: what is in them, what is not, and how much is too much."""

import os
import socket
import sys
from pathlib import Path

import pytest

from servers.apps import copying
from servers.apps.copying import LEFT_OUT, check_size, copy
from servers.errors import CopyError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a file below it."""
    folder = tmp_path / "shop"
    (folder / "static").mkdir(parents=True)
    (folder / "static" / "site.css").write_text("body {}", encoding="utf-8")
    return folder


def copied(project: Path) -> Path:
    """Copy the project beside it."""
    to = project.parent / "scratch" / "project"
    to.parent.mkdir()
    copy(project, to)
    return to


def below(folder: Path) -> set[str]:
    """All that is in a folder, by its path from there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_copy_has_what_the_folder_has(project: Path) -> None:
    """Files with what is in them and their times; empty folders too."""
    (project / "uploads").mkdir()
    to = copied(project)
    assert below(to) == below(project)
    assert (to / "static" / "site.css").read_text(encoding="utf-8") == "body {}"
    before, after = ((each / "static" / "site.css").stat() for each in (project, to))
    assert before.st_mtime_ns == after.st_mtime_ns


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_what_makes_copies_huge_is_left_out(project: Path, name: str) -> None:
    """Wherever it stands."""
    (project / "static" / name).mkdir()
    (project / "static" / name / "large").touch()
    assert below(copied(project)) == {"static", "static/site.css"}


@pytest.mark.parametrize("files", [("pyvenv.cfg",), ("manifest.json", "journal.jsonl")])
def test_folders_are_left_out_by_what_is_in_them(project: Path, files: tuple[str, ...]) -> None:
    """An environment, and the results of a run, whatever their names are."""
    (project / "any").mkdir()
    for file in files:
        (project / "any" / file).touch()
    assert below(copied(project)) == {"static", "static/site.css"}


def test_a_copy_within_the_folder_does_not_copy_itself(project: Path) -> None:
    """TMPDIR may be in the project."""
    to = project / "tmp" / "scratch" / "project"
    to.parent.mkdir(parents=True)
    copy(project, to)
    assert below(to) == {"static", "static/site.css", "tmp"}


def test_a_copy_may_be_written_to(project: Path) -> None:
    """What is read-only in the project is not so in its copy, or it could not be removed."""
    (project / "static" / "site.css").chmod(0o444)
    (project / "static").chmod(0o555)
    to = copied(project)
    assert to.joinpath("static").stat().st_mode & 0o200
    assert to.joinpath("static", "site.css").stat().st_mode & 0o200


def test_links_lead_within_the_copy_or_to_where_they_led(project: Path) -> None:
    """Whether they were relative or not."""
    outside = project.parent / "shared"
    outside.mkdir()
    (project / "inside").symlink_to(project / "static", target_is_directory=True)
    (project / "relative").symlink_to("static/site.css")
    (project / "outside").symlink_to("../shared", target_is_directory=True)
    to = copied(project)
    assert (to / "inside").resolve() == (to / "static").resolve()
    assert (to / "relative").resolve() == (to / "static" / "site.css").resolve()
    assert (to / "outside").resolve() == outside.resolve()
    assert all((to / name).is_symlink() for name in ("inside", "relative", "outside"))


def test_links_lead_to_what_is_left_out_where_it_is(project: Path) -> None:
    """As to a package of a front end: the copy has none of it."""
    package = project / "node_modules" / "chart"
    package.mkdir(parents=True)
    (project / "static" / "chart").symlink_to("../node_modules/chart")
    (project / "static" / "all").symlink_to("../node_modules")
    to = copied(project)
    assert (to / "static" / "chart").resolve() == package.resolve()
    assert (to / "static" / "all").resolve() == package.parent.resolve()


def test_a_link_in_a_loop_is_one_in_the_copy(project: Path) -> None:
    """Nothing has to be there."""
    (project / "current").symlink_to("current")
    assert (copied(project) / "current").is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_sockets_and_pipes_are_left_to_their_owners(project: Path) -> None:
    """To read a pipe would wait for ever."""
    os.mkfifo(project / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(project / "socket"))
        assert below(copied(project)) == {"static", "static/site.css"}


@pytest.mark.parametrize("limit", ["MOST_BYTES", "MOST_FILES"])
def test_too_much_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """Before anything is copied; what takes the room is named, and what to do."""
    for number in range(3):
        (project / "static" / str(number)).write_bytes(b"12345")
    monkeypatch.setattr(copying, limit, 3)
    with pytest.raises(CopyError, match=r"the largest found so far: 'static'.*leave out --copy"):
        check_size(project)


def test_what_is_left_out_is_not_counted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository's history may be of any size."""
    (project / ".git").mkdir()
    (project / ".git" / "pack").write_bytes(b"1" * 100_000)
    monkeypatch.setattr(copying, "MOST_BYTES", 50_000)
    check_size(project)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_named(project: Path) -> None:
    """In one line."""
    (project / "static" / "site.css").chmod(0)
    with pytest.raises(CopyError, match=r"failed at '.*site.css': Permission denied"):
        copied(project)
