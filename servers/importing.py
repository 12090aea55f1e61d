"""Whether the app can be imported in a server's environment, before any server tries."""

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from servers.app import App
from servers.environment import Environment
from servers.errors import ProfileError
from servers.keep import keep
from servers.logs import tail, telling
from servers.profile import Profile

_LIMIT_S = 30.0
_INVALID = re.compile(r"\d+ validation errors? for ")
_PROGRAM = (
    "import functools, importlib, sys\n"
    "module, _, attribute = sys.argv[1].partition(':')\n"
    "functools.reduce(getattr, attribute.split('.'), importlib.import_module(module))\n"
)


async def check_import(profile: Profile, environment: Environment, app: App, log: Path) -> None:
    """Import the app as this profile's server would; raises ProfileError when that fails.

    In an empty folder, as servers are started: a setting may name a file to be made there.
    """
    target = app.target(profile)
    argv = [str(environment.python), "-c", _PROGRAM, target]
    env = {
        "PYTHONPATH": str(app.directory),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        **(profile.settings.env if profile.settings else {}),
    }
    with tempfile.TemporaryDirectory(prefix="weighbridge-", ignore_cleanup_errors=True) as home:
        async with keep(argv, log=log, env=env, cwd=Path(home)) as importing:
            try:
                async with asyncio.timeout(_LIMIT_S):
                    status = await importing.wait()
            except TimeoutError:
                raise ProfileError(
                    f"app {target!r} was not imported within {_LIMIT_S:.0f} s: "
                    "what does it wait for? Start that first, or import without it"
                ) from None
    if status != 0 and profile.settings is not None:
        settings = " ".join(f"{name}={value}" for name, value in profile.settings.shown.items())
        raise ProfileError(
            f"app {target!r} cannot be imported with --app-setting {settings}: "
            f"{_trouble(tail(log))}"
        )
    if status != 0:
        raise ProfileError(
            f"app {target!r} cannot be imported from '{app.directory}' with the packages of "
            f"{profile.name!r}: {telling(tail(log))}; name it as module:attribute, its folder by "
            f"--app-dir, what it needs by --requirements"
        )


def _trouble(lines: Sequence[str]) -> str:
    """Return what an error of a settings model says, in one line: it has one for each setting."""
    starts = [i for i, line in enumerate(lines) if _INVALID.search(line)]
    if not starts:
        return telling(lines)
    start = starts[-1]  # before it, a traceback may quote the line that raised it
    said = [re.sub(r"\s*\[type=.*", "", line).strip() for line in lines[start + 1 :]]
    return " ".join(line for line in said if line and not line.startswith("For further"))
