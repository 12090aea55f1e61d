"""The API under one server in the foreground, for a person: the pieces that the CLI runs.

In turn: `serving` the profile, build its environment, `require_free` the port, then exec
`serve_argv` with `serve_env`, from the folder to start in: that is what servers watch to reload.
"""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from pathlib import Path

from servers import catalogue
from servers.certificate import Certificate, made
from servers.command import LaunchPlan, launch_line, profile_env, python_path
from servers.errors import ProfileError
from servers.profile import Profile


class Reload(Enum):
    """Whether changed code is loaded again."""

    OFF = False
    ON = True


def serving(profile: Profile, reload: Reload = Reload.OFF) -> Profile:
    """Return the profile as it is served: its line for the foreground, and what that needs.

    Raises ProfileError for a server that is run externally, or one that cannot reload.
    """
    if profile.external:
        raise ProfileError(
            f"server {profile.name!r} is run externally at {profile.url}: name one that is "
            "started here"
        )
    if profile.serve is None and profile.on_socket:
        raise ProfileError(
            f"server {profile.name!r} listens on a unix socket, and is served on a port: add a "
            "[serve] table with 'argv' to its profile"
        )
    argv, requires = profile.argv, profile.requires
    if profile.serve is not None:
        argv, requires = profile.serve.argv, requires + profile.serve.requires
    if reload is Reload.ON:
        argv += _reload_arguments(profile)
    return replace(profile, argv=argv, requires=requires)


def serve_argv(plan: LaunchPlan, reload: Reload = Reload.OFF) -> list[str]:
    """Return the line that serves the app; the plan's profile is the plain one, not `serving`'s.

    Raises ProfileError where it cannot reload or cannot have so many workers.
    """
    served = serving(plan.profile, reload).fitted(plan.environment.packages)
    return launch_line(replace(plan, profile=served))


def serve_env(plan: LaunchPlan) -> dict[str, str]:
    """Return the environment to serve in: the person's own, the app's folder, the profile's."""
    given = profile_env(plan)
    more = given.get("PYTHONPATH"), os.environ.get("PYTHONPATH")
    path = os.environ.get("PATH", os.defpath)
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(plan.environment.bin), path]),
        **given,
        "PYTHONPATH": python_path(plan, *more),
    }


def shared_store() -> str:
    """Return a fresh store of the items app that several workers share.

    Its folder stays: the server takes this process's place, and nobody is left to remove it.
    """
    return f"sqlite:///{tempfile.mkdtemp(prefix='weighbridge-')}/items.sqlite3"


def own_certificate(host: str) -> Certificate:
    """Return a fresh certificate for a server on this host; its folder stays, as a store's does."""
    return made(Path(tempfile.mkdtemp(prefix="weighbridge-")), host)


def _reload_arguments(profile: Profile) -> tuple[str, ...]:
    if profile.serve is not None and profile.serve.reload is not None:
        return profile.serve.reload
    able = ", ".join(_able_to_reload(catalogue.builtin().values()))
    raise ProfileError(f"server {profile.name!r} cannot reload; those that can: {able}")


def _able_to_reload(profiles: Iterable[Profile]) -> list[str]:
    return [p.name for p in profiles if p.serve is not None and p.serve.reload is not None]
