"""Streams as a server calls them: in pieces, and until the client leaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from starlette.types import Message

from app.main import create_app
from app.models import ItemIn
from app.settings import Settings
from tests.app.clients import client_of

LIMIT_S = 8.0  # less than from one event to the next
ONE_THEN_SILENCE = "/items/events", b"count=2&interval=10000"


class Connection:
    """Plays the server for one request."""

    def __init__(
        self, app: FastAPI, path: str, query: bytes = b"", *, repeats: bool = False
    ) -> None:
        self.bodies: list[bytes] = []
        self.sent = asyncio.Event()
        self.left = asyncio.Event()
        self.refuses = False
        self._asked = False
        self._repeats = repeats
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1", "method": "GET", "scheme": "http", "path": path,
            "root_path": "", "query_string": query, "headers": [],
        }  # fmt: skip
        self.answering = asyncio.create_task(app(scope, self.receive, self.send))

    async def receive(self) -> Message:
        """Say that there is no body, and later that the client has left."""
        if not self._asked or self._repeats:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a piece, or refuse it as a server of ASGI 2.4 does once the client has left."""
        if self.refuses:
            raise OSError
        if message.get("body"):
            self.bodies.append(message["body"])
            self.sent.set()


@pytest.fixture(params=["memory", "sqlite"])
async def app(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """Build an app over each store, with an export of many pieces."""
    storage = "memory" if request.param == "memory" else f"sqlite:///{tmp_path / 'items.sqlite3'}"
    app = create_app(Settings(storage=storage, seeded_items=30_000))
    async with aclosing(app.state.store):
        yield app


async def test_events_end_when_the_client_leaves() -> None:
    """Between two events, and at once."""
    connection = Connection(create_app(), *ONE_THEN_SILENCE)
    async with asyncio.timeout(LIMIT_S):
        await connection.sent.wait()
        assert not connection.answering.done()
        connection.left.set()
        await connection.answering
    assert [body[:6] for body in connection.bodies] == [b"id: 1\n"]


async def test_events_end_when_sending_is_refused() -> None:
    """A server that refuses a piece has lost the client: no error of the app's."""
    connection = Connection(create_app(), "/items/events", b"count=10000&interval=1")
    async with asyncio.timeout(LIMIT_S):
        await connection.sent.wait()
        connection.refuses = True
        await connection.answering


async def test_server_that_never_says_that_a_client_has_left() -> None:
    """One that repeats the end of the body is not asked for ever: the events are sent."""
    connection = Connection(create_app(), "/items/events", b"count=3&interval=0", repeats=True)
    await connection.answering
    assert len(connection.bodies) == 3


async def test_events_are_due_by_plan() -> None:
    """A client that reads late gets at once what is due, and waits for nothing twice."""
    connection = Connection(create_app(), "/items/events", b"count=3&interval=50")
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    await connection.answering
    assert loop.time() - begun_s >= 0.1
    assert len(connection.bodies) == 3


async def test_events_of_an_empty_store() -> None:
    """There are as many, of no item."""
    async with client_of(create_app(Settings(seeded_items=0))) as client:
        answer = await client.get("/items/events?count=1&interval=0")
    assert answer.text == 'id: 1\nevent: item\ndata: {"number":1,"of":1,"item":null}\n\n'


async def test_events_take_turns() -> None:
    """Of more events than items the first item is the next."""
    async with client_of(create_app(Settings(seeded_items=2))) as client:
        answer = await client.get("/items/events?count=5&interval=0")
    data = [line for line in answer.text.splitlines() if line.startswith("data: ")]
    ids = [json.loads(line.removeprefix("data: "))["item"]["id"] for line in data]
    assert ids == [1, 2, 1, 2, 1]


async def test_export_is_of_one_moment(app: FastAPI) -> None:
    """What is written while a client reads is not in what it reads; nobody waits for it."""
    export = await app.state.store.export()
    async with aclosing(export):
        read = [await export.read()]
        assert await app.state.store.delete(30_000)
        assert (await app.state.store.add(ItemIn(name="late", price=1))).id == 30_001
        while piece := await export.read():
            read.append(piece)
    assert max(map(len, read)) < 2**15
    lines = b"".join(read).splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(1, 30_001))


async def test_export_lets_others_have_their_turn(app: FastAPI) -> None:
    """Where the client is fast, another request is answered long before the end."""
    connection = Connection(app, "/items/export")
    await connection.sent.wait()
    async with client_of(app) as client:
        assert (await client.get("/items/1")).status_code == 200
    assert not connection.answering.done()
    await connection.answering
    assert len(b"".join(connection.bodies).splitlines()) == 30_000


async def test_export_ends_when_the_client_leaves(app: FastAPI) -> None:
    """Nothing is read for a client that is gone."""
    connection = Connection(app, "/items/export")
    await connection.sent.wait()
    connection.left.set()
    await connection.answering
    assert len(b"".join(connection.bodies).splitlines()) < 30_000


async def test_export_crash_after_the_start_cuts_the_answer(app: FastAPI) -> None:
    """An export that cannot be read to its end has no end: it is not taken for whole."""

    class Broken:
        async def read(self) -> bytes:
            raise RuntimeError("cut")

        async def aclose(self) -> None:
            pass

    async def export() -> Any:
        return Broken()

    app.state.store.export = export
    connection = Connection(app, "/items/export")
    with pytest.raises(ExceptionGroup):
        await connection.answering
    assert connection.bodies == []


async def test_abandoned_copy_leaves_no_file(tmp_path: Path) -> None:
    """A client that never reads leaves nothing behind, in the store's folder neither."""
    app = create_app(Settings(storage=f"sqlite:///{tmp_path / 'items.sqlite3'}"))
    async with aclosing(app.state.store):
        await (await app.state.store.export()).aclose()
    names = [path.name async for path in anyio.Path(tmp_path).iterdir()]
    assert names == ["items.sqlite3"]
