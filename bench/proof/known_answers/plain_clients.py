"""What plain clients reach on a server that runs alone: no pieces, no turns, no break."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.facts.slice import WORKS_ON_SHARE
from bench.load.settling import settle
from bench.run.request.resolve import RunRequest
from bench.stats.units import NS_PER_S
from bench.system.machine import Cores, share_out
from servers.environments.cache import build
from servers.launch import launch
from servers.logs import tail, telling
from servers.processes.keeper_client import keep
from servers.processes.process_tree import TreeClock
from servers.profile import Profile
from servers.server import Server

WARM_UP_S: Final = 2
LOADED_S: Final = 10
PATIENCE_S: Final = 15.0  # beyond that, for a client to start and to end
IDLE_PATIENCE_S: Final = 120.0  # for a server to have done what it was asked for
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
        raise ValueError(fault[0] if fault else f"it printed no rate, but {output[-200:]!r}")
    return float(rate[1])


@dataclass(slots=True)
class Reached:
    """Requests/s by client, and of those that failed, why."""

    rates: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


async def reached(
    profile: Profile, wanted: RunRequest, path: str, clients: Sequence[Plain], place: Path
) -> Reached:
    """What each client reaches on a fresh process of this server; `place` is for their output.

    Each client's load goes on for LOADED_S, after one of WARM_UP_S that is not counted. Where the
    server works on afterwards for as long as a run charges it with, the rate is of the time until
    it was idle: what it can keep up. Raises ServerError.
    """
    app, cores = wanted.app_of(profile), share_out()
    environment = await build(profile, app)
    log = place / f"{profile.slug}.log"
    async with launch(
        profile, environment, app, log=log, cpus=cores.servers, readiness=wanted.readiness
    ) as server:
        found = Reached()
        for client in clients:
            try:
                await _load(client, server.url + path, WARM_UP_S, cores, place)
                await _idle_s(server)
                rate = await _load(client, server.url + path, LOADED_S, cores, place)
                found.rates[client.name] = kept_up(rate, await _idle_s(server))
            except ValueError as error:
                found.faults.append(f"{client.name} on {profile.name}: {error}")
        return found


def kept_up(rate: float, worked_on_s: float) -> float:
    """Requests/s that a server keeps up, which it did at a rate for LOADED_S, and worked on then.

    What is in flight when a load ends is no backlog: see `WORKS_ON_SHARE`.
    """
    if worked_on_s <= WORKS_ON_SHARE * LOADED_S:
        return rate
    return rate * LOADED_S / (LOADED_S + worked_on_s)


async def _idle_s(server: Server) -> float:
    """Wait until the server is idle, and say how long it was not. Raises ValueError."""
    root = server.tree_root
    tree = None if root is None else TreeClock(root)
    settled = await asyncio.to_thread(settle, tree, round(IDLE_PATIENCE_S * NS_PER_S))
    if settled.after_ns is None or not settled.idle:
        raise ValueError(f"nothing shows that it was idle within {IDLE_PATIENCE_S:g} s")
    return settled.after_ns / NS_PER_S


async def _load(client: Plain, url: str, seconds: int, cores: Cores, place: Path) -> float:
    """Run a client once. Raises ValueError where it fails."""
    output, log = place / f"{client.name}.out", place / f"{client.name}.log"
    output.unlink(missing_ok=True)
    argv = client.arguments(url, seconds)
    async with keep(argv, log=log, stdout=output, cpus=cores.generator) as kept:
        try:
            async with asyncio.timeout(seconds + PATIENCE_S):
                status = await kept.wait()
        except TimeoutError:
            raise ValueError(f"it had not ended {PATIENCE_S:g} s after its time") from None
    if status:
        raise ValueError(f"it ended with status {status}: {telling(tail(log))}")
    return client.read(output.read_text(encoding="utf-8", errors="replace"))
