"""The WebSocket in process: what the functional suite cannot ask of a bare server."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message

from app.main import create_app
from app.settings import Settings
from tests.app.tokens import APP, bearing, signed

DRAFT = json.dumps({"name": "widget", "price": 9.5})
KEPT = {"name": "widget", "price": 9.5, "in_stock": True}


class Session:
    """Plays the server for one connection."""

    def __init__(self) -> None:
        self._coming: asyncio.Queue[Message] = asyncio.Queue()
        self._going: asyncio.Queue[Message] = asyncio.Queue()
        self.receive = self._coming.get
        self.send = self._going.put

    def comes(self, kind: str, **message: str | bytes | int) -> None:
        """Let a message come."""
        self._coming.put_nowait({"type": f"websocket.{kind}", **message})

    async def goes(self, kind: str) -> Message:
        """Return the next message of the app, which is of this kind."""
        message = await self._going.get()
        assert message["type"] == f"websocket.{kind}"
        return message

    async def answer(self) -> Any:
        """Return what the next answer holds."""
        return json.loads((await self.goes("send"))["text"])


@asynccontextmanager
async def connected(
    app: FastAPI, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Session]:
    """Connect to an app, and see it end."""
    session = Session()
    encoded = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws",
        "path": "/items/ws", "root_path": "", "query_string": b"", "headers": encoded,
        "subprotocols": [],
    }  # fmt: skip
    session.comes("connect")
    talk = asyncio.create_task(app(scope, session.receive, session.send))
    await session.goes("accept")
    yield session
    session.comes("disconnect", code=1000)
    await talk


async def test_token_opens() -> None:
    """With auth on, a valid token in the handshake is enough for every message."""
    async with connected(APP, bearing(signed())) as session:
        for _ in range(2):
            session.comes("receive", text=DRAFT)
            assert await session.answer() == KEPT


@pytest.mark.parametrize(
    ("headers", "complaint"),
    [
        ({}, "this needs a token"),
        ({"Authorization": "Basic YW5uOmFubg=="}, "this needs a token"),
        (bearing("no.such.token"), "is not valid"),
        (bearing(signed(key="another secret of thirty-two bytes or more")), "is not valid"),
    ],
    ids=["none", "basic", "nonsense", "forged"],
)
async def test_no_token_closes(headers: dict[str, str], complaint: str) -> None:
    """Without one, the error says where to get it, and the code is 1008."""
    async with connected(APP, headers) as session:
        assert complaint in (await session.answer())["detail"]
        assert (await session.goes("close"))["code"] == 1008


async def test_no_auth_asks_for_no_token() -> None:
    """A bare app echoes for anybody."""
    async with connected(create_app()) as session:
        session.comes("receive", text=DRAFT)
        assert await session.answer() == KEPT


@pytest.mark.parametrize("text", ["x" * 101, "\U0001f469" * 26], ids=["letters", "emoji"])
async def test_limit_is_that_of_bodies(text: str) -> None:
    """It counts bytes, not characters; what is just as long is answered."""
    async with connected(create_app(Settings(max_body_bytes=100))) as session:
        session.comes("receive", text="x" * 100)
        assert (await session.answer())["detail"].startswith("body: is not JSON")
        session.comes("receive", text=text)
        closed = await session.goes("close")
    assert closed["code"] == 1009
    assert closed["reason"] == "a message must have at most 100 bytes"


async def test_binary_is_refused() -> None:
    """Even an empty one."""
    async with connected(create_app()) as session:
        session.comes("receive", bytes=b"")
        assert (await session.goes("close"))["code"] == 1003


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "body: is not JSON: Expecting value at character 0"),
        ("[" * 100_000, "body: is nested too deeply"),
        ("1" * 5000, "body: holds a number with too many digits"),
        (json.dumps({f"{n}": 0 for n in range(101)}), "body: must have at most 100 fields"),
        ('{"name": "\\ud800", "price": 1}', "name: must be Unicode text"),
        ('{"\\ud800": 1}', "body: must be Unicode text"),
    ],
    ids=["empty", "nested", "digits", "fields", "surrogate", "surrogate-key"],
)
async def test_bad_item_leaves_it_open(text: str, complaint: str) -> None:
    """Whatever was sent, an error in the one shape, and the next message is heard."""
    async with connected(create_app()) as session:
        session.comes("receive", text=text)
        error = await session.answer()
        assert list(error) == ["detail"]
        assert error["detail"].startswith(complaint)
        session.comes("receive", text=DRAFT)
        assert await session.answer() == KEPT
