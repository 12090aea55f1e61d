"""What is found of a project's apps."""

from dataclasses import dataclass
from pathlib import Path

from servers.apps.factory import CALL
from servers.profile import Interface


@dataclass(frozen=True)
class AppObject:
    """A name in a module that is an app, or a function that makes one.

    framework: as it is shown; None: not known. needs_arguments: of a function that servers cannot
    call.
    """

    name: str
    framework: str | None
    interface: Interface
    is_factory: bool = False
    needs_arguments: bool = False

    @property
    def attribute(self) -> str:
        """What a target names it by."""
        return f"{self.name}{CALL}" if self.is_factory else self.name


@dataclass(frozen=True)
class FoundApp:
    """An app, the file that it is in, and where it is imported from; paths are absolute.

    wsgi: the same app for WSGI servers, where the project has one beside an ASGI app. told_by: the
    file of the project that names it; None: it was found in its source.
    """

    target: str
    interface: Interface
    framework: str | None
    file: Path
    directory: Path
    wsgi: str | None = None
    told_by: str | None = None

    @property
    def key(self) -> tuple[Path, str]:
        """What no other app of the project has."""
        return (self.file, self.target.partition(":")[2])


@dataclass(frozen=True)
class AppSearch:
    """What a search has found, the likeliest first.

    chosen: None: there is none, or none that is clearly first. looked_at: number of files of
    Python. cut: the first folder of which not all was looked at, which has too much; None: none.
    """

    chosen: FoundApp | None
    found: tuple[FoundApp, ...]
    looked_at: int
    cut: Path | None
