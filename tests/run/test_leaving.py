"""Clients that leave streams: when each was noticed by the app, and which were not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bench.run import leaving
from bench.run.leaving import CLIENTS, MOST_UNNOTICED, left
from bench.stats.units import NS_PER_S
from bench.system import clock
from servers import catalogue
from servers.apps.app import items_app
from servers.command import Address
from servers.environments.cache import build
from servers.launch import launch
from servers.server import Server

PATIENCE_S = 30.0
SOON_S = 0.05
EVENT = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\n\n"


class StreamingApp:
    """Answers streams with one event, and says in its metrics when a client of one was gone."""

    def __init__(self, notices: Callable[[int], bool]) -> None:
        """`notices`: whether it looks at the end of the stream of this number, from 1."""
        self._notices = notices
        self._streams = 0
        self._ended_ns = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        while head := await self._head(reader):
            if head.startswith(b"GET /metrics"):
                said = b"items_streams_left_timestamp_seconds"
                text = b'%s{stream="events"} %.9f\n' % (said, self._ended_ns / NS_PER_S)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            else:
                await self._stream(reader, writer)
        writer.close()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._streams += 1
        number = self._streams
        writer.write(EVENT)
        assert await reader.read() == b""
        if self._notices(number):
            self._ended_ns = clock.realtime_ns()


@asynccontextmanager
async def running(app: StreamingApp) -> AsyncIterator[Server]:
    """The app at an address of its own."""
    listening = await asyncio.start_server(app.answer, "127.0.0.1", 0)
    async with listening:
        port = cast("tuple[str, int]", listening.sockets[0].getsockname())[1]
        profile = catalogue.builtin()["uvicorn"]
        yield Server(profile, Address("127.0.0.1", port), 1, frozenset(), Path("log"))


async def test_every_client_that_leaves_is_noticed() -> None:
    """One after the other, and later than it has left."""
    async with running(StreamingApp(lambda _: True)) as server:
        found = await left("mine", server, PATIENCE_S)
    assert (found.profile, found.left, found.unnoticed) == ("mine", CLIENTS, 0)
    assert 0 <= min(found.noticed_ns) <= max(found.noticed_ns) < PATIENCE_S * NS_PER_S


async def test_an_app_that_notices_nothing_is_not_waited_for_again_and_again() -> None:
    """Each client is waited for, and after two of them no other leaves."""
    async with running(StreamingApp(lambda _: False)) as server:
        found = await left("mine", server, SOON_S)
    assert (found.noticed_ns, found.unnoticed) == ((), MOST_UNNOTICED)
    assert found.median_ms is None
    assert found.longest_ms is None


async def test_a_stream_without_events_is_no_figure() -> None:
    """A server that ends it at once has not noticed anybody."""
    ending = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with ending:
        port = cast("tuple[str, int]", ending.sockets[0].getsockname())[1]
        profile = catalogue.builtin()["uvicorn"]
        server = Server(profile, Address("127.0.0.1", port), 1, frozenset(), Path("log"))
        with pytest.raises((EOFError, ConnectionError)):
            await left("mine", server, PATIENCE_S)


async def test_a_stream_that_never_begins_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on without it."""
    monkeypatch.setattr(leaving, "FIRST_EVENT_S", SOON_S)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address("127.0.0.1", silent.getsockname()[1])
        profile = catalogue.builtin()["uvicorn"]
        server = Server(profile, address, 1, frozenset(), Path("log"))
        with pytest.raises(TimeoutError):
            await left("mine", server, PATIENCE_S)


@pytest.mark.long
async def test_the_items_app_says_when_it_has_noticed(tmp_path: Path) -> None:
    """Under a real server."""
    bare, app = catalogue.builtin()["uvicorn"], items_app()
    profile = replace(bare, env={**bare.env, "ITEMS_METRICS": "metrics"})
    environment = await build(profile, app)
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        found = await left("uvicorn", server, PATIENCE_S)
    assert (found.left, found.unnoticed) == (CLIENTS, 0)
