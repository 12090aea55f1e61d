"""Every builtin profile starts the items app for real, in its real environment."""

from pathlib import Path

import httpx
import pytest

from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.profile import Profile, canonical, distribution
from servers.protocol import Protocol
from servers.server import Server, StopKind
from servers.speaking import speaking
from tests.everyday import few_of
from tests.plain_http import NO_TLS
from tests.servers.eventually import living

BUILTIN = catalogue.builtin()
SCALING = {profile.name: profile for profile in catalogue.defaults() if profile.scales}
DERIVED = {
    derived.name: derived
    for profile in BUILTIN.values()
    for protocol in profile.protocols
    if protocol is not Protocol.H3
    for derived in [speaking(profile, protocol)]
}
DEADLINE_S = 60.0  # For a machine that is busy with other tests.


@pytest.mark.parametrize("profile", few_of(BUILTIN, {"granian", "gunicorn"}))
async def test_one_worker(profile: Profile, tmp_path: Path) -> None:
    """What is pinned is installed; the app answers correctly; on leaving, all is drained."""
    app = items_app()
    environment = await build(profile, app)
    for requirement in profile.requires:
        name, _, version = requirement.partition("==")
        assert environment.packages[canonical(distribution(name))] == version
    log = tmp_path / "log"
    async with launch(profile, environment, app, log=log, deadline_s=DEADLINE_S) as server:
        assert len(server.answering) == 1
        assert server.answering <= set(server.pids())
        await answers_rightly(server)
    assert server.ending is not None
    assert (server.ending.how, server.ending.leftovers) == (StopKind.DRAINED, 0), server.tail()


@pytest.mark.parametrize("profile", few_of(SCALING, {"uvicorn"}))
async def test_two_workers(profile: Profile, tmp_path: Path) -> None:
    """Two processes of its tree have answered; none outlives it."""
    app = items_app()
    environment = await build(profile, app)
    log = tmp_path / "log"
    async with launch(
        profile, environment, app, log=log, workers=2, deadline_s=DEADLINE_S
    ) as server:
        pids = server.pids()
        assert len(server.answering) == 2
        assert server.answering <= set(pids)
    assert living(pids) == []
    assert server.ending is not None
    assert server.ending.how is StopKind.DRAINED, server.tail()


@pytest.mark.parametrize("profile", few_of(DERIVED, {"hypercorn@h2"}))
async def test_over_another_protocol(profile: Profile, tmp_path: Path) -> None:
    """It is ready when it has answered in it; over TLS, by the newest version and one cipher."""
    app = items_app()
    environment = await build(profile, app)
    log = tmp_path / "log"
    async with launch(profile, environment, app, log=log, deadline_s=DEADLINE_S) as server:
        agreed = server.secured
        await answers_rightly(server)
    assert (agreed is not None) == profile.protocol.secure
    if agreed is not None:
        assert (agreed.version, agreed.cipher) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
        assert not agreed.resumed
        assert agreed.alpn in {profile.protocol.alpn, None}
    assert server.ending is not None
    assert (server.ending.how, server.ending.leftovers) == (StopKind.DRAINED, 0), server.tail()


async def answers_rightly(server: Server) -> None:
    """Status, body and headers, over a connection that is kept."""
    async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
        found = await client.get("/items/7")
        missing = await client.get("/items/123456")
        created = await client.post("/items", json={"name": "böna", "price": 0.5})
        refused = await client.post("/items", json={"name": ""})
    assert (found.status_code, found.json()["id"]) == (200, 7)
    assert (missing.status_code, list(missing.json())) == (404, ["detail"])
    assert (created.status_code, created.json()["name"]) == (201, "böna")
    assert created.headers["location"] == f"/items/{created.json()['id']}"
    assert refused.status_code == 422
