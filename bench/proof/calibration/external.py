"""Other people's load tools: started for each slice, on the generator's core."""

import asyncio
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from bench.proof.calibration import h2load, oha, wrk
from bench.proof.calibration.client import (
    SLICE_S,
    CalibrationServer,
    ClientReport,
    ClientSlice,
    Fault,
)
from servers.logs import tail, telling
from servers.processes.keeper_client import keep

PATIENCE_S: Final = 10.0  # beyond the slice, for a tool to start and to end


class Tool(Protocol):
    """What is known of one tool: a module of this package is one."""

    NAME: str

    def arguments(self, url: str, connections: int, seconds: int) -> list[str]:
        """Its command line, less the program: GET `url` on so many connections, for so long."""

    def read(self, output: str) -> ClientReport | Fault:
        """What it said on standard output."""


TOOLS: Final[tuple[Tool, ...]] = (wrk, h2load, oha)


@dataclass(frozen=True, slots=True)
class ExternalClient:
    """A tool with one thread. It knows status codes only: no body is verified."""

    tool: Tool
    program: str
    cores: frozenset[int] | None
    connections: int
    folder: Path

    @property
    def name(self) -> str:
        """The tool's."""
        return self.tool.NAME

    async def load(self, place: CalibrationServer, seed: int) -> ClientSlice | Fault:
        """Run it for one slice, and read what it prints; `seed` has no use here.

        Raises KeeperError.
        """
        del seed
        output, log = self.folder / f"{self.name}.out", self.folder / f"{self.name}.log"
        output.unlink(missing_ok=True)
        argv = [self.program, *self.tool.arguments(place.url, self.connections, SLICE_S)]
        async with keep(argv, log=log, stdout=output, cpus=self.cores) as kept:
            try:
                async with asyncio.timeout(SLICE_S + PATIENCE_S):
                    status = await kept.wait()
            except TimeoutError:
                return Fault(f"it had not ended {PATIENCE_S:g} s after its time")
        if status:
            return Fault(f"it ended with status {status}: {telling(tail(log))}")
        said = self.tool.read(output.read_text(encoding="utf-8", errors="replace"))
        return said if isinstance(said, Fault) else _measured(said, kept.cpu_ns)


def _measured(said: ClientReport, cpu_ns: int | None) -> ClientSlice:
    known = cpu_ns is not None and said.requests > 0
    return ClientSlice(
        throughput=said.throughput,
        cpu_ns=cpu_ns / said.requests if known and cpu_ns is not None else None,
        mean_ns=said.mean_ns,
        p50_ns=said.p50_ns,
        p99_ns=said.p99_ns,
    )


def installed(
    cores: frozenset[int] | None, connections: int, folder: Path, tools: Iterable[Tool] = TOOLS
) -> list[ExternalClient]:
    """Those of the tools that are installed; what they print goes to `folder`."""
    return [
        ExternalClient(tool, program, cores, connections, folder)
        for tool in tools
        if (program := shutil.which(tool.NAME)) is not None
    ]
