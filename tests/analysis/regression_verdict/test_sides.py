"""Two sides of a regression test, from one word each."""

import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.run.request.sides import Given, SideKind, check_comparable, kind, side
from servers import catalogue
from servers.apps.app import App, StartFolder, items_app
from servers.folders import laid_out
from servers.requirements import Requirements

UVICORN = catalogue.builtin()["uvicorn"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of a small app, with two commits and a change that is not committed."""
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True,
                       capture_output=True)  # fmt: skip

    git("init", "--initial-branch=main")
    for text in ("one", "two"):
        (root / "src" / "shop.py").write_text(text)
        (root / "requirements.txt").write_text(f"# {text}\n")
        git("add", ".")
        git("commit", "-m", text)
    (root / "src" / "shop.py").write_text("three")
    return root


def given(root: Path) -> Given:
    """Uvicorn, with the app of that repository."""
    app = App("shop:app", None, root / "src", Requirements(root / "requirements.txt", root))
    return Given(UVICORN, app, None, own_app=True)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("uvicorn==0.35.0", SideKind.VERSION),
        ("cache=lru", SideKind.SETTINGS),
        ("cache=lru,metrics=metrics", SideKind.SETTINGS),
        ("bare", SideKind.SETTINGS),
        (".", SideKind.FOLDER),
        ("main", SideKind.COMMIT),
        ("HEAD~2", SideKind.COMMIT),
    ],
)
def test_what_a_side_is_is_seen_from_its_form(word: str, expected: SideKind) -> None:
    """Whatever is no version, setting or folder is a commit."""
    assert kind(word) is expected


def test_a_commit_is_unpacked(repository: Path, tmp_path: Path) -> None:
    """As it was, app and requirements; the tree that stands is left alone."""
    found = side("base", "HEAD~1", given(repository), tmp_path / "trees")
    assert (found.app.directory / "shop.py").read_text() == "one"
    assert found.app.requirements is not None
    assert found.app.requirements.file.read_text() == "# one\n"
    assert found.profile.name == "base"
    assert found.is_of.startswith("HEAD~1 (")
    assert (repository / "src" / "shop.py").read_text() == "three"


async def test_the_servers_of_a_commit_start_in_its_checkout(
    repository: Path, tmp_path: Path
) -> None:
    """With the variables that both sides are given."""
    common = given(repository)
    own = replace(common.app, place=StartFolder.PROJECT, file_env={"A": "1"})
    found = side("base", "main", replace(common, app=own), tmp_path / "trees")
    folders = await laid_out(found.app, "shop:app", tmp_path / "scratch")
    assert folders.start == folders.code == tmp_path / "trees" / "base" / "src"
    assert found.app.file_env == {"A": "1"}


def test_a_commit_is_unpacked_to_where_servers_find_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They start in folders of their own: a path as seen from here would lead nowhere."""
    monkeypatch.chdir(tmp_path)
    found = side("base", "main", given(repository), Path("results/trees"))
    assert found.app.directory == tmp_path / "results/trees/base/src"
    tree = tmp_path / "results/trees/base"
    assert found.app.requirements == Requirements(tree / "requirements.txt", tree)


def cloned(repository: Path, to: Path, *more: str) -> Path:
    """A clone such as CI makes of a commit: on no branch, with those of the origin beside it."""
    source = f"file://{repository}"
    subprocess.run(["git", "clone", "-q", *more, source, str(to)], check=True)
    git = ["git", "-C", str(to)]
    subprocess.run([*git, "checkout", "-q", "--detach"], check=True)
    subprocess.run([*git, "branch", "-q", "-D", "main"], check=True)
    return to


def test_a_branch_of_the_origin_is_found_by_its_name(repository: Path, tmp_path: Path) -> None:
    """CI checks a commit out, and has no branch of its own."""
    clone = cloned(repository, tmp_path / "clone")
    found = side("base", "main", given(clone), tmp_path / "trees")
    assert found.is_of.startswith("origin/main (")


@pytest.mark.parametrize("word", ["HEAD~1", "release"])
def test_a_shallow_clone_is_told_what_it_lacks(word: str, repository: Path, tmp_path: Path) -> None:
    """It is what actions/checkout makes unless it is told otherwise."""
    clone = cloned(repository, tmp_path / "clone", "--depth", "1")
    with pytest.raises(UsageError, match=f"'{word}' .* shallow clone.* 'fetch-depth: 0'"):
        side("base", word, given(clone), tmp_path / "trees")


@pytest.mark.parametrize("how", ["--depth=1", "--single-branch"])
@pytest.mark.parametrize("word", ["main", "release"])
def test_the_command_that_is_named_brings_what_is_missing(
    how: str, word: str, repository: Path, tmp_path: Path
) -> None:
    """Of a clone of another branch alone: the branch that is compared with, and its tags."""
    for more in (["tag", "release", "main~1"], ["branch", "feature"]):
        subprocess.run(["git", "-C", str(repository), *more], check=True)
    clone, source = tmp_path / "clone", f"file://{repository}"
    subprocess.run(
        ["git", "clone", "-q", "--no-tags", how, "-b", "feature", source, str(clone)], check=True
    )
    with pytest.raises(UsageError, match="not a commit in this clone") as refused:
        side("base", word, given(clone), tmp_path / "trees")

    command = shlex.split(str(refused.value).rpartition(" run ")[2])
    subprocess.run([*command, "--quiet"], cwd=clone, check=True)

    found = side("base", word, given(clone), tmp_path / "trees")
    assert (found.app.directory / "shop.py").read_text() == {"main": "two", "release": "one"}[word]


def test_a_missing_git_is_what_is_missing(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit may well be there: nobody is told to name another."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"'main' .* git, .* is not installed, .*: install git"):
        side("base", "main", given(repository), tmp_path / "trees")


def test_without_git_a_folder_is_taken_all_the_same(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes git for its name alone."""
    monkeypatch.setenv("PATH", str(tmp_path))
    found = side("head", str(repository), given(repository), tmp_path / "trees")
    assert found.is_of == "shop as it stands"


def test_what_keeps_git_from_answering_is_said(tmp_path: Path) -> None:
    """A folder that is in no repository, or one of somebody else's, has no commits for git."""
    (tmp_path / "src").mkdir()
    with pytest.raises(UsageError, match=r"'main' is neither .*\(git: fatal: not a git repository"):
        side("base", "main", given(tmp_path), tmp_path / "trees")


def test_a_folder_is_taken_as_it_stands(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is not committed."""
    monkeypatch.chdir(repository)
    found = side("head", ".", given(repository), tmp_path / "trees")
    assert (found.app.directory / "shop.py").read_text() == "three"
    assert re.fullmatch(r"shop \([0-9a-f]+-dirty\) as it stands", found.is_of)


def test_another_checkout_is_a_folder_too(repository: Path, tmp_path: Path) -> None:
    """The app is where it is in the first."""
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", str(repository), str(other)], check=True)
    found = side("head", str(other), given(repository), tmp_path / "trees")
    assert found.app.directory == other / "src"
    assert (found.app.directory / "shop.py").read_text() == "two"


def test_a_copy_beside_the_app_in_one_repository_is_another(
    repository: Path, tmp_path: Path
) -> None:
    """Base and head would be one and the same otherwise; other folders there are no app."""
    (repository / "copy").mkdir()
    (repository / "copy" / "shop.py").write_text("four")
    (repository / "docs").mkdir()
    found = side("base", str(repository / "copy"), given(repository), tmp_path / "trees")
    assert (found.app.directory / "shop.py").read_text() == "four"
    found = side("head", str(repository / "docs"), given(repository), tmp_path / "trees")
    assert (found.app.directory / "shop.py").read_text() == "three"


def test_two_versions_of_one_server(tmp_path: Path) -> None:
    """Each with its own requirements, under the name of its role."""
    items = Given(UVICORN, items_app(), None, own_app=False)
    found = side("base", "uvicorn==0.35.0", items, tmp_path)
    assert "uvicorn==0.35.0" in found.profile.requires
    assert found.profile.title == "base: uvicorn==0.35.0"


def test_two_settings(tmp_path: Path) -> None:
    """And none, which is bare."""
    items = Given(UVICORN, items_app(), None, own_app=False)
    found = side("head", "cache=lru", items, tmp_path)
    assert found.profile.settings is not None
    assert found.profile.settings.env == {"ITEMS_CACHE": "lru"}
    assert side("base", "bare", items, tmp_path).profile.settings is None


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("no-such-commit", "'no-such-commit' is neither a folder nor a commit"),
        ("--output=/tmp/x", "of the form NAME=VALUE|not a setting's name|neither a folder"),
        ("granian==2.0.0", "is a version of 'granian', and --server is 'uvicorn'"),
    ],
)
def test_what_is_none_of_these_is_refused(
    word: str, said: str, repository: Path, tmp_path: Path
) -> None:
    """In one line that says what would do."""
    with pytest.raises(Exception, match=said):
        side("head", word, given(repository), tmp_path / "trees")
    assert not (tmp_path / "trees").exists()


def test_a_commit_in_which_the_app_was_elsewhere_is_refused(
    repository: Path, tmp_path: Path
) -> None:
    """It cannot be guessed where."""
    (repository / "new").mkdir()
    moved = Given(UVICORN, App("shop:app", None, repository / "new"), None, own_app=True)
    with pytest.raises(UsageError, match="the app was in another folder then"):
        side("base", "HEAD", moved, tmp_path / "trees")


def test_the_items_app_is_gated_by_the_suite_that_came_with_it(tmp_path: Path) -> None:
    """An old commit need not pass the tests of what came later."""
    items = items_app()
    suite = items.directory / "tests" / "test_items.py"
    found = side("base", "HEAD", Given(UVICORN, items, suite, own_app=False), tmp_path / "trees")
    assert found.suite == tmp_path / "trees" / "base" / "tests" / "test_items.py"


@pytest.mark.parametrize(
    ("base", "head"), [("main", "."), (".", "HEAD"), ("a==1", "a==2"), ("bare", "cache=lru")]
)
def test_two_of_a_kind_can_be_compared(base: str, head: str) -> None:
    """A commit and a folder are both code."""
    check_comparable(base, head)


def test_a_version_and_a_commit_cannot() -> None:
    """Two things would differ."""
    with pytest.raises(UsageError, match="compare two of the same kind"):
        check_comparable("uvicorn==0.35.0", "main")
