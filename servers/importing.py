"""Whether the app can be imported in a server's environment, before any server tries."""

import asyncio
from pathlib import Path

from servers.app import App
from servers.environment import Environment
from servers.errors import ProfileError
from servers.keep import keep
from servers.logs import tail, telling
from servers.profile import Profile

_LIMIT_S = 30.0
_PROGRAM = (
    "import functools, importlib, sys\n"
    "module, _, attribute = sys.argv[1].partition(':')\n"
    "functools.reduce(getattr, attribute.split('.'), importlib.import_module(module))\n"
)


async def check_import(profile: Profile, environment: Environment, app: App, log: Path) -> None:
    """Import the app as this profile's server would; raises ProfileError when that fails."""
    target = app.target(profile)
    argv = [str(environment.python), "-c", _PROGRAM, target]
    env = {"PYTHONPATH": str(app.directory), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    async with keep(argv, log=log, env=env, cwd=app.directory) as importing:
        try:
            async with asyncio.timeout(_LIMIT_S):
                status = await importing.wait()
        except TimeoutError:
            raise ProfileError(
                f"app {target!r} was not imported within {_LIMIT_S:.0f} s: "
                "what does it wait for? Start that first, or import without it"
            ) from None
    if status != 0:
        raise ProfileError(
            f"app {target!r} cannot be imported from '{app.directory}' with the packages of "
            f"{profile.name!r}: {telling(tail(log))}; name it as module:attribute, its folder by "
            f"--app-dir, what it needs by --requirements"
        )
