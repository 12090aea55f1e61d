"""One isolated environment a profile: built once with uv, and kept in a cache."""

import asyncio
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from servers.apps.app import App
from servers.environments.building import Building
from servers.environments.environment import Environment
from servers.environments.lock import locked
from servers.errors import EnvironmentBuildError
from servers.profile import Profile
from servers.requirements import copies_folders, digest

_MARKER = "weighbridge.json"
_UNUSED_DAYS = 7
_LOCK_LIMIT_S = 600.0  # Another program may be building it, over a slow line.


def default_cache() -> Path:
    """Return where environments are kept: $WEIGHBRIDGE_CACHE, or below the user's cache."""
    if chosen := os.environ.get("WEIGHBRIDGE_CACHE"):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "weighbridge" / "environments"


async def build(profile: Profile, app: App, cache: Path | None = None) -> Environment:
    """Return the profile's environment, from the cache or built now (seconds).

    Any number of tasks and programs may do so at once. A profile with a url needs none.
    Raises EnvironmentBuildError, ConflictError where the server cannot be installed with what the
    app needs, and ProfileError where that cannot be installed by itself.
    """
    cache = cache or default_cache()
    directory = cache / _key(profile, app)
    if (ready := _read(directory)) is not None:
        return ready
    try:
        cache.mkdir(parents=True, exist_ok=True)
        async with locked(directory.with_suffix(".lock"), _LOCK_LIMIT_S):
            return _read(directory) or await _build(profile, app, directory)
    except TimeoutError as error:
        raise EnvironmentBuildError(
            f"another program has been building the environment of {profile.name!r} for "
            f"{_LOCK_LIMIT_S:.0f} s: check which process holds {directory.with_suffix('.lock')}",
            server=profile.name,
        ) from error
    except OSError as error:
        raise EnvironmentBuildError(
            f"the environment of {profile.name!r} cannot be written to {cache}: {error.strerror}: "
            "set WEIGHBRIDGE_CACHE to another folder",
            server=profile.name,
        ) from error


def _key(profile: Profile, app: App) -> str:
    """Return a name for what is installed there, on this interpreter and machine."""
    facts = [
        [platform.python_version(), sys.base_prefix, sys.platform, platform.machine()],
        sorted(profile.requires),
        [[each.below, each.requires] for each in profile.older if each.requires],
        digest(app.requirements) if app.requirements else None,
        profile.version_asked,
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:20]


def _read(directory: Path) -> Environment | None:
    """Return the environment there, if it was finished and its interpreter still exists."""
    try:
        found = json.loads((directory / _MARKER).read_text(encoding="utf-8"))
        environment = Environment(
            directory, found["packages"], found["yielded"], found["without_project"]
        )
    except (OSError, ValueError, KeyError):
        return None
    if not environment.python.exists():
        return None
    with suppress(OSError):  # a cache that is read-only
        (directory / _MARKER).touch()  # it is used
    return environment


async def _build(profile: Profile, app: App, directory: Path) -> Environment:
    await asyncio.to_thread(_remove_unused, directory.parent)
    built = await Building(profile, app.requirements, directory).run()
    environment = Environment(directory, built.packages, built.yielded, built.without_project)
    _mark(environment, of_folders=bool(app.requirements and copies_folders(app.requirements)))
    return environment


def _remove_unused(cache: Path) -> None:
    """Remove environments with code copied from folders that were not used for days.

    Each change of that code makes a new one. A run takes a day at the most.
    """
    with tempfile.TemporaryFile(dir=cache) as fresh:  # by the clock of that file system
        before = os.fstat(fresh.fileno()).st_mtime - _UNUSED_DAYS * 24 * 3600
    for marker in cache.glob(f"*/{_MARKER}"):
        with suppress(OSError, ValueError):
            if marker.stat().st_mtime < before and json.loads(marker.read_text()).get("of_folders"):
                shutil.rmtree(marker.parent)


def _mark(environment: Environment, *, of_folders: bool) -> None:
    """Write the marker, whole or not at all: the environment is finished."""
    facts = {
        "packages": dict(environment.packages),
        "yielded": dict(environment.yielded),
        "without_project": environment.without_project,
        "of_folders": of_folders,
    }
    draft = environment.directory / f"{_MARKER}.draft"
    draft.write_text(json.dumps(facts), encoding="utf-8")
    draft.replace(environment.directory / _MARKER)
