"""The app of a project whose owner names none: what is found in its source, as options."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import UsageError
from bench.system.repository import ROOT
from servers.discovery import AppSearch, FoundApp, is_project, search, start_folder
from servers.profile import Interface

_TOLD: Final = 6  # apps that are listed


@dataclass(frozen=True, slots=True)
class AppFinding:
    """An app that was found, as options that would name it.

    app_dir: None: as it was given, else the current folder. described: where it was found, for a
    sentence. others: targets that were found beside it. done: what is done with it.
    """

    app: str | None
    wsgi_app: str | None
    app_dir: Path | None
    described: str
    others: tuple[str, ...] = ()
    done: str = "measured"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What names it on a command line."""
        named = {"--app": self.app, "--wsgi-app": self.wsgi_app, "--app-dir": self.app_dir}
        return tuple(
            word
            for option, value in named.items()
            if value is not None
            for word in (option, str(value))
        )

    @property
    def note(self) -> str:
        """What is printed of it before anything is done with it."""
        beside = f"; also there: {', '.join(self.others)}" if self.others else ""
        return f"found {self.described}; {self.done} as {shlex.join(self.arguments)}{beside}"


def find_app(app_dir: Path | None) -> AppFinding | None:
    """Look in the current folder, or in `app_dir`; None: there is no project, so the items app.

    In the folder of this program's repository the items app is meant. Raises UsageError where a
    project has no app that is clearly the one, or none at all.
    """
    folder = (app_dir or Path()).resolve()
    if not folder.is_dir() or _is_ours(folder):
        return None
    found = search(folder, fixed=app_dir is not None)
    if found.chosen is not None:
        others = [app.target for app in found.found if app.key != found.chosen.key]
        return _finding(found.chosen, folder, others)
    if found.found:
        raise UsageError(_undecided(found, folder))
    if app_dir is not None or is_project(folder):
        raise UsageError(_none(found, folder))
    return None


def _is_ours(folder: Path) -> bool:
    """Whether it is of this repository; projects in it, such as examples, are not."""
    return folder == ROOT or (folder.is_relative_to(ROOT) and not is_project(folder))


def _finding(app: FoundApp, searched: Path, others: Sequence[str] = ()) -> AppFinding:
    is_asgi = app.interface is Interface.ASGI
    file = os.path.relpath(app.file)
    start = searched if app.directory == searched else start_folder(app.directory, app.target)
    return AppFinding(
        app=app.target if is_asgi else None,
        wsgi_app=app.wsgi if is_asgi else app.target,
        app_dir=None if start == searched else Path(os.path.relpath(start)),
        described=f"{app.target}{_of(app)} in {file}{_told_by(app)}",
        others=_few(others),
    )


def _of(app: FoundApp) -> str:
    return f" ({app.framework})" if app.framework else ""


def _told_by(app: FoundApp) -> str:
    return f", named in {app.told_by}" if app.told_by else ""


def _few(texts: Sequence[str]) -> tuple[str, ...]:
    more = len(texts) - _TOLD
    return (*texts[:_TOLD], *([f"and {more} more"] if more > 0 else []))


def _undecided(search: AppSearch, searched: Path) -> str:
    findings = [_finding(app, searched) for app in search.found]
    listed = [f"{shlex.join(each.arguments)} for {each.described}" for each in findings]
    if search.cut is not None:
        return f"{_too_much(search.cut)}: name yours: {'; '.join(_few(listed))}"
    return f"several apps were found and none is clearly first: give {'; '.join(_few(listed))}"


def _too_much(cut: Path) -> str:
    return f"'{cut}' has too many files and folders to look at all of them for the likeliest app"


def _none(found: AppSearch, folder: Path) -> str:
    files = "file" if found.looked_at == 1 else "files"
    looked = f"{found.looked_at:,} {files} of Python" if found.looked_at else "no files of Python"
    first = "" if found.cut is None else f", the first of them: {_too_much(found.cut)}"
    return (
        f"no app was found in '{folder}' ({looked}{first}): name yours with --app "
        "MODULE:ATTRIBUTE or --wsgi-app; for the items app call it from another folder, or measure "
        "with --workload get_item"
    )
