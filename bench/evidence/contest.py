"""Runs in which it is known what differs: one server several times, and slowed by known shares."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.domain import Client, Load, Mode
from bench.errors import HarnessError
from bench.load.order import Order, Target
from bench.load.process import load_process
from bench.machine import pinned, share_out
from bench.reference import slowed_app
from bench.repository import ROOT
from bench.resolve import Resolved
from servers.app import App, items_app
from servers.environment import build
from servers.launch import launch
from servers.profile import Profile

COPIES: Final = 5
"""Of the server itself: ten A/A comparisons a run."""

PLANTED: Final = (0.03, 0.05, 0.10)
"""How much longer a request takes, as shares of the CPU time that one takes at saturation."""

PLANT: Final = "planted"  # where the manifest's settings tell of them
_PILOT_S: Final = 2.0
_APP: Final = "bench.reference.slowed_app:app"


def contest(wanted: Resolved, request_ns: float) -> Resolved:
    """Several copies of a run's only server, and one slowed by each planted share.

    request_ns: CPU time of one request, by which the shares become busy loops.
    """
    (server,) = wanted.profiles
    copies = [server, *(_copy(server, number) for number in range(2, COPIES + 1))]
    planted = {slowed(server, share, request_ns): share for share in PLANTED}
    app = replace(items_app(), asgi=_APP, wsgi=None, directory=ROOT)
    profiles = (*copies, *planted)
    names = tuple(profile.name for profile in profiles)
    return replace(
        wanted,
        profiles=profiles,
        twin=None,
        baseline=server.name,
        settings=replace(wanted.settings, profiles=names),
        apps=_apps(app, planted),
        told={PLANT: {profile.name: share for profile, share in planted.items()}},
    )


def slowed(server: Profile, share: float, request_ns: float) -> Profile:
    """The same server, of which each request takes longer by a share."""
    busy = str(round(share * request_ns))
    env = {slowed_app.SLOWED: items_app().asgi or "", slowed_app.BUSY_NS: busy}
    return replace(
        server,
        name=f"{server.name}-slower-by-{share:.0%}".replace("%", ""),
        title=f"{server.title}, slower by {share:.0%}",
        env={**server.env, **env},
        default=False,
    )


async def request_ns(server: Profile, folder: Path, connections: int) -> float:
    """CPU time that a server takes for one request at saturation, ns.

    Raises ServerError and HarnessError.
    """
    app, cores = items_app(), share_out()
    environment = await build(server, app)
    log = folder / f"{server.slug}.pilot.log"
    async with (
        load_process(cores.generator) as load,
        launch(server, environment, app, log=log, cpus=cores.servers) as running,
    ):
        target = Target("pilot", running.url, "get_item", seed=1)
        await load.attach(target)
        order = Order(
            target=target,
            load=Load(Mode.CLOSED, connections),
            client=Client.WIRE,
            seed=1,
            lead_in_s=_PILOT_S / 2,
            window_s=_PILOT_S,
            drain_s=1.0,
            pids=tuple(running.pids()),
        )
        with pinned(cores.servers):
            seen = await load.run(order)
        await load.detach(target.key)
    if not seen.cpu_ns or not seen.cpu_requests:
        raise HarnessError(f"the CPU time of {server.name} cannot be read here: nothing to plant")
    return seen.cpu_ns / seen.cpu_requests


def _copy(server: Profile, number: int) -> Profile:
    name, title = f"{server.name}#{number}", f"{server.title} (again, {number})"
    return replace(server, name=name, title=title, default=False)


def _apps(app: App, planted: Mapping[Profile, float]) -> dict[str, App]:
    return {profile.name: app for profile in planted}
