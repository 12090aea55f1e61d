"""The two sides of a regression test: a commit of the app, a version of a server, or a setting.

A side is named in one word, and the kind of it is seen from its form:

- SERVER==VERSION: that version of the server;
- NAME=VALUE, several with commas between: the app with these settings; `bare`: without any;
- a folder, like `.`: the app as it stands there;
- anything else: a commit of the app's repository, which is unpacked and run from there.
"""

import io
import subprocess
import tarfile
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from servers import catalogue
from servers.apps.app import App
from servers.apps.settings import app_settings, with_settings
from servers.apps.source_folder import SOURCES, has_module
from servers.profile import Profile
from servers.protocol import Protocol
from servers.requirements import Requirements, find
from servers.speaking import speaking

BARE: Final = "bare"
_GIT_LIMIT_S: Final = 60.0
_REMOTE: Final = "origin/"
_EVERY_BRANCH: Final = "--tags origin '+refs/heads/*:refs/remotes/origin/*'"
_SUITE: Final = Path("tests") / "test_items.py"


class SideKind(StrEnum):
    """What makes a side what it is."""

    VERSION = "version"
    SETTINGS = "settings"
    FOLDER = "folder"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Given:
    """What both sides have in common, unless one of them says otherwise.

    profile: before a protocol is chosen for it. protocol: what both are measured over; None:
    what the profile says. own_app: the app is the user's, and `suite` gates every commit of it;
    else each commit of the items app is gated by the suite that came with it.
    """

    profile: Profile
    app: App
    suite: Path | None
    own_app: bool
    protocol: Protocol | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side, ready to be run under the name of its role.

    is_of: what it is in words, with the commit's hash where there is one.
    """

    profile: Profile
    app: App
    suite: Path | None
    is_of: str


def kind(word: str) -> SideKind:
    """See from a side's form what it is."""
    if "==" in word:
        return SideKind.VERSION
    if "=" in word or word == BARE:
        return SideKind.SETTINGS
    return SideKind.FOLDER if Path(word).is_dir() else SideKind.COMMIT


def side(role: str, word: str, given: Given, scratch: Path) -> Side:
    """Make a side of what it is called; a commit is unpacked below `scratch`.

    Raises UsageError and ProfileError.
    """
    makers = {
        SideKind.VERSION: _version,
        SideKind.SETTINGS: _settings,
        SideKind.FOLDER: _folder,
        SideKind.COMMIT: _commit,
    }
    made = makers[kind(word)](word, given, scratch / role)
    title = f"{role}: {made.is_of}"
    profile = made.profile
    if given.protocol is not None:
        profile = speaking(profile, given.protocol)
    profile = replace(profile, name=role, title=title, default=False, speaker=None)
    return replace(made, profile=profile)


def _version(word: str, given: Given, _: Path) -> Side:
    name = word.partition("==")[0].strip()
    if name != given.profile.name:
        raise UsageError(
            f"'{word}' is a version of '{name}', and --server is '{given.profile.name}': "
            "name the same server"
        )
    profile = catalogue.select(word, {name: given.profile})[-1]
    return Side(profile, given.app, given.suite, word)


def _settings(word: str, given: Given, _: Path) -> Side:
    if word == BARE:
        return Side(given.profile, given.app, given.suite, "the app without settings")
    settings = app_settings(word.split(","), own_app=given.own_app)
    profile = with_settings(given.profile, settings)
    return Side(profile, given.app, given.suite, f"the app with {', '.join(settings.words)}")


def _folder(word: str, given: Given, _: Path) -> Side:
    here, root, own = Path(word).resolve(), _root(given.app), given.app.directory.resolve()
    if not here.is_relative_to(root):
        app, tree = _moved(given.app, here, root), here
    elif _is_beside(here, own) and _has_module(here, given.app):
        app, tree = _moved(given.app, here, own), root
    else:
        app, tree = given.app, root
    return Side(given.profile, app, _own_suite(tree, given), f"{_described(here)} as it stands")


def _is_beside(folder: Path, other: Path) -> bool:
    return not (folder.is_relative_to(other) or other.is_relative_to(folder))


def _has_module(folder: Path, app: App) -> bool:
    """Whether a folder has what the app is imported by: then it is another one of it."""
    first = (app.asgi or app.wsgi or "").partition(":")[0].partition(".")[0]
    return any(has_module(place, first) for place in (folder, folder / SOURCES))


def _commit(word: str, given: Given, scratch: Path) -> Side:
    root = _root(given.app)
    name, short = _known(root, word)
    archive = _git(root, "archive", "--format=tar", short, of=word)
    tree = scratch.resolve()  # servers start in folders of their own
    tree.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(tree, filter="data")
    app = _moved(given.app, tree, root)
    return Side(given.profile, app, _own_suite(tree, given), f"{name} ({short})")


