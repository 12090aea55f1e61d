"""Which files in an app's folder are new or changed after a run: its servers share that folder."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self, TypeAlias

from bench.facts.run import FolderChanges
from servers.apps.app import App, StartFolder
from servers.apps.copying import entries

MOST_ENTRIES: Final = 5_000
"""Of a folder, files and folders: in a larger one nothing is looked for."""
NAMED: Final = 5  # files; of more, their number

_Stamp: TypeAlias = tuple[int, int]  # size in bytes, time of the last change in ns


@dataclass(frozen=True, slots=True)
class FolderState:
    """The files in a folder at a moment, by their paths within it; results of runs aside."""

    folder: Path
    results: Path  # of this run, wherever they are
    files: Mapping[str, _Stamp]

    @classmethod
    def of(cls, folder: Path, results: Path) -> Self | None:
        """Look at it now; None where it is too large, or cannot be read."""
        files = _files(folder, results)
        return None if files is None else cls(folder, results, files)

    def changes(self) -> FolderChanges | None:
        """What is new or changed by now; None: nothing, or it cannot be told any more."""
        now = _files(self.folder, self.results) or {}
        changed = [name for name, stamp in now.items() if self.files.get(name) != stamp]
        if not changed:
            return None
        named = tuple(map(_shown, changed[:NAMED]))
        return FolderChanges(_shown(self.folder.name), named, len(changed))


def states(apps: Iterable[App], results: Path) -> Iterator[FolderState]:
    """The folders that servers are about to be started in, but for those that the run has made."""
    places = dict.fromkeys(app.directory for app in apps if app.place is StartFolder.PROJECT)
    for folder in places:
        if not folder.resolve().is_relative_to(results.resolve()):
            state = FolderState.of(folder, results)
            if state is not None:
                yield state


def _files(folder: Path, results: Path) -> dict[str, _Stamp] | None:
    found: dict[str, _Stamp] = {}
    try:
        seen = list(islice(entries(folder, folder / _within(results, folder)), MOST_ENTRIES + 1))
    except OSError:
        return None
    if len(seen) > MOST_ENTRIES:
        return None
    for entry in seen:
        with suppress(OSError):  # gone since it was seen
            if entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                name = str(Path(entry.path).relative_to(folder))
                found[name] = (stat.st_size, stat.st_mtime_ns)
    return found


def _shown(name: str) -> str:
    """A name as text that can be written anywhere: of one that is not UTF-8, its other bytes."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _within(results: Path, folder: Path) -> Path:
    """The path of a run's results as it is met within a folder; elsewhere, one that is not met."""
    full, root = results.resolve(), folder.resolve()
    return full.relative_to(root) if full.is_relative_to(root) else full
