"""A fresh copy of a project's folder, without what makes such copies huge."""

import os
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from servers.errors import CopyError

MOST_BYTES: Final = 512 * 2**20
MOST_FILES: Final = 20_000
"""Each start of a server makes a copy: a larger one would take longer than the start itself."""

LEFT_OUT: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__"),
        *(".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    }
)
_OF_AN_ENVIRONMENT: Final = "pyvenv.cfg"
_OF_A_RUN: Final = ("manifest.json", "journal.jsonl")


def check_size(folder: Path) -> None:
    """Check that a folder can be copied for each start of a server; raises CopyError."""
    with _explained(folder):
        _entries_within_bounds(folder, None)


def copy(folder: Path, to: Path) -> None:
    """Copy what is in a folder to a new one, where its owner may write; raises CopyError.

    Links stay links: to the same thing in the copy, or to what they lead to that is not copied.
    """
    with _explained(folder):
        to.mkdir()
        for entry in _entries_within_bounds(folder, to.parent.resolve()):
            with suppress(FileNotFoundError):  # removed since it was listed
                _copy_one(entry, folder, to)


def _copy_one(entry: os.DirEntry[str], folder: Path, to: Path) -> None:
    source = Path(entry.path)
    target = to / source.relative_to(folder)
    if entry.is_symlink():
        target.symlink_to(_leading(source, folder, to))
    elif entry.is_dir():
        target.mkdir()
    elif entry.is_file():  # a socket or a pipe cannot be copied
        shutil.copy2(source, target)
        target.chmod(target.stat().st_mode | stat.S_IRUSR | stat.S_IWUSR)


def _leading(link: Path, folder: Path, to: Path) -> Path:
    """Return where the copy of a link leads."""
    end = Path(os.path.realpath(link.parent / link.readlink()))  # of a loop, one of its links
    root = folder.resolve()
    if not end.is_relative_to(root):
        return end
    within = end.relative_to(root)
    parts = (root / each for each in (within, *within.parents) if each != Path())
    return end if any(part.is_dir() and _is_left_out(part) for part in parts) else to / within


def _entries_within_bounds(folder: Path, without: Path | None) -> list[os.DirEntry[str]]:
    """Return what has to be copied, folders before their contents; raises CopyError."""
    found: list[os.DirEntry[str]] = []
    sizes: Counter[str] = Counter()  # by the folder's direct entries
    for entry in entries(folder, without):
        found.append(entry)
        top = Path(entry.path).relative_to(folder).parts[0]
        with suppress(FileNotFoundError):
            sizes[top] += entry.stat(follow_symlinks=False).st_size
        if sizes.total() > MOST_BYTES or len(found) > MOST_FILES:
            raise CopyError(
                f"--copy of '{folder}' would take more than {MOST_BYTES // 2**20} MiB or "
                f"{MOST_FILES:,} files for each start of a server (the largest found so far: "
                f"'{sizes.most_common(1)[0][0]}'): keep such files outside of the folder, or leave "
                "out --copy"
            )
    return found


def entries(folder: str | Path, without: Path | None) -> Iterator[os.DirEntry[str]]:
    """Yield the project's own files, folders before their contents; raises OSError."""
    with os.scandir(folder) as found:
        here = sorted(found, key=lambda entry: entry.name)
    for entry in here:
        if not entry.is_dir(follow_symlinks=False):
            yield entry
        elif not _is_left_out(Path(entry.path)) and Path(entry.path) != without:
            yield entry
            yield from entries(entry.path, without)


def _is_left_out(folder: Path) -> bool:
    """Tell whether a folder belongs to a tool, is an environment, or holds a run's results."""
    if folder.name in LEFT_OUT:
        return True
    return (folder / _OF_AN_ENVIRONMENT).is_file() or all(
        (folder / name).is_file() for name in _OF_A_RUN
    )


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CopyError(
            f"--copy of '{folder}' failed at '{error.filename or folder}': {error.strerror}: fix "
            "that, or leave out --copy"
        ) from error
