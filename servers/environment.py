"""One isolated environment a profile: built once with uv, kept in a cache, never shared by luck."""

import asyncio
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from servers.app import App
from servers.errors import EnvironmentBuildError
from servers.keep import keep
from servers.lock import locked
from servers.logs import tail
from servers.profile import Profile, canonical

_MARKER = "weighbridge.json"
_LOCK_LIMIT_S = 600.0  # Another program may be building it, over a slow line.


@dataclass(frozen=True)
class Environment:
    """An environment with a server and the app's packages in it."""

    directory: Path
    packages: Mapping[str, str]
    """Version by distribution, everything that is installed, names as PEP 503 spells them."""

    @property
    def bin(self) -> Path:
        """The folder of its programs."""
        return self.directory / "bin"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.bin / "python"


def default_cache() -> Path:
    """Return where environments are kept: $WEIGHBRIDGE_CACHE, or below the user's cache."""
    if chosen := os.environ.get("WEIGHBRIDGE_CACHE"):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "weighbridge" / "environments"


async def build(profile: Profile, app: App, cache: Path | None = None) -> Environment:
    """Return the profile's environment, from the cache or built now (seconds).

    Any number of tasks and programs may do so at once. A profile with a url needs none.
    Raises EnvironmentBuildError.
    """
    requirements = _requirements(profile, app)
    cache = cache or default_cache()
    directory = cache / _key(requirements)
    if (ready := _read(directory)) is not None:
        return ready
    try:
        cache.mkdir(parents=True, exist_ok=True)
        async with locked(directory.with_suffix(".lock"), _LOCK_LIMIT_S):
            return _read(directory) or await _build(profile, app, directory)
    except TimeoutError as error:
        raise EnvironmentBuildError(
            f"another program has been building the environment of {profile.name!r} for "
            f"{_LOCK_LIMIT_S:.0f} s: see who holds {directory.with_suffix('.lock')}",
            server=profile.name,
        ) from error
    except OSError as error:
        raise EnvironmentBuildError(
            f"the environment of {profile.name!r} cannot be written to {cache}: {error.strerror}: "
            "set WEIGHBRIDGE_CACHE to another folder",
            server=profile.name,
        ) from error


def _requirements(profile: Profile, app: App) -> list[str]:
    lines = sorted(profile.requires)
    return lines if app.requirements is None else lines + _lines(app.requirements, profile)


def _lines(path: Path, profile: Profile) -> list[str]:
    """Return the lines of a requirements file, and of those that it names by -r and -c."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentBuildError(
            f"the app's requirements {path} cannot be read: {error}", server=profile.name
        ) from error
    for option, _, named in [line.partition(" ") for line in lines]:
        if option in {"-r", "-c", "--requirement", "--constraint"}:
            lines = lines + _lines(path.parent / named.strip(), profile)
    return lines


def _key(requirements: list[str]) -> str:
    """Return a name for what these requirements are on this interpreter and machine."""
    platform_facts = [platform.python_version(), sys.base_prefix, sys.platform, platform.machine()]
    facts = json.dumps([platform_facts, requirements])
    return hashlib.sha256(facts.encode()).hexdigest()[:20]


def _read(directory: Path) -> Environment | None:
    """Return the environment there, if it was finished and its interpreter still exists."""
    try:
        packages = json.loads((directory / _MARKER).read_text(encoding="utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return None
    environment = Environment(directory, packages)
    return environment if environment.python.exists() else None


async def _build(profile: Profile, app: App, directory: Path) -> Environment:
    log = directory.with_suffix(".log")
    await asyncio.to_thread(_sweep, directory, log)
    uv = _find_uv(profile)
    await _run(
        profile, log, [uv, "venv", "--no-project", "--python", sys.executable, str(directory)]
    )
    environment = Environment(directory, {})
    wanted = list(profile.requires)
    if app.requirements is not None:
        wanted += ["-r", str(app.requirements.absolute())]
    if wanted:
        # Compiled now, or the first start of every server would be slower than all later ones.
        install = [uv, "pip", "install", "--compile-bytecode", "--python", str(environment.python)]
        await _run(profile, log, install + wanted)
    environment = Environment(directory, _packages(directory))
    _mark(environment)
    log.unlink(missing_ok=True)
    return environment


def _sweep(directory: Path, log: Path) -> None:
    """Remove what one who was killed while building has left."""
    log.unlink(missing_ok=True)
    if directory.exists():
        shutil.rmtree(directory)


def _find_uv(profile: Profile) -> str:
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - it may be on the PATH alone

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        found = shutil.which("uv")
        if found is None:
            raise EnvironmentBuildError(
                "uv builds the environments of the servers and is not there: "
                f"{sys.executable} -m pip install uv",
                server=profile.name,
            ) from error
        return found


async def _run(profile: Profile, log: Path, argv: list[str]) -> None:
    # From the cache's folder: uv would read the settings of a project that it stands in.
    async with keep(argv, log=log, cwd=log.parent) as installer:
        status = await installer.wait()
    if status == 0:
        return
    lines = tail(log, 20)
    raise EnvironmentBuildError(
        f"the packages of {profile.name!r} cannot be installed ({', '.join(profile.requires)}): "
        f"{_gist(lines)}",
        server=profile.name,
        log_tail=lines,
    )


def _gist(lines: list[str]) -> str:
    """Return uv's explanation, which it wraps over several lines, as one."""
    words = " ".join(re.sub(r"^[^\w]+", "", line) for line in lines[-4:])
    return words or "uv said nothing"


def _packages(directory: Path) -> dict[str, str]:
    places = [str(path) for path in directory.glob("lib*/python*/site-packages")]
    installed = importlib.metadata.distributions(path=places)
    return dict(sorted((canonical(found.name), found.version) for found in installed))


def _mark(environment: Environment) -> None:
    """Write the marker, whole or not at all: the environment is finished."""
    draft = environment.directory / f"{_MARKER}.draft"
    draft.write_text(json.dumps({"packages": dict(environment.packages)}), encoding="utf-8")
    draft.replace(environment.directory / _MARKER)
