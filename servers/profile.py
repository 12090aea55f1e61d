"""What a profile is: one server with one way of running it. Data only, free of I/O."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from packaging.version import Version

from servers.protocol import Protocol, Spoken
from servers.tls import Tls

PLACEHOLDERS = (
    "python", "bin", "app", "host", "port", "workers", "dir", "cwd",
    "socket", "certfile", "keyfile", "n", "free_port",
)  # fmt: skip
"""What stands in braces in a launch line or a variable, and is filled in at every start.

dir: the folder of the profile's TOML file. cwd: the folder that the server is started in. socket:
the path of a unix socket to listen on. certfile, keyfile: a certificate made for this start.
n: the server's number in the run, from 0. free_port: a port for something else than HTTP.
"""
_SLUG_MOST = 100  # characters of a name in a file's name, which may have 255 with all its ends


class Interface(StrEnum):
    """How a server calls the app."""

    ASGI = "asgi"
    WSGI = "wsgi"


class Lack(StrEnum):
    """A part of ASGI that a server may not have."""

    LIFESPAN = "lifespan"
    WEBSOCKET = "websocket"
    CLOSE_CODES = "close-codes"
    """Whether a WebSocket is closed with the code that the app gives, were it below 3000."""


@dataclass(frozen=True)
class Serve:
    """How the server is run for a person in the foreground, with its access log on."""

    argv: tuple[str, ...]
    reload: tuple[str, ...] | None = None
    """Arguments after argv that make it reload changed code; None: it cannot."""
    requires: tuple[str, ...] = ()
    """Requirements beside the profile's own, for serving only: they would alter a measurement."""


@dataclass(frozen=True)
class Older:
    """How versions of a server's package before `below` are run: an app's own pin may bring one."""

    below: str
    without: tuple[str, ...] = ()
    """Arguments of the launch line that they do not know, each with its value if it has one."""
    requires: tuple[str, ...] = ()
    """What they need installed beside them, and do not ask for."""
    lacks: str | None = None
    """Why they cannot run like this at all."""


@dataclass(frozen=True)
class WithWebSocket:
    """How the launch line differs where WebSockets are measured, if it does without them."""

    add: tuple[str, ...] = ()
    replace: tuple[tuple[str, str], ...] = ()
    """Arguments that follow each other, and what stands in their place."""
    requires: tuple[str, ...] = ()
    """Requirements in addition to the profile's."""


@dataclass(frozen=True)
class Applied:
    """Settings of the app that a server is run with."""

    bare: str
    """The name of the same server without them."""
    env: Mapping[str, str] = field(hash=False)
    """Variables that set them, taken as they stand."""
    shown: Mapping[str, str] = field(hash=False)
    """Values by setting, without passwords."""


