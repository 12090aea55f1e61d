"""Runs in which it is known what differs: one server several times, and slowed by known shares."""

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.errors import HarnessError
from bench.facts.load import Client, Load, Mode
from bench.facts.slice import Observation
from bench.load.order import Order, Target
from bench.load.process import load_process
from bench.proof.reference.apps import slowed_app
from bench.run.request.resolve import RunRequest, among
from bench.system.machine import pinned, share_out
from bench.system.repository import ROOT
from servers.apps.app import App, items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.profile import Profile
from servers.server import Server

COPIES: Final = 5
"""Of the server itself: ten A/A comparisons a run."""

PLANTED: Final = (0.03, 0.05, 0.10)
"""How much longer a request takes, as shares of the CPU time that one takes at saturation."""

APP: Final = "bench.proof.reference.apps.slowed_app:app"
_PILOT_S: Final = 4.0
_PILOT_PIECES: Final = 80
_PILOT_LOOPS: Final = 2000


def contest(wanted: RunRequest, loops_in_a_request: float) -> RunRequest:
    """Several copies of a run's only server, and one slowed by each planted share.

    Raises UsageError where the budget is too short for all of them.
    """
    (server,) = wanted.profiles
    planted = {
        f"{server.name}-slower-by-{share * 100:g}": (share, round(share * loops_in_a_request))
        for share in PLANTED
    }
    copies = [server.name, *(f"{server.name}#{number}" for number in range(2, COPIES + 1))]
    profiles = (
        *(slowed(server, name, 0) for name in copies),
        *(slowed(server, name, loops) for name, (_, loops) in planted.items()),
    )
    names = tuple(profile.name for profile in profiles)
    return replace(
        wanted,
        profiles=profiles,
        twin=None,
        baseline=server.name,
        settings=among(
            replace(
                wanted.settings,
                profiles=names,
                planted={name: share for name, (share, _) in planted.items()},
            ),
            len(names),
        ),
        apps=dict.fromkeys(names, slow_app()),
    )


def slow_app() -> App:
    """The items app behind a loop."""
    return replace(items_app(), asgi=APP, wsgi=None, directory=ROOT)


def slowed(server: Profile, name: str, loops: int) -> Profile:
    """The same server, whose app goes so often through a loop before each request."""
    env = {slowed_app.SLOWED: items_app().asgi or "", slowed_app.LOOPS: str(loops)}
    return replace(server, name=name, title=name, env={**server.env, **env}, default=False)


async def loops_in_a_request(server: Profile, folder: Path, connections: int) -> float:
    """How often the loop is gone through in the CPU time of one request at saturation.

    The same server with and without a loop, loaded in turns. Raises ServerError and HarnessError.
    """
    cores, app = share_out(), slow_app()
    profiles = [
        slowed(server, f"{server.name}-pilot-{loops}", loops) for loops in (0, _PILOT_LOOPS)
    ]
    environment = await build(server, app)
    async with AsyncExitStack() as held:
        load = await held.enter_async_context(load_process(cores.generator))
        running = [
            await held.enter_async_context(
                launch(profile, environment, app, log=folder / "pilot.log", cpus=cores.servers)
            )
            for profile in profiles
        ]
        orders = [_pilot(each, connections) for each in running]
        for order in orders:
            await load.attach(order.target)
        pieces = [_PILOT_PIECES] * len(orders)
        with pinned(cores.servers):
            bare, looping = [_cpu_ns(each) for each in await load.alternate(orders, pieces)]
        for order in orders:
            await load.detach(order.target.key)
    if looping <= bare:
        raise HarnessError(f"{server.name} is not slower with a loop: the machine is too busy")
    return _PILOT_LOOPS * bare / (looping - bare)


def _pilot(server: Server, connections: int) -> Order:
    return Order(
        target=Target(server.name, server.url, "get_item", seed=1),
        load=Load(Mode.CLOSED, connections),
        client=Client.WIRE,
        seed=1,
        lead_in_s=_PILOT_S / 5,
        window_s=_PILOT_S,
        drain_s=1.0,
        tree=server.tree_root,
    )


def _cpu_ns(seen: Observation) -> float:
    if not seen.cpu_ns or not seen.cpu_requests:
        raise HarnessError("the CPU time of servers cannot be read here: nothing can be planted")
    return seen.cpu_ns / seen.cpu_requests
