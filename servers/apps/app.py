"""The app that every server runs: two import strings, a folder, a requirements file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from servers.errors import ProfileError
from servers.profile import Interface, Profile
from servers.requirements import Requirements

_NAMES = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_TARGET = re.compile(rf"{_NAMES}:{_NAMES}(\(\))?")
_WITH_ARGUMENTS = re.compile(rf"{_NAMES}:{_NAMES}\(.+\)", re.DOTALL)


class StartFolder(StrEnum):
    """Where each server of an app is started."""

    PROJECT = "project"
    """In the app's own folder, all of them."""
    COPY = "copy"
    """In a fresh copy of that folder, which the app is imported from, too."""
    EMPTY = "empty"
    """In a fresh, empty folder."""


@dataclass(frozen=True)
class App:
    """An app as servers see it; raises ProfileError where a target has another form.

    A target is "module:attribute", or "module:function()" where a function makes the app.
    """

    asgi: str | None
    wsgi: str | None
    directory: Path
    """The folder its modules are imported from."""
    requirements: Requirements | None = None
    """What it needs installed; None: nothing."""
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Variables that it needs under every server; placeholders in them are filled in."""
    file_env: Mapping[str, str] = field(default_factory=dict, hash=False)
    """More of them, as files say: taken as they stand, and overridden by `env`."""
    place: StartFolder = StartFolder.EMPTY

    def __post_init__(self) -> None:
        for target in (self.asgi, self.wsgi):
            if target is not None and not _TARGET.fullmatch(target):
                raise ProfileError(
                    f"app {target!r} is not of the form module:attribute: {_advice(target)}"
                )

    def target(self, profile: Profile) -> str:
        """Return what was named for this profile's server; raises ProfileError."""
        target = self.asgi if profile.interface is Interface.ASGI else self.wsgi
        if target is None:
            raise ProfileError(
                f"server {profile.name!r} runs {profile.interface.upper()} apps and the app has "
                f"no {profile.interface.upper()} target: name one, or leave {profile.name!r} out"
            )
        return target


def _advice(target: str) -> str:
    """How to write what is not of that form."""
    if _WITH_ARGUMENTS.fullmatch(target):
        return (
            "a function that makes the app is called without arguments: assign what it returns in "
            "a module, as app = create(1), and name that module:app"
        )
    return "write it like package.module:app, or package.module:create() where that makes the app"


_ROOT: Final = Path(__file__).resolve().parents[2]
ITEMS_REQUIREMENTS: Final = Requirements(_ROOT / "requirements" / "app.txt", _ROOT)
"""What the items app needs."""


def items_app() -> App:
    """Return the items app of this repository."""
    return App(
        asgi="app.main:app",
        wsgi="app.wsgi:application",
        directory=_ROOT,
        requirements=ITEMS_REQUIREMENTS,
    )
