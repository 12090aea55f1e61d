"""What the API does is what its OpenAPI document says: schemathesis searches for a difference."""

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

import jwt
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr

from app.main import create_app
from app.routers.streams import MOST_INTERVAL_MS
from app.settings import Settings
from servers import catalogue
from servers.apps.app import items_app
from servers.environments.cache import build
from servers.launch import launch
from servers.processes.keeper_client import keep

SECRET = "a secret of thirty-two bytes, or more"  # noqa: S105
TOKEN = jwt.encode({"sub": "ann", "aud": "items", "iat": 0, "exp": 2**40}, SECRET, "HS256")
HASH = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
GUARDED = Settings(auth=True, auth_secret=SecretStr(SECRET), auth_users={"ann": SecretStr(HASH)})
LIMIT_S: Final = 60.0

# A WebSocket refuses every request that is no handshake: there is no valid one to send.
bare = schemathesis.openapi.from_asgi("/openapi.json", create_app()).exclude(path="/items/ws")
guarded = schemathesis.openapi.from_asgi("/openapi.json", create_app(GUARDED)).exclude(
    path="/items/ws"
)
searched = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@bare.parametrize()
@searched
def test_bare_app(case: schemathesis.Case[Any]) -> None:
    """Every answer is one that the document names, in the shape that it gives."""
    hasten(case)
    case.call_and_validate()


@guarded.parametrize()
@searched
def test_guarded_app(case: schemathesis.Case[Any]) -> None:
    """The same with a token; without one, writes are refused as the document says."""
    hasten(case)
    case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"})


def hasten(case: schemathesis.Case[Any]) -> None:
    """Let no valid stream last: a refusal of the interval stays one."""
    if case.path == "/items/events" and str(case.query.get("interval", 1000)).isdigit():
        case.query["interval"] = min(int(case.query.get("interval", 1000)), MOST_INTERVAL_MS + 1)
        if case.query["interval"] <= MOST_INTERVAL_MS:
            case.query["interval"] = 0


def test_a_difference_would_be_found() -> None:
    """An app that answers what its document does not name is found out."""
    app = create_app()
    document = app.openapi()
    del document["paths"]["/items/{item_id}"]["get"]["responses"]["404"]
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    case = schema["/items/{item_id}"]["GET"].Case(path_parameters={"item_id": 10**9})
    with pytest.raises(BaseExceptionGroup, match="Undocumented status code"):
        case.call_and_validate()


@pytest.mark.long
async def test_live_server(tmp_path: Path) -> None:
    """The same over a real server, and over the links between the requests."""
    profile, app = catalogue.builtin()["uvicorn"], items_app()
    environment = await build(profile, app)
    log = tmp_path / "schemathesis.log"
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        argv = [
            str(Path(sys.executable).with_name("schemathesis")), "run",
            f"{server.url}/openapi.json", "--max-examples", "20", "--no-color",
            "--exclude-path", "/items/events",  # they would last for hours
            "--exclude-path", "/items/ws",
        ]  # fmt: skip
        async with keep(argv, log=log, cwd=tmp_path) as search, asyncio.timeout(LIMIT_S):
            status = await search.wait()
    assert status == 0, log.read_text(encoding="utf-8")
