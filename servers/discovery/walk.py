"""The Python files of a project in which an app may be, a bounded number of them."""

import os
import stat
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from servers.apps.copying import LEFT_OUT
from servers.requirements import ORDER

MOST_FILES: Final = 2000
MOST_ENTRIES: Final = 20_000
"""Folders, and files of Python: others, such as data, are passed over."""
MOST_IN_FOLDER: Final = 2000
"""Of them, in one folder: what has more is data too, and the rest is still looked at."""
MOST_BYTES: Final = 512 * 1024
"""Of a file: no module that makes an app is longer."""
DEEPEST: Final = 4
"""Folders below the project's that a file may be in: backend/src/shop/web/main.py."""

_NO_APPS: Final = LEFT_OUT | {
    *("site-packages", "dist-packages", "env", "build", "dist", "test", "tests", "testing"),
    *("docs", "docs_src", "example", "examples", "migrations", "results"),
}
_OF_A_PROJECT: Final = (
    *ORDER,
    *("setup.py", "setup.cfg", "Pipfile", "manage.py", "Procfile"),
)


@dataclass
class Sources:
    """The files of a walk, as they come, and what there is to say of it."""

    files: list[Path] = field(default_factory=list)
    cut: Path | None = None
    """The first folder that has more than is looked at; None: none has."""


def is_project(folder: Path) -> bool:
    """Tell whether a folder has what only a project's has."""
    return any((folder / name).is_file() for name in _OF_A_PROJECT)


def sources(root: Path) -> Sources:
    """List files of Python, those of upper folders first.

    What cannot be read is left out, as are environments, tests, hidden folders and, where the
    folder is neither a project itself nor a repository, the projects in it.
    """
    found, seen = Sources(), 0
    nested = is_project(root) or _is_repository(root)
    waiting = deque([(root, 0)])
    while waiting:
        folder, depth = waiting.popleft()
        entries = _entries(folder)
        if len(entries) > MOST_IN_FOLDER:
            found.cut = found.cut or folder
        for entry in entries[:MOST_IN_FOLDER]:
            seen += 1
            if seen > MOST_ENTRIES or len(found.files) == MOST_FILES:
                found.cut = found.cut or folder
                return found
            if not entry.is_dir(follow_symlinks=False):
                found.files.append(Path(entry.path))
            elif depth < DEEPEST and _may_hold_apps(entry, nested=nested):
                waiting.append((Path(entry.path), depth + 1))
    return found


def contents(file: Path, most: int = MOST_BYTES) -> bytes | None:
    """Return what a file has; None where it cannot be read, is no file, or is longer."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    with os.fdopen(opened, "rb") as reading:
        try:
            if not stat.S_ISREG(os.fstat(opened).st_mode):  # a pipe would be waited for
                return None
            text = reading.read(most + 1)
        except OSError:
            return None
    return text if len(text) <= most else None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Folders and files of Python, one more than are looked at, by name."""
    try:
        with os.scandir(folder) as here:
            wanted = (
                each for each in here if each.is_dir(follow_symlinks=False) or _is_source(each)
            )
            found = list(islice(wanted, MOST_IN_FOLDER + 1))
    except OSError:
        return []
    return sorted(found, key=lambda entry: entry.name)


def _may_hold_apps(entry: os.DirEntry[str], *, nested: bool) -> bool:
    folder = Path(entry.path)
    if entry.name.startswith(".") or entry.name in _NO_APPS or (folder / "pyvenv.cfg").is_file():
        return False
    return nested or not (is_project(folder) or _is_repository(folder))


def _is_repository(folder: Path) -> bool:
    return (folder / ".git").exists()


def _is_source(entry: os.DirEntry[str]) -> bool:
    stem, dot, ending = entry.name.rpartition(".")
    if not dot or ending != "py" or not stem:
        return False
    return not (stem.startswith("test_") or stem.endswith("_test") or stem == "conftest")