@dataclass(frozen=True)
class Profile:
    """One server with one way of running it: `argv` to start it, or the `url` of one that runs."""

    name: str
    interface: Interface
    title: str
    """What reports call it beside its name, e.g. "gunicorn + uvicorn worker"."""
    argv: tuple[str, ...] = ()
    url: str | None = None
    requires: tuple[str, ...] = ()
    package: str | None = None
    """The distribution whose version is the server's version; None where nothing is installed."""
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    tls: Tls | None = None
    """None: it speaks plain HTTP."""
    protocol: Protocol = Protocol.HTTP_1_1
    """What it is asked by."""
    protocols: Mapping[Protocol, Spoken] = field(default_factory=dict, hash=False)
    """What it can be told to speak instead, and how."""
    speaker: str | None = None
    """Its name without the protocol; None: it speaks the one that its profile has it speak."""
    serve: Serve | None = None
    """None: `argv` serves too."""
    directory: Path = Path()
    """The folder of the profile's TOML file: {dir}."""
    default: bool = False
    """Whether it is measured when no server is named."""
    default_over: tuple[Protocol, ...] = ()
    """Protocols over which it is, too: in place of one that does not speak them."""
    wsgi_default: bool = False
    """Whether it is, where the app has only a WSGI target."""
    adapter: str | None = None
    """The distribution, one of `requires`, that makes a WSGI app of the items app."""
    lacks: tuple[Lack, ...] = ()
    """Features that it does not offer to apps."""
    websocket_by: tuple[str, ...] = ()
    """Distributions of which any one gives it the WebSockets that it lacks: an app may bring it."""
    faults: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What it is known to do wrong, by the test of the functional suite that shows it."""
    websocket: WithWebSocket | None = None
    """How it is given them; None: it has them, or cannot have them."""
    settings: Applied | None = None
    """None: the app is run as it is."""
    number: int = 0
    """Its place among the servers of a run: {n}."""
    older: tuple[Older, ...] = ()
    """Exceptions for older versions of the server."""
    version_asked: bool = False
    """Whether the user asked for this exact version: the app's pins then do not change it."""

    @property
    def plain_name(self) -> str:
        """Its name without settings and without the protocol it is asked by."""
        bare = self.name if self.settings is None else self.settings.bare
        return bare.partition("@")[0]

    @property
    def external(self) -> bool:
        """Whether it is run externally: it is then gated and loaded, not started."""
        return self.url is not None

    @property
    def on_socket(self) -> bool:
        """Whether it listens on a unix socket."""
        return mentions("socket", (*self.argv, *self.env.values()))

    @property
    def connection(self) -> str:
        """How clients reach it, for people."""
        known = self.tls is None or self.tls.verified or self.certified
        verified = "" if known else ", certificate not verified"
        if self.on_socket:
            return f"TLS on a unix socket{verified}" if self.tls else "unix socket"
        return f"TLS{verified}" if self.tls else "TCP"

    @property
    def certified(self) -> bool:
        """Whether it is given a certificate that is made for it at each start."""
        return mentions("certfile", (*self.argv, *self.env.values()))

    @property
    def scales(self) -> bool:
        """Whether its number of workers can be set."""
        return mentions("workers", self.argv)

    @property
    def slug(self) -> str:
        """The name as a file name: no two profiles share one."""
        plain = self.name.replace("==", "_v").replace("#", "__")
        plain = plain.replace("@", "_over_").replace("https/", "https")
        if self.settings is None:
            return plain
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:8]  # two values may read alike
        return f"{re.sub(r'[^A-Za-z0-9.+-]+', '_', plain)[:_SLUG_MOST]}-{digest}"

    @property
    def with_adapter(self) -> Self:
        """The same as it runs the items app: its title says what makes a WSGI app of that."""
        return replace(self, title=f"{self.title} + {self.adapter}") if self.adapter else self

    def version(self, packages: Mapping[str, str]) -> str | None:
        """Return the server's version among the packages of its environment."""
        return packages.get(canonical(self.package)) if self.package else None

    def exceptions(self, packages: Mapping[str, str]) -> list[Older]:
        """Return what holds for the version that is installed."""
        version = self.version(packages)
        if version is None:
            return []
        return [each for each in self.older if Version(version) < Version(each.below)]

    def fitted(self, packages: Mapping[str, str]) -> "Profile":
        """Return the same profile as it is with what is installed.

        Without the arguments that the version lacks, and without a lack that a package mends.
        """
        argv, lacks = self.argv, self.lacks
        if any(canonical(name) in packages for name in self.websocket_by):
            lacks = tuple(each for each in lacks if each is not Lack.WEBSOCKET)
        for each in self.exceptions(packages):
            for unknown in each.without:
                argv = _without(argv, tuple(unknown.split()))
        same = argv == self.argv and lacks == self.lacks
        return self if same else replace(self, argv=argv, lacks=lacks)


def _without(argv: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    for start in range(len(argv) - len(words) + 1):
        if argv[start : start + len(words)] == words:
            return argv[:start] + argv[start + len(words) :]
    return argv


def mentions(placeholder: str, argv: tuple[str, ...]) -> bool:
    """Tell whether the launch line holds this placeholder."""
    return any(f"{{{placeholder}}}" in argument for argument in argv)


def canonical(distribution: str) -> str:
    """Normalize a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def distribution(requirement: str) -> str:
    """Name the distribution of a requirement: "gunicorn" of "gunicorn[fast]==27.0.1"."""
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement.strip())
    return found[0] if found else ""
