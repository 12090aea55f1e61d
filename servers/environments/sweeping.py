"""What setuptools leaves in the folder of a project that it builds: removed, for it is its owner's.

Several environments may be built from one folder at a time, by several programs: who is the last
removes what was not there when the first began.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

from servers.environments.lock import POLL_S
from servers.requirements import BuiltFolders

_EGG_INFO: Final = ("*.egg-info", "*/*.egg-info", "*/*/*.egg-info")
"""Beside the packages too, which may be in src, or in backend/src."""
_ITS_FILE: Final = "PKG-INFO"
_BUILD: Final = "build"
_BUILT: Final = ("lib.", "bdist.", "temp.", "scripts-")


@asynccontextmanager
async def swept(folders: BuiltFolders, cache: Path) -> AsyncIterator[None]:
    """Remove what a build within the block leaves in these folders. Raises OSError for the cache.

    `*.egg-info`; and `build` where the project was not installed in place,
    which may need it.
    """
    if not folders.every:
        yield
        return
    name = hashlib.sha256("\0".join(sorted(map(str, folders.every))).encode()).hexdigest()[:20]
    with (cache / f"{name}.sweep").open("a+b") as file:
        await _begin(file, folders)
        try:
            yield
        finally:
            _end(file, folders)


async def _begin(file: BinaryIO, folders: BuiltFolders) -> None:
    """Take a share of the lock; who is the first writes down what there is."""
    if _took(file, fcntl.LOCK_EX):
        file.truncate(0)
        file.write(json.dumps([os.fsdecode(path) for path in _left(folders)]).encode())
        file.flush()
    while not _took(file, fcntl.LOCK_SH):  # noqa: ASYNC110 - flock has no event to await
        await asyncio.sleep(POLL_S)


def _end(file: BinaryIO, folders: BuiltFolders) -> None:
    if not _took(file, fcntl.LOCK_EX):
        return
    file.seek(0)
    before = set(json.loads(file.read()))
    for path in _left(folders):
        if os.fsdecode(path) not in before:
            shutil.rmtree(path, ignore_errors=True)


def _left(folders: BuiltFolders) -> Iterator[Path]:
    """Folders that a build may have made."""
    for folder in sorted(folders.every):
        found = (path for pattern in _EGG_INFO for path in folder.glob(pattern))
        yield from (path for path in found if (path / _ITS_FILE).is_file())
        if folder in folders.copied and _is_setuptools(folder / _BUILD):
            yield folder / _BUILD


def _is_setuptools(build: Path) -> bool:
    """Whether a folder has what setuptools builds in it, and nothing else: its owner may use it."""
    names = {each.name for each in build.iterdir()} if build.is_dir() else set()
    return bool(names) and all(name == "lib" or name.startswith(_BUILT) for name in names)


def _took(file: BinaryIO, lock: int) -> bool:
    try:
        fcntl.flock(file.fileno(), lock | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
