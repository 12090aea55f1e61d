"""What an app has that not every server runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute

from servers.apps.app import App
from servers.import_check.app_check import document, parts
from servers.import_check.importing import Imported, check_import
from servers.profile import Interface, Lack
from tests.servers.importers import ENVIRONMENT, PROFILES


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Do something when it starts."""
    yield


async def endpoint(websocket: Any) -> None:
    """Talk."""


class Wrapped:
    """A middleware around an app."""

    def __init__(self, app: Any) -> None:
        self.app = app


class Rule:
    """One of Quart's."""

    websocket = True


class Rules:
    """All of Quart's."""

    def iter_rules(self) -> list[Rule]:
        """Yield one."""
        return [Rule()]


class Quartlike:
    """An app with the attributes of Quart's."""

    before_serving_funcs = (lifespan,)
    url_map = Rules()


def including(router: APIRouter) -> FastAPI:
    """An app of a router, and of one that has nothing to say."""
    app = FastAPI()
    app.include_router(router)
    app.include_router(APIRouter())
    return app


def talking() -> APIRouter:
    """A router with a WebSocket."""
    router = APIRouter()
    router.add_api_websocket_route("/ws", endpoint)
    return router


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (FastAPI(), []),
        (Starlette(), []),
        (including(APIRouter()), []),
        (including(APIRouter(on_startup=[])), []),
        (FastAPI(lifespan=lifespan), ["lifespan"]),
        (Starlette(lifespan=lifespan), ["lifespan"]),
        (FastAPI(on_startup=[lambda: None]), ["lifespan"]),
        (including(APIRouter(lifespan=lifespan)), ["lifespan"]),
        (Wrapped(Wrapped(FastAPI(lifespan=lifespan))), ["lifespan"]),
        (including(talking()), ["websocket"]),
        (Starlette(routes=[Mount("/a", routes=[WebSocketRoute("/", endpoint)])]), ["websocket"]),
        (Quartlike(), ["lifespan", "websocket"]),
        (endpoint, []),
        (None, []),
    ],
)  # fmt: skip
def test_what_is_seen_of_an_app(app: Any, expected: list[str]) -> None:
    """Without starting it; an app of no known framework has nothing that can be seen."""
    assert list(parts(app)) == expected


TALKING = """
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

app = Starlette(routes=[WebSocketRoute("/ws", print)])
print("ready")
"""


async def test_it_is_seen_when_the_app_is_imported(tmp_path: Path) -> None:
    """By the interpreter of its servers; that it prints does not matter."""
    (tmp_path / "talk.py").write_text(TALKING)
    app, profile = App("talk:app", None, tmp_path), PROFILES[Interface.ASGI]
    found = await check_import(profile, ENVIRONMENT, app, tmp_path / "log")
    assert found == Imported(frozenset({Lack.WEBSOCKET}), None)


class Configured:
    """A part of Litestar's."""

    path = "/schema"


class Litestarlike:
    """An app with the attribute of Litestar's."""

    openapi_config = Configured()


@pytest.mark.parametrize(
    ("app", "path"),
    [
        (FastAPI(), "/openapi.json"),
        (FastAPI(openapi_url="/odd/spec.json"), "/odd/spec.json"),
        (Wrapped(FastAPI(openapi_url="/odd/spec.json")), "/odd/spec.json"),
        (FastAPI(openapi_url=None), None),
        (Litestarlike(), "/schema/openapi.json"),
        (Starlette(), None),
    ],
)
def test_where_its_openapi_document_is(app: Any, path: str | None) -> None:
    """Of the app itself, or of the one that is wrapped."""
    assert document(app) == path


async def test_the_document_is_told_when_the_app_is_imported(tmp_path: Path) -> None:
    """So that it need not be looked for at usual places."""
    source = 'from fastapi import FastAPI\napp = FastAPI(openapi_url="/odd/spec.json")\n'
    (tmp_path / "odd.py").write_text(source)
    app, profile = App("odd:app", None, tmp_path), PROFILES[Interface.ASGI]
    found = await check_import(profile, ENVIRONMENT, app, tmp_path / "log")
    assert found.document == "/odd/spec.json"
