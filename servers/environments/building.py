"""Building an environment: a server beside an app, whose own pins win.

First everything is requested at once, in the profile's versions. If that has no solution, the
profile's versions are installed first and then the app's requirements, which replace the versions
that conflict with them, and no others. The server's own version stays, unless the app pins it.
"""

import asyncio
import importlib.metadata
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from servers.environments.sweeping import swept
from servers.environments.uv import Uv, UvError, find_uv, without_passwords
from servers.errors import ConflictError, EnvironmentBuildError, ProfileError
from servers.profile import Older, Profile, canonical, distribution
from servers.requirements import (
    BuiltFolders,
    Installation,
    RequirementLine,
    Requirements,
    built_folders,
    installation,
    may_be_stale,
)

NOTHING: Final = Installation((), (), ())
NO_FOLDERS: Final = BuiltFolders(frozenset(), frozenset())


@dataclass(frozen=True)
class Built:
    """What is installed in the end; see Environment."""

    packages: Mapping[str, str]
    yielded: Mapping[str, bool]
    without_project: bool


class Building:
    """One environment that is being built."""

    def __init__(
        self, profile: Profile, requirements: Requirements | None, directory: Path
    ) -> None:
        self.profile = profile
        self.requirements = requirements
        self.directory = directory
        self.log = directory.with_suffix(".log")
        # From the project's folder, for the paths and the settings that are there; else from the
        # cache's: uv would read the settings of whatever project it is run in.
        self.folder = requirements.folder if requirements else directory.parent
        self.without_project = False
        self._refreshing = ["--refresh"] if requirements and may_be_stale(requirements) else []
        self._uv = Uv(find_uv(profile.name), self.folder, self.log)

    async def run(self) -> Built:
        """Build it; raises EnvironmentBuildError, ConflictError and ProfileError."""
        await asyncio.to_thread(self._sweep)
        await self._venv()
        folders = built_folders(self.requirements) if self.requirements else NO_FOLDERS
        async with swept(folders, self.directory.parent):
            return await self._installed()

    async def _installed(self) -> Built:
        with tempfile.TemporaryDirectory(prefix="weighbridge-needs-") as scratch:
            app = await self._app(Path(scratch))
            self._uv = replace(self._uv, indexes=app.indexes)
            try:
                await self._install(*self.profile.requires, *app.arguments)
            except UvError as error:
                await self._otherwise(error, app)
        packages = _packages(self.directory)
        for each in self.profile.exceptions(packages):
            await self._except(each, packages, app)
        self.log.unlink(missing_ok=True)
        packages = _packages(self.directory)
        return Built(packages, _yielded(self.profile, packages, app), self.without_project)

    def _sweep(self) -> None:
        """Remove what a killed build has left."""
        self.log.unlink(missing_ok=True)
        if self.directory.exists():
            shutil.rmtree(self.directory)

    async def _venv(self) -> None:
        venv = ("venv", "--no-project", "--python", sys.executable, str(self.directory))
        try:
            await self._uv.run(*venv)
        except UvError as error:
            raise self._failed(error) from error

    async def _app(self, scratch: Path) -> Installation:
        """Read what the app needs; locks are read by their own tools."""
        if self.requirements is None:
            return NOTHING
        try:
            return await installation(self.requirements, scratch, self._beside_file)
        except UvError as error:
            raise self._refused(error, NOTHING) from error

    async def _beside_file(self, *arguments: str) -> None:
        folder = self.requirements.file.parent if self.requirements else self.folder
        await self._uv.run(*arguments, folder=folder)

    async def _install(self, *wanted: str, dry: bool = False) -> None:
        """Install what is wanted; raises UvError."""
        if not wanted:
            return
        # Compiled now, or the first start of every server would be slower than all later ones.
        options = ["--dry-run" if dry else "--compile-bytecode", *self._refreshing]
        python = str(self.directory / "bin" / "python")
        await self._uv.run("pip", "install", *options, "--python", python, *wanted)

    async def _otherwise(self, error: UvError, app: Installation) -> None:
        """Find the cause of a failure, and give up conflicting versions where that helps."""
        if not app.arguments:
            raise self._failed(error)
        possible = await self._possible(error, app)
        try:
            if possible != app.arguments:
                await self._install(*self.profile.requires, *possible)
                return
        except UvError as other:
            error = other
        if not error.unsolvable:
            raise self._unbuilt(error, app)
        await self._give_way(app, possible)

    async def _possible(self, error: UvError, app: Installation) -> Sequence[str]:
        """Return what of the app can be installed by itself: perhaps not its own project."""
        try:
            await self._install(*app.arguments, dry=True)
        except UvError as refused:
            if app.without_project == app.arguments:
                raise self._refused(refused, app) from refused
        else:
            if error.unsolvable or error.of_machine or app.without_project == app.arguments:
                return app.arguments
        try:
            await self._install(*app.without_project, dry=True)
        except UvError as refused:
            raise self._refused(refused, app) from refused
        self.without_project = True
        return app.without_project

    async def _give_way(self, app: Installation, possible: Sequence[str]) -> None:
        try:
            await self._install(*self.profile.requires)
        except UvError as own:
            raise self._failed(own) from own
        try:
            await self._install(*_giving_way(self.profile, app.pins), *possible)
        except UvError as last:
            raise (self._conflict(last, app) if last.unsolvable else self._failed(last)) from last

    async def _except(self, older: Older, packages: Mapping[str, str], app: Installation) -> None:
        """Add what an older version needs; raises ConflictError where it cannot run at all."""
        if older.lacks is not None:
            version = self.profile.version(packages)
            pin = app.pins.get(canonical(self.profile.package or ""))
            where = f", the app's own pin ({pin.place})" if pin else ""
            raise ConflictError(
                f"{self.profile.name}: {self.profile.package} {version}{where}, {older.lacks}",
                server=self.profile.name,
            )
        wanted = [each for each in older.requires if canonical(distribution(each)) not in app.pins]
        try:
            await self._install(*wanted)
        except UvError as error:
            raise self._failed(error) from error

    def _failed(self, error: UvError) -> EnvironmentBuildError:
        wanted = ", ".join(self.profile.requires) or "what the app needs"
        return EnvironmentBuildError(
            f"the packages of {self.profile.name!r} cannot be installed ({wanted}): {error}",
            server=self.profile.name,
            log_tail=error.lines,
        )

    def _unbuilt(self, error: UvError, app: Installation) -> Exception:
        """Return the error for what has a solution: the app's, if its package was not built.

        That is known only now: to try out an installation, uv compiles nothing.
        """
        is_of_app = error.unbuilt is not None and app.meant(error.unbuilt) is not None
        return self._refused(error, app) if is_of_app else self._failed(error)

    def _refused(self, error: UvError, app: Installation) -> Exception:
        """Return the error for requirements that cannot be installed even without a server."""
        if error.of_machine:
            return self._failed(error)
        assert self.requirements is not None  # noqa: S101 - without requirements nothing is refused
        line = app.meant("\n".join(error.lines))
        where = f"{line.place}: '{without_passwords(line.text)}': " if line else ""
        said = str(error)
        for copy, source in (app.copies.originals if app.copies else {}).items():
            said = said.replace(str(copy), source.path.name)
        return ProfileError(
            f"the app's requirements '{self.requirements.file}' cannot be installed: {where}{said}"
        )

    def _conflict(self, error: UvError, app: Installation) -> ConflictError:
        said = str(error)
        own = [each for each in self.profile.requires if _names(each, said)]
        line = app.meant(said)
        needs = f"it needs {own[0]}" if own else "it needs other versions"
        theirs = f", and the app {without_passwords(line.text)} ({line.place})" if line else ""
        return ConflictError(
            f"{self.profile.name} cannot be installed together with the app's pins: "
            f"{needs}{theirs}: {said}",
            server=self.profile.name,
            log_tail=error.lines,
        )


