"""The folders of one start of a server: where it starts, imports the app from, and leaves files."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from servers.apps.app import App, StartFolder
from servers.apps.copying import copy
from servers.apps.factory import write_module
from servers.apps.source_folder import SOURCES, source_folder
from servers.cleanup import finish


@dataclass(frozen=True)
class Folders:
    """Absolute paths."""

    start: Path
    """The working directory: {cwd}."""
    code: Path
    """Where the app's modules are."""
    home: Path
    """HOME and TMPDIR: fresh, and outside of the project."""
    sources: Path | None = None
    """More modules: the project's `src`."""


async def laid_out(app: App, target: str, scratch: Path) -> Folders:
    """Make the folders of one start in `scratch`, which is fresh and empty; raises CopyError.

    The module that makes the app, where a function does, is written to the home. In a copy, modules
    below `src` come from there, whatever the app is: an install in editable form leads elsewhere.
    """
    folders = _of(app, scratch)
    folders = replace(folders, sources=source_folder(app.directory, target))
    if app.place is StartFolder.COPY:
        folders.home.mkdir()
        await finish(asyncio.to_thread(copy, app.directory, folders.code))
        if (folders.code / SOURCES).is_dir():
            folders = replace(folders, sources=folders.code / SOURCES)
    write_module(target, folders.home)
    return folders


def _of(app: App, scratch: Path) -> Folders:
    match app.place:
        case StartFolder.PROJECT:
            return Folders(start=app.directory, code=app.directory, home=scratch)
        case StartFolder.COPY:
            project = scratch / "project"
            return Folders(start=project, code=project, home=scratch / "home")
        case StartFolder.EMPTY:
            return Folders(start=scratch, code=app.directory, home=scratch)
