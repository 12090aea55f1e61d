"""Which file says what an app needs, and the folder that paths in it begin in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from servers.errors import ProfileError
from servers.requirements.pyproject import PYPROJECT, is_package, needs_something

UV_LOCK: Final = "uv.lock"
POETRY_LOCK: Final = "poetry.lock"
PIPFILE_LOCK: Final = "Pipfile.lock"
PIPFILE: Final = "Pipfile"

SETUP: Final = ("setup.py", "setup.cfg")
ORDER: Final = (UV_LOCK, POETRY_LOCK, PIPFILE_LOCK, "requirements.txt", PYPROJECT, PIPFILE, *SETUP)
"""What is looked for in a project's folder. A lock comes first: it is what is deployed."""

_WITH_CHOICE: Final = {UV_LOCK, POETRY_LOCK, PIPFILE_LOCK, PYPROJECT, PIPFILE}


@dataclass(frozen=True)
class Requirements:
    """A file that says what an app needs; both paths are absolute.

    Raises ProfileError where extras or groups are asked of a file that has none.
    """

    file: Path
    folder: Path
    """Where uv runs: what relative paths of packages mean, and whose uv settings hold."""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.extras or self.groups) and self.file.name not in _WITH_CHOICE:
            option = "--extra" if self.extras else "--group"
            raise ProfileError(
                f"{option} '{(self.extras or self.groups)[0]}' chooses from a pyproject.toml or "
                f"a lock, but '{self.file.name}' is neither: name one with --requirements"
            )
        if self.extras and self.file.name in {PIPFILE_LOCK, PIPFILE}:
            raise ProfileError(
                f"--extra '{self.extras[0]}': a {self.file.name} has only groups: use --group"
            )

    @property
    def shown(self) -> str:
        """The file as it is called in its project."""
        return os.path.relpath(self.file, self.folder)


@dataclass(frozen=True)
class Found:
    """A file that was found in a project, and the names of those that lie beside it unused."""

    file: Path
    folder: Path
    beside: tuple[str, ...]


def find(app_folder: Path, typed: Path) -> Found | None:
    """Look in the app's folder, and above it as far as where the command was typed."""
    for folder in _upwards(app_folder.resolve(), typed.resolve()):
        there = [name for name in ORDER if _says_something(folder / name)]
        if PIPFILE_LOCK in there and PIPFILE in there:
            there.remove(PIPFILE)
        if PYPROJECT in there:  # which stands for them too
            there = [name for name in there if name not in SETUP]
        if there:
            return Found(folder / there[0], folder, tuple(there[1:]))
    return None


def given(
    file: Path,
    app_folder: Path,
    typed: Path,
    extras: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> Requirements:
    """Return what a file that was named says.

    The project's folder is that of a pyproject.toml or a lock. Else it is the nearest that holds
    both app and file, if that is where the command was typed or below it; else the app's.
    """
    file, app_folder, typed = file.resolve(), app_folder.resolve(), typed.resolve()
    if file.name in _WITH_CHOICE:
        return Requirements(file, file.parent, extras, groups)
    both = Path(os.path.commonpath([file.parent, app_folder]))
    folder = both if both.is_relative_to(typed) else app_folder
    return Requirements(file, folder, extras, groups)


def _upwards(folder: Path, top: Path) -> Iterator[Path]:
    yield folder
    if folder.is_relative_to(top):
        while folder != top:
            folder = folder.parent
            yield folder


def _says_something(file: Path) -> bool:
    if not file.is_file():
        return False
    if file.name == PYPROJECT:
        setup = any(_asks(file.with_name(name)) for name in SETUP)
        return needs_something(file) or (setup and is_package(file))
    return file.name not in SETUP or _asks(file)


def _asks(setup: Path) -> bool:
    """Tell whether it can say what an app needs: many hold the settings of tools, or nothing."""
    return setup.is_file() and b"install_requires" in setup.read_bytes()