def _known(root: Path, word: str) -> tuple[str, str]:
    """What a commit is called in the repository, and its hash; CI has no branches but origin's.

    Raises UsageError.
    """
    refusal = _nothing(word, root)
    for name in (word, f"{_REMOTE}{word}"):
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        try:
            return name, _git(root, *asked, of=word).decode().strip()[:12]
        except _RefusedError as error:
            refusal = error
    raise _missing(word, root, refusal)


def _missing(word: str, root: Path, refusal: UsageError) -> UsageError:
    """Say what brings a commit that is not there, where the clone was made without it.

    A clone of one branch, as every shallow one is unless asked otherwise, fetches no other branch
    until it is told to. `refusal`: what is said where it was not.
    """
    if _ask(root, "rev-parse", "--is-shallow-repository") == "true":
        return UsageError(
            f"'{word}' is not a commit in this clone: '{root}' is a shallow clone, without "
            "history: in CI give actions/checkout 'fetch-depth: 0'; elsewhere run "
            f"git fetch --unshallow {_EVERY_BRANCH}"
        )
    fetched = _ask(root, "config", "--get-all", "remote.origin.fetch")
    if fetched and "*" not in fetched:
        return UsageError(
            f"'{word}' is not a commit in this clone: '{root}' is a clone of a single branch: run "
            f"git fetch {_EVERY_BRANCH}"
        )
    return refusal


def _ask(root: Path, *arguments: str) -> str:
    """What git answers; empty where it answers nothing."""
    try:
        return _git(root, *arguments, of=str(root)).decode().strip()
    except UsageError:
        return ""


def _root(app: App) -> Path:
    """The top of the app's repository; its own folder where there is none."""
    directory = app.directory.resolve()
    with suppress(UsageError):
        top = _git(directory, "rev-parse", "--show-toplevel", of=str(directory))
        return Path(top.decode().strip()).resolve()
    return directory


def _moved(app: App, to: Path, root: Path) -> App:
    """The same app in another tree. Raises UsageError where that has no such folder."""
    directory = to / _below(app.directory, root)
    if not directory.is_dir():
        raise UsageError(f"'{directory}' does not exist: the app was in another folder then")
    requirements = app.requirements and _requirements_in(to, app.requirements, root)
    return replace(app, directory=directory, requirements=requirements)


def _requirements_in(to: Path, of: Requirements, root: Path) -> Requirements:
    """The same file in another tree; or what is found there, where it has another name."""
    file, folder = to / _below(of.file, root), to / _below(of.folder, root)
    if not file.is_file():
        found = find(folder, folder) if folder.is_dir() else None
        if found is None:
            raise UsageError(
                f"'{file}' does not exist: the app's dependencies were listed elsewhere then"
            )
        file, folder = found.file, found.folder
    return replace(of, file=file, folder=folder)


def _below(path: Path, root: Path) -> Path:
    """A path within a tree; one outside of it stays where it is."""
    full = path.resolve()
    return full.relative_to(root) if full.is_relative_to(root) else full


def _own_suite(tree: Path, given: Given) -> Path | None:
    """The suite that a tree of the items app came with; that which was given for other apps."""
    own = tree / _SUITE
    if given.suite is None or given.own_app or not own.is_file():
        return given.suite
    return own


def _described(folder: Path) -> str:
    """Its name, and the commit that it is of; two folders may be of the same."""
    try:
        said = _git(folder, "describe", "--always", "--dirty", of=str(folder)).decode().strip()
    except UsageError:
        return folder.name
    return f"{folder.name} ({said})"


class _RefusedError(UsageError):
    """Git does not know what it was asked for."""


def _git(folder: Path, *arguments: str, of: str) -> bytes:
    """Ask git. Raises _RefusedError where it refuses, and UsageError where it cannot be run."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            timeout=_GIT_LIMIT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise _nothing(of, folder, error.stderr.decode(errors="replace")) from error
    except FileNotFoundError as error:
        raise UsageError(
            f"'{of}' is not a folder here, and without git, which is not installed, commits "
            "cannot be looked up: install git, or name a folder"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git failed to look up '{of}': {error}") from error
    return done.stdout


def _nothing(word: str, folder: Path, said: str = "") -> _RefusedError:
    """Say what a word could have been; `said`: the words of git."""
    gits = f" (git: {said.strip().partition(chr(10))[0]})" if said.strip() else ""
    return _RefusedError(
        f"'{word}' is neither a folder nor a commit of the repository in '{folder}'{gits}, nor "
        "SERVER==VERSION, nor NAME=VALUE: name one of these"
    )


def check_comparable(base: str, head: str) -> None:
    """Refuse to compare sides of two kinds: what differs would be two things. Raises UsageError."""
    code = {SideKind.FOLDER, SideKind.COMMIT}
    kinds = {kind(base), kind(head)}
    if len(kinds) > 1 and not kinds <= code:
        raise UsageError(
            f"--base '{base}' is a {kind(base)} and --head '{head}' a {kind(head)}: compare "
            "two of the same kind"
        )
