"""Where the clients are compared: a server that does nothing, and servers that are measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.proof.reference import null_server, null_workload
from bench.proof.reference.launching import reference_server
from bench.system.machine import Cores
from servers.app import items_app
from servers.environment import build
from servers.launch import launch
from servers.profile import Profile

NULL: Final = "null server"


@dataclass(frozen=True, slots=True)
class CalibrationServer:
    """A server that runs.

    `url` has a path that other people's tools ask for; `workload` is what our clients send: GET
    requests of the same length, to paths like it.
    """

    name: str
    base_url: str
    workload: str

    @property
    def url(self) -> str:
        """One address that is answered rightly."""
        return f"{self.base_url}/items/7"


@asynccontextmanager
async def null_place(cores: Cores, folder: Path) -> AsyncIterator[CalibrationServer]:
    """Run the null server; its log is in `folder`. Raises ServerError."""
    async with reference_server(null_server, cores.servers, folder) as server:
        yield CalibrationServer(NULL, server.url, str(Path(null_workload.__file__)))


@asynccontextmanager
async def server_place(
    profile: Profile, cores: Cores, folder: Path
) -> AsyncIterator[CalibrationServer]:
    """Run the items app under one server; its log is in `folder`. Raises ServerError."""
    environment = await build(profile, items_app())
    log = folder / f"{profile.slug}.log"
    async with launch(profile, environment, items_app(), log=log, cpus=cores.servers) as server:
        yield CalibrationServer(profile.name, server.url, "get_item")
