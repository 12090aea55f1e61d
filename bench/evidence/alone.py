"""What plain clients reach on a server that runs alone: no pieces, no turns, no break."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import HarnessError
from bench.machine import Cores, share_out
from bench.resolve import Resolved
from servers.environment import build
from servers.keep import keep
from servers.launch import launch
from servers.logs import tail, telling
from servers.profile import Profile

WARM_UP_S: Final = 2
LOADED_S: Final = 10
PATIENCE_S: Final = 15.0  # beyond that, for a client to start and to end
_AB_RATE: Final = re.compile(r"^Requests per second:\s*([\d.]+)", re.MULTILINE)
_AB_FAULTS: Final = re.compile(r"^(Failed|Non-2xx) [^\d]*([1-9]\d*)", re.MULTILINE)
_AB_MOST: Final = 100_000_000  # requests, so that its time ends it


@dataclass(frozen=True, slots=True)
class Plain:
    """A client of other people's: its command line for a URL and a time, and what it reached.

    read: requests/s in its output. Raises ValueError where it says none, or that some failed.
    """

    name: str
    arguments: Callable[[str, int], Sequence[str]]
    read: Callable[[str], float]


def ab(program: str, connections: int) -> Plain:
    """Apache's: it opens a connection for each request."""

    def arguments(url: str, seconds: int) -> list[str]:
        return [program, "-q", f"-c{connections}", f"-t{seconds}", f"-n{_AB_MOST}", url]

    return Plain("ab", arguments, ab_rate)


def ab_rate(output: str) -> float:
    """Requests a second that ab has seen answered. Raises ValueError."""
    rate, fault = _AB_RATE.search(output), _AB_FAULTS.search(output)
    if rate is None or fault is not None:
        raise ValueError(fault[0] if fault else f"it said no rate, but {output[-200:]!r}")
    return float(rate[1])


async def reached(
    profile: Profile, wanted: Resolved, path: str, clients: Sequence[Plain], place: Path
) -> dict[str, float]:
    """Requests/s of each client on a fresh process of this server; `place` is for their output.

    Each client's load goes on for LOADED_S, after one of WARM_UP_S that is not counted. Raises
    ServerError, HarnessError where a client fails.
    """
    app, cores = wanted.app_of(profile), share_out()
    environment = await build(profile, app)
    log = place / f"{profile.slug}.log"
    async with launch(
        profile, environment, app, log=log, cpus=cores.servers, readiness=wanted.readiness
    ) as server:
        found: dict[str, float] = {}
        for client in clients:
            for seconds in (WARM_UP_S, LOADED_S):
                found[client.name] = await _load(client, server.url + path, seconds, cores, place)
        return found


async def _load(client: Plain, url: str, seconds: int, cores: Cores, place: Path) -> float:
    """Run a client once."""
    output, log = place / f"{client.name}.out", place / f"{client.name}.log"
    output.unlink(missing_ok=True)
    argv = client.arguments(url, seconds)
    async with keep(argv, log=log, stdout=output, cpus=cores.generator) as kept:
        try:
            async with asyncio.timeout(seconds + PATIENCE_S):
                status = await kept.wait()
        except TimeoutError:
            raise HarnessError(f"{client.name} had not ended {PATIENCE_S:g} s too late") from None
    if status:
        raise HarnessError(f"{client.name} ended with status {status}: {telling(tail(log))}")
    try:
        return client.read(output.read_text(encoding="utf-8", errors="replace"))
    except ValueError as error:
        raise HarnessError(f"{client.name} on {url}: {error}") from error
