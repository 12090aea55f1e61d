"""One GET: bytes in, an answer out, or in a few words why there is none."""

import asyncio
import socket

import pytest

from servers.asking.probe import get
from servers.asking.probe_answer import ProbeAnswer
from servers.asking.readiness_request import Question
from servers.command import Address
from servers.ports import free_port


async def asked(reply: bytes, limit_s: float = 5.0) -> tuple[ProbeAnswer | str, bytes]:
    """Return what came of asking a server that replies so, and what it was sent."""
    received = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        received = await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        if reply != b"hang":
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await get(Address("127.0.0.1", port), Question("/path?q=1"), limit_s), received


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 503, b"hi"),
    ],
)
async def test_answers(reply: bytes, status: int, body: bytes) -> None:
    """However the length is told."""
    answer, _ = await asked(reply)
    assert isinstance(answer, ProbeAnswer)
    assert (status, body) == (answer.status, answer.body)
    assert answer.at_ns > 0


async def test_what_is_sent() -> None:
    """A fresh connection that the server is asked to close."""
    _, received = await asked(b"HTTP/1.1 200 OK\r\n\r\n")
    assert received.startswith(b"GET /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nConnection: close\r\n" in received


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"", "the connection was closed without an answer"),
        (b"SSH-2.0-x\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "the answer is not HTTP"),
    ],
)
async def test_no_answer(reply: bytes, expected: str) -> None:
    """Said in words, not raised: the next question may be answered."""
    answer, _ = await asked(reply)
    assert isinstance(answer, str)
    assert answer.startswith(expected)


async def test_nobody_listens() -> None:
    """The same for a refused connection."""
    answer = await get(Address("127.0.0.1", free_port("127.0.0.1")), Question("/"), 5.0)
    assert answer == "Connection refused"


async def test_hanging() -> None:
    """Given up after the limit: some connections are accepted and never served."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        answer = await get(Address("127.0.0.1", mute.getsockname()[1]), Question("/"), 0.05)
    assert answer == "no answer within 0.05 s"
