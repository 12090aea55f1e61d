"""What an environment depends on, in one digest: other contents, other environment."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from servers.errors import ProfileError
from servers.requirements.given import (
    PIPFILE,
    PIPFILE_LOCK,
    POETRY_LOCK,
    SETUP,
    UV_LOCK,
    Requirements,
)
from servers.requirements.lines import RequirementLine, sources
from servers.requirements.pyproject import PYPROJECT, beside, is_dynamic, uv_settings, workspace
from servers.requirements.text import read_text, read_toml

_BUILT_BY: Final = (PYPROJECT, *SETUP)
_OF_REQUIREMENTS: Final = ("require", "constraint")
"""In the paths of files that a setup.py may read without saying their names."""
_LEFT_OUT: Final = {
    "__pycache__", "node_modules", "venv", "env",
}  # fmt: skip
_LEFT_OUT_ON_TOP: Final = {"build", "dist", "results"}  # what is made of it, and by this program
_WRITTEN_MEANWHILE: Final = (
    ".pyc", ".log", ".db", ".sqlite", ".sqlite3", "-wal", "-shm", "-journal", ".egg-info",
)  # fmt: skip
_READ_BYTES: Final = 64_000_000
"""So much of a folder is read; of what comes after that, size and time of change must do."""


def digest(requirements: Requirements) -> str:
    """Return a digest of all that decides what is installed. Raises ProfileError.

    The file, the files it names, the packages that are folders; of those that are installed in
    place, only what they are built by: their code is not copied.
    """
    contents = _Contents(requirements)
    return hashlib.sha256(json.dumps(contents.facts).encode()).hexdigest()


def copies_folders(requirements: Requirements) -> bool:
    """Tell whether a package is built from a folder, which uv may have built before, otherwise."""
    return bool(built_folders(requirements).copied)


def may_be_stale(requirements: Requirements) -> bool:
    """Tell whether uv may have built a project before from other contents than it goes by.

    These are its pyproject.toml, setup.py and setup.cfg: not its code, nor files that they read.
    """
    folders = built_folders(requirements)
    return bool(folders.copied) or any(map(_reads_files, folders.every))


@dataclass(frozen=True)
class BuiltFolders:
    """Folders of projects that an installation builds: all of them, and those built to be copied.

    The others are installed in place.
    """

    every: frozenset[Path]
    copied: frozenset[Path]


def built_folders(requirements: Requirements) -> BuiltFolders:
    """Return the folders that are projects, of what an app needs. Raises ProfileError."""
    contents = _Contents(requirements)
    return BuiltFolders(frozenset(contents.projects), frozenset(contents.copied))


class _Contents:
    """What is gathered, each file and folder once."""

    def __init__(self, requirements: Requirements) -> None:
        self.folder = requirements.folder
        self.facts: list[Any] = [requirements.file.name, requirements.extras, requirements.groups]
        self.projects: set[Path] = set()
        self.copied: set[Path] = set()
        self._seen: set[Path] = set()
        settings = self.folder / "uv.toml"
        self.facts += [uv_settings(self.folder), read_text(settings) if settings.is_file() else ""]
        self._read(requirements.file)

    def _read(self, file: Path) -> None:
        project = file.with_name(PYPROJECT)
        match file.name:
            case "pyproject.toml":
                self._project(file.parent)
            case name if name in SETUP:
                self._project(file.parent)
            case name if name in {UV_LOCK, POETRY_LOCK}:
                self._toml(file)
                if project.is_file():
                    self._project(file.parent)
            case name if name == PIPFILE_LOCK:
                text = read_text(file)
                self.facts.append(text)
                self._beside(_json(text, file), file.parent)
            case name if name == PIPFILE:
                self._toml(file)
            case _:
                self._lines(file)

    def _lines(self, file: Path) -> None:
        for source in sources(file):
            self.facts.append(source.text)
            for line in source.lines:
                self._line(line)

    def _line(self, line: RequirementLine) -> None:
        if line.option is not None and line.option[0] != "editable":
            return
        named = line.names()
        if named:
            self._local(self.folder / named, editable=line.option is not None)

    def _toml(self, file: Path) -> None:
        self.facts.append(read_text(file))
        self._beside(read_toml(file), file.parent)

    def _beside(self, found: Any, folder: Path) -> None:
        for key, named in beside(found):
            self._local(folder / named, editable=key in {"editable", "virtual"})

    def _project(self, folder: Path) -> None:
        """What a project that is installed in place is built by."""
        folder = folder.resolve()
        if folder in self._seen:
            return
        self._seen.add(folder)
        self.projects.add(folder)
        self.facts.append(str(folder))
        for name in _BUILT_BY:
            file = folder / name
            if file.is_file():
                self.facts.append(read_text(file))
        for file in _read_by_setup(folder):
            self._local(file, editable=True)
        if (folder / PYPROJECT).is_file():
            self._beside(read_toml(folder / PYPROJECT), folder)
        for member in workspace(folder):
            self._project(member)

    def _local(self, path: Path, *, editable: bool) -> None:
        """A folder or a file that a requirement may mean; what is not there is none."""
        try:
            path = Path(os.path.realpath(path))
            is_folder = path.is_dir()
        except (OSError, ValueError):  # it is not meant as one: too long, or with odd characters
            return
        if is_folder and any((path / name).is_file() for name in _BUILT_BY):
            copied = not editable and path not in self._seen
            self._project(path)
            if copied:
                self.copied.add(path)
                self.facts += _tree(path)
        elif path.is_file() and path not in self._seen:
            self._seen.add(path)
            self.facts.append(_of_file(path, path.stat(), _READ_BYTES))


def _reads_files(folder: Path) -> bool:
    """Tell whether what a project needs may stand in files beside those that uv goes by."""
    if any((folder / name).is_file() for name in SETUP):
        return True
    return (folder / PYPROJECT).is_file() and is_dynamic(folder / PYPROJECT)


def _read_by_setup(folder: Path) -> Iterator[Path]:
    """Yield files that a setup.py or setup.cfg may read: those it names, and those of requirements.

    No modules: of what is installed in place, code may change.
    """
    texts = [read_text(folder / name) for name in SETUP if (folder / name).is_file()]
    if not texts:
        return
    for path in sorted(_files(folder)):
        within = str(path.relative_to(folder)).lower()
        told = any(path.name in text for text in texts)
        if path.suffix != ".py" and (told or any(word in within for word in _OF_REQUIREMENTS)):
            yield path


def _tree(folder: Path) -> Iterator[list[Any]]:
    """Yield each file of a folder that may go into a package: its path and what is in it."""
    left = _READ_BYTES
    for path in sorted(_files(folder)):
        try:
            facts = path.stat()
            yield [str(path.relative_to(folder)), _of_file(path, facts, left)]
        except OSError:
            continue  # gone meanwhile, or a link to nothing
        left -= facts.st_size


def _files(folder: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        left_out = _LEFT_OUT | (_LEFT_OUT_ON_TOP if Path(above) == folder else set())
        folders[:] = [
            name
            for name in folders
            if name not in left_out and not name.startswith(".") and not _written(name)
        ]
        yield from (Path(above, name) for name in files if not _written(name))


def _written(name: str) -> bool:
    return name.endswith(_WRITTEN_MEANWHILE)


def _of_file(path: Path, facts: os.stat_result, left: int) -> list[Any]:
    if facts.st_size > left:
        return [facts.st_size, facts.st_mtime_ns]
    return [hashlib.sha256(path.read_bytes()).hexdigest()]


def _json(text: str, file: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise ProfileError(f"'{file}' line {line} is not valid JSON: {error}") from error
