"""Every built-in server that has WebSockets: each echo is right, in both loops."""

from pathlib import Path

import pytest

from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.profile import Profile
from servers.protocol import Protocol
from servers.speaking import speaking, spoken
from servers.websocket import has_websockets, with_websocket
from tests.everyday import few_of

BUILTIN = {name: each for name, each in catalogue.builtin().items() if has_websockets(each)}
ABLE = {name: with_websocket(profile) for name, profile in BUILTIN.items()}
SECURE = {
    name: with_websocket(speaking(profile, Protocol.HTTPS_1_1))
    for name, profile in BUILTIN.items()
    if Protocol.HTTPS_1_1 in spoken(profile)
}
LOADS = (Load(Mode.CLOSED, 3), Load(Mode.OPEN, 3, 200.0, Arrivals.CONSTANT))
IDLE = 200
TRIES = 20  # a busy machine may answer nothing in a short window


async def measured(profile: Profile, folder: Path) -> None:
    """Hold idle connections, then load it in both loops."""
    app = items_app()
    environment, generator = await build(profile, app), Generator()
    async with launch(profile, environment, app, log=folder / "log") as server:
        address = None if server.address.is_plain else server.address
        target = Target("it", server.url, "items_ws", 1, address, profile.protocol)
        generator.attach(target)
        try:
            assert generator.hold("it", IDLE)
            for load in LOADS:
                order = Order(target, load, Client.WIRE, 1, 0.02, 0.3, 10.0, goes_on=True)
                runs = (generator.run(order) for _ in range(TRIES))
                seen = next((each for each in runs if each.outcomes), None)
                assert seen is not None, "no message was answered in any of the windows"
                assert set(seen.outcomes) == {Outcome.OK}, seen.errors
                assert (seen.connections_opened, seen.connections_lost) == (0, 0)
        finally:
            generator.detach("it")


@pytest.mark.parametrize("profile", few_of(ABLE, {"uvicorn"}))
async def test_a_server_with_websockets(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is run where they are measured."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    await measured(profile, tmp_path)


@pytest.mark.parametrize("profile", few_of(SECURE, {"uvicorn"}))
async def test_a_server_with_websockets_over_tls(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wss:// is an upgrade of https/1.1."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    await measured(profile, tmp_path)
