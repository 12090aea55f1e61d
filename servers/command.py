"""From a profile to what the kernel is given: the launch line and the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from servers.apps.app import App
from servers.apps.factory import import_path, import_string
from servers.certificate import Certificate
from servers.environments.environment import Environment
from servers.errors import ProfileError
from servers.folders import Folders
from servers.profile import Profile, mentions
from servers.protocol import Protocol
from servers.tls import Tls

_FOR_APPS = ("n", "free_port")
"""What is filled in in an app's variables, in which braces may mean other things."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Address:
    """Where a server listens: on a port, or on a unix socket; and what it speaks there.

    spare_port: one more that nobody had bound a moment ago, for whatever its app opens itself.
    certificate: one that was made for it, where its launch line names one of ours.
    """

    host: str
    port: int
    socket: Path | None = None
    tls: Tls | None = None
    spare_port: int = 0
    protocol: Protocol = Protocol.HTTP_1_1
    certificate: Certificate | None = None

    @property
    def authority(self) -> str:
        """What a URL has between its scheme and its path."""
        if self.socket is not None:
            return "localhost"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def where(self) -> int | Path:
        """Its port, or its unix socket."""
        return self.port if self.socket is None else self.socket

    @property
    def is_plain(self) -> bool:
        """Whether it is asked by plain HTTP/1.1, at its port."""
        return self.socket is None and self.tls is None and not self.protocol.has_streams

    @property
    def tls_settings(self) -> dict[str, Any]:
        """What asyncio is given to open a connection."""
        if self.tls is None:
            return {}
        return {"ssl": self.tls.context(self.protocol.alpn), "server_hostname": self.host}


@dataclass(frozen=True)
class LaunchPlan:
    """One start of a server: all that its launch line and its environment are made of."""

    profile: Profile
    environment: Environment
    app: App
    address: Address
    folders: Folders
    workers: int = 1

    @property
    def values(self) -> dict[str, str]:
        """What each placeholder stands for; raises ProfileError where the app has no target."""
        certificate = self.address.certificate
        return {
            "python": str(self.environment.python),
            "bin": str(self.environment.bin),
            "app": import_string(self.app.target(self.profile)),
            "host": self.address.host,
            "port": str(self.address.port),
            "workers": str(self.workers),
            "dir": str(self.profile.directory),
            "socket": str(self.address.socket or ""),
            "certfile": "" if certificate is None else str(certificate.certfile),
            "keyfile": "" if certificate is None else str(certificate.keyfile),
            "n": str(self.profile.number),
            "free_port": str(self.address.spare_port),
            "cwd": str(self.folders.start),
        }


@dataclass(frozen=True)
class Prefix:
    """What a server is started by, where it is not started as it is: a tool that runs programs.

    words: they stand before its launch line. env: what it gets beside its own variables.
    python_path: a folder that its Python looks into before all others.
    """

    words: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    python_path: Path | None = None


def launch_line(plan: LaunchPlan) -> list[str]:
    """Return the profile's launch line with every placeholder filled in.

    Raises ProfileError where the app has no target for it, or it cannot have so many workers.
    """
    profile = plan.profile
    if plan.workers > 1 and not mentions("workers", profile.argv):
        raise ProfileError(
            f"server {profile.name!r} runs one worker and {plan.workers} were requested: "
            "request 1, or leave it out"
        )
    values = plan.values
    return [_fill(argument, values) for argument in profile.argv]


def scrubbed(plan: LaunchPlan) -> dict[str, str]:
    """Return the whole environment of a measured server: nothing of the harness's own leaks in.

    WEB_CONCURRENCY, GRANIAN_* and their like would change a server unseen.
    """
    given = profile_env(plan)
    home = str(plan.folders.home)
    return {
        "PATH": os.pathsep.join([str(plan.environment.bin), os.defpath]),
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        **given,
        "PYTHONPATH": python_path(plan, given.get("PYTHONPATH")),
    }


def profile_env(plan: LaunchPlan) -> dict[str, str]:
    """Return the app's variables, the profile's, filled in, and those that are settings."""
    values = plan.values
    for_app = {name: values[name] for name in _FOR_APPS}
    filled = {
        **{name: _fill(value, for_app) for name, value in plan.app.env.items()},
        **{name: _fill(value, values) for name, value in plan.profile.env.items()},
    }
    settings = plan.profile.settings.env if plan.profile.settings else {}
    return {**plan.app.file_env, **filled, **settings}


def started_by(prefix: Prefix, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server that is started by a tool, from that of the server alone."""
    found = {**env, **prefix.env}
    if prefix.python_path is not None:
        found["PYTHONPATH"] = os.pathsep.join([str(prefix.python_path), found["PYTHONPATH"]])
    return found


def python_path(plan: LaunchPlan, *more: str | None) -> str:
    """Return where modules are looked for: the app's own come first, whatever was given."""
    folders = plan.folders
    own = import_path(plan.app.target(plan.profile), folders.home, folders.code)
    sources = None if folders.sources is None else str(folders.sources)
    return os.pathsep.join([own, *filter(None, [sources, *more])])


def _fill(argument: str, values: Mapping[str, str]) -> str:
    """Fill in what is known; other words in braces stay."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), argument)
