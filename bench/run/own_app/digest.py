"""What tells the files of an app from the same files after an edit: a digest of the app's tree.

A commit does not, where the tree has changes already when a run begins: a second edit leaves it the
same. What servers write while they run, as a database or a log, is no edit: of files that git does
not track, only Python modules count.
"""

import hashlib
from itertools import islice
from pathlib import Path
from typing import Final

from bench.system.repository import commit_of, tracked_changes, untracked
from servers.apps.copying import entries

MOST_ENTRIES: Final = 50_000
"""Of a folder, files and folders: of a larger one there is no digest."""
_DIGITS: Final = 12


def app_digest(folder: Path) -> str | None:
    """The digest of an app's tree, as a hash in hexadecimal; None where it cannot be read.

    In a repository: of the commit, what differs from it, and the modules in the folder that are not
    tracked. Elsewhere: of all modules in the folder.
    """
    try:
        modules = _modules(folder)
        if modules is None:
            return None
        known = commit_of(folder) is not None
        changes, own = (tracked_changes(folder), untracked(folder)) if known else (b"", None)
        if changes is None:
            return None
        contents = hashlib.sha256(changes)
        for name in sorted(modules if own is None else modules & own):
            contents.update(f"\0{name}\0".encode(errors="surrogateescape"))
            contents.update(hashlib.sha256((folder / name).read_bytes()).digest())
    except OSError:
        return None
    return contents.hexdigest()[:_DIGITS]


def _modules(folder: Path) -> set[str] | None:
    """Paths within a folder of its Python modules, environments and runs aside; None: too many."""
    found = list(islice(entries(folder, None), MOST_ENTRIES + 1))
    if len(found) > MOST_ENTRIES:
        return None
    paths = (Path(entry.path) for entry in found if entry.name.endswith(".py") and entry.is_file())
    return {str(path.relative_to(folder)) for path in paths}
