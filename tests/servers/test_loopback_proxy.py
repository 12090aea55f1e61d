"""The door to a server that not every HTTP client can ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from servers.asking.loopback_proxy import door
from servers.asking.probe import UntrustedError, get
from servers.asking.probe_answer import ProbeAnswer
from servers.asking.readiness_request import Question
from servers.command import Address
from servers.tls import Tls
from tests.certificates import certificate, server_context

BODY = b"x" * 300_000


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
    await writer.drain()
    writer.close()


@asynccontextmanager
async def listening(folder: Path, kind: str) -> AsyncIterator[Address]:
    """Give a server that answers one request a connection, on a socket or with TLS."""
    if kind == "socket":
        path = folder / "socket"
        server = await asyncio.start_unix_server(_answer, path)
        address = Address("127.0.0.1", 0, path)
    else:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=server_context())
        port = server.sockets[0].getsockname()[1]
        tls = {"tls": Tls(), "own ca": Tls(verified=True, ca=certificate().ca)}.get(kind)
        address = Address("127.0.0.1", port, tls=tls or Tls(verified=True))
    async with server:
        yield address


@pytest.mark.parametrize("kind", ["socket", "tls", "own ca"])
async def test_any_client_is_let_in(tmp_path: Path, kind: str) -> None:
    """It asks by plain HTTP, and gets the whole answer."""
    async with listening(tmp_path, kind) as address, door(address) as url:
        assert url is not None
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            answers = await asyncio.gather(*(client.get("/") for _ in range(3)))
    assert [answer.content for answer in answers] == [BODY] * 3


async def test_plain_server_needs_none() -> None:
    """Nor does one whose certificate every client trusts."""
    async with door(Address("127.0.0.1", 1)) as url:
        assert url is None
    async with door(Address("example.org", 443, tls=Tls(verified=True))) as url:
        assert url is None


async def test_nobody_behind_it(tmp_path: Path) -> None:
    """The connection is closed, as the server's would be."""
    async with door(Address("127.0.0.1", 0, tmp_path / "none")) as url:
        assert url is not None
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.TransportError):
                await client.get(url)


@pytest.mark.parametrize("kind", ["socket", "tls", "own ca"])
async def test_server_is_probed_by_its_kind(tmp_path: Path, kind: str) -> None:
    """Readiness is asked of the server itself, not through the door."""
    async with listening(tmp_path, kind) as address:
        answer = await get(address, Question("/"), 5.0)
    assert isinstance(answer, ProbeAnswer)
    assert answer.body == BODY


async def test_untrusted_certificate_is_reported(tmp_path: Path) -> None:
    """Where it is to be verified."""
    async with listening(tmp_path, "verified") as address:
        with pytest.raises(UntrustedError, match="unable to get local issuer"):
            await get(address, Question(), 5.0)