def _giving_way(profile: Profile, pins: Mapping[str, RequirementLine]) -> list[str]:
    """Return the profile's requirements, with versions only where they are what is compared."""
    package = canonical(profile.package or "")
    kept = package not in pins or profile.version_asked
    return [
        each if kept and canonical(distribution(each)) == package else _of_any_version(each)
        for each in profile.requires
    ]


def _of_any_version(requirement: str) -> str:
    try:
        found = Requirement(requirement)
    except InvalidRequirement:
        return requirement
    found.specifier = SpecifierSet()
    return str(found)


def _names(requirement: str, said: str) -> bool:
    name = re.escape(distribution(requirement))
    return re.search(rf"(?<![\w.-]){name}(?![\w-])", said, re.IGNORECASE) is not None


def _yielded(profile: Profile, packages: Mapping[str, str], app: Installation) -> dict[str, bool]:
    """Say which versions are not the profile's, and whether the app itself pins them."""
    found = {}
    for each in profile.requires:
        name = canonical(distribution(each))
        try:
            fits = Requirement(each).specifier.contains(packages[name], prereleases=True)
        except (InvalidRequirement, InvalidVersion, KeyError):
            continue
        if not fits:
            found[name] = name in app.pins
    return found


def _packages(directory: Path) -> dict[str, str]:
    places = [str(path) for path in directory.glob("lib*/python*/site-packages")]
    installed = importlib.metadata.distributions(path=places)
    return dict(sorted((canonical(found.name), found.version) for found in installed))
