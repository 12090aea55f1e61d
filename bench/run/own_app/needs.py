"""What the user's app needs installed: the file that was named or found, and notes about it."""

import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from bench.errors import UsageError
from bench.run.own_app.options import AppOptions
from servers.apps.app import ITEMS_REQUIREMENTS
from servers.requirements import ORDER, Found, Requirements, digest, find, given, wanted_python

NOTHING: Final = Path("none")
_LISTED: Final = f"{', '.join(ORDER[:-1])} or {ORDER[-1]}"


@dataclass(frozen=True, slots=True)
class Needs:
    """What an app needs; what is recorded of it; and what is printed beforehand."""

    requirements: Requirements | None
    recorded: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def needs(options: AppOptions, app_folder: Path) -> Needs:
    """Take what was named, else what is found, else what the items app needs.

    Raises UsageError, and ProfileError where a file cannot be read.
    """
    named = options.requirements
    if named == NOTHING:
        _refuse_choice(options, "--requirements none has nothing to choose from")
        return Needs(None, {"file": None, "named": True})
    if named is not None:
        if not named.is_file():
            raise UsageError(
                f"--requirements '{named}' is not a file: name the file of the app's "
                "dependencies, or none"
            )
        wanted = given(named, app_folder, Path(), options.extras, options.groups)
        return Needs(wanted, _recorded(wanted, named=True), (*_other_python(wanted.folder),))
    found = find(app_folder, Path())
    if found is None:
        _refuse_choice(options, f"there is no {_LISTED} to choose from")
        return Needs(ITEMS_REQUIREMENTS, {"file": None, "named": False}, (_none_found(),))
    wanted = Requirements(found.file, found.folder, options.extras, options.groups)
    notes = (_found(found), *_other_python(wanted.folder))
    return Needs(wanted, _recorded(wanted, named=False), notes)


def _recorded(wanted: Requirements, *, named: bool) -> dict[str, Any]:
    return {
        "file": wanted.shown,
        "named": named,
        "extras": list(wanted.extras),
        "groups": list(wanted.groups),
        "contents": digest(wanted)[:16],
    }


def _refuse_choice(options: AppOptions, why: str) -> None:
    for option, names in (("--extra", options.extras), ("--group", options.groups)):
        if names:
            raise UsageError(f"{option} '{names[0]}': {why}")


def _found(found: Found) -> str:
    beside = f"; also there: {', '.join(found.beside)}" if found.beside else ""
    return (
        f"the app's requirements: {found.file.name}, found in '{found.folder.name}'{beside} "
        "(--requirements FILE selects another)"
    )


def _other_python(folder: Path) -> Iterator[str]:
    """Say that the project asks for other versions of Python than the one it is measured with."""
    asked, used = wanted_python(folder), platform.python_version()
    with suppress(InvalidSpecifier):  # uv says what is wrong with it
        if asked is not None and not SpecifierSet(asked).contains(used, prereleases=True):
            yield (
                f"the app asks for Python {asked}, and servers get the {used} that this program "
                "runs on: to measure with another, install this program with that one, as 'pipx "
                "install --python 3.13' does"
            )


def _none_found() -> str:
    return (
        f"the app's requirements: no {_LISTED} was found, so it gets those of the items app, "
        "including FastAPI (--requirements FILE selects a file)"
    )
