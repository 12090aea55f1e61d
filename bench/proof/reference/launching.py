"""Starting a reference server: a profile like any other, run by the harness's own Python."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

from servers.apps.app import items_app
from servers.asking.readiness_request import Question
from servers.environments.environment import Environment
from servers.launch import launch
from servers.profile import Interface, Profile
from servers.protocol import Protocol
from servers.readiness import AnswerReadiness
from servers.server import Server
from servers.tls import Tls


@asynccontextmanager
async def reference_server(
    module: ModuleType,
    cores: frozenset[int] | None,
    folder: Path,
    *,
    ready: str = "/",
    protocol: Protocol = Protocol.HTTP_1_1,
    certified: bool = False,
) -> AsyncIterator[Server]:
    """Run `python -m MODULE PORT` on `cores`, once it answers 200 on the path `ready`.

    Over a protocol that goes over TLS, and if it is `certified`, it is told the files of a
    certificate and its key, too.

    Its log is in `folder`. It is stopped on leaving. Raises LaunchError.
    """
    files = ("{certfile}", "{keyfile}") if protocol.secure or certified else ()
    name = module.__name__.rpartition(".")[2].replace("_", " ")
    profile = Profile(
        name=name,
        interface=Interface.ASGI,
        title=name,
        argv=(sys.executable, "-m", module.__name__, "{port}", *files),
        protocol=protocol,
        tls=Tls(newest=True) if protocol.secure else None,
    )
    async with launch(
        profile,
        Environment(directory=Path(sys.prefix), packages={}),
        items_app(),
        log=folder / f"{profile.slug}.log",
        cpus=cores,
        readiness=AnswerReadiness(Question(ready)),
    ) as server:
        yield server
