"""The small HTTP/2 client, the probe and the gateway over it, against servers of the tests' own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import h2.config
import h2.connection
import h2.errors
import h2.events
import httpx
import pytest

from servers.asking.connecting import http2_connection
from servers.asking.http2_client import BrokenOffError
from servers.asking.loopback_proxy import door
from servers.asking.probe import get
from servers.asking.probe_answer import ProbeAnswer
from servers.asking.readiness_request import Question
from servers.command import Address
from servers.protocol import Protocol
from servers.tls import Tls
from tests.certificates import certificate, server_context

BIG = b"x" * 300_000
Answering = Callable[["Peer", int, list[tuple[bytes, bytes]], bytes], None]


class Peer(asyncio.Protocol):
    """A server by hyper-h2, the reference: calls `answering` with each whole request."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        config = h2.config.H2Configuration(client_side=False, header_encoding=None)
        self.http = h2.connection.H2Connection(config)
        self.requests: dict[int, tuple[list[tuple[bytes, bytes]], bytearray]] = {}
        self.waiting: dict[int, bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the preface."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.http.initiate_connection()
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Collect requests; send what the window had no room for."""
        for event in self.http.receive_data(data):
            match event:
                case h2.events.RequestReceived():
                    self.requests[event.stream_id] = (list(event.headers), bytearray())
                case h2.events.DataReceived():
                    self.requests[event.stream_id][1].extend(event.data)
                    self.http.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
                case h2.events.StreamEnded():
                    headers, body = self.requests.pop(event.stream_id)
                    self.answering(self, event.stream_id, headers, bytes(body))
        for number in list(self.waiting):
            self.body(number, self.waiting.pop(number))
        self.flush()

    def head(self, number: int, status: bytes = b"200", *more: tuple[bytes, bytes]) -> None:
        """Begin an answer."""
        self.http.send_headers(number, [(b":status", status), *more])

    def body(self, number: int, data: bytes) -> None:
        """Send as much as the window lets, and the rest when it opens."""
        while data:
            room = min(self.http.local_flow_control_window(number), 16_384)
            if room == 0:
                self.waiting[number] = data
                return
            self.http.send_data(number, data[:room])
            data = data[room:]
        self.http.end_stream(number)

    def flush(self) -> None:
        """Send what is to be sent."""
        self.transport.write(self.http.data_to_send())


def echo(peer: Peer, number: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Answer with what came: method, path, authority, and the body."""
    told = dict(headers)
    peer.head(number, b"201", (b"x-path", told[b":path"]), (b"x-host", told[b":authority"]))
    peer.body(number, told[b":method"] + b" " + body)


@asynccontextmanager
async def listening(
    answering: Answering = echo, *, alpn: tuple[str, ...] | None = None, folder: Path | None = None
) -> AsyncIterator[Address]:
    """Give a server: over TLS where it chooses among `alpn`, on a socket in a folder."""
    loop = asyncio.get_running_loop()
    context = None if alpn is None else server_context(*alpn)
    tls = None if alpn is None else Tls(verified=True, ca=certificate().ca, newest=True)
    protocol = Protocol.H2C if alpn is None else Protocol.H2
    if folder is not None:
        path = folder / "s"
        server = await loop.create_unix_server(lambda: Peer(answering), path, ssl=context)
        address = Address("127.0.0.1", 0, path, tls, protocol=protocol)
    else:
        server = await loop.create_server(lambda: Peer(answering), "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        address = Address("127.0.0.1", port, None, tls, protocol=protocol)
    async with server:
        yield address


@pytest.mark.parametrize("kind", ["plain", "tls", "socket"])
async def test_probe_asks_in_the_protocol(tmp_path: Path, kind: str) -> None:
    """The whole answer, when it came, and what the handshake agreed upon."""
    alpn = ("http/1.1", "h2") if kind == "tls" else None
    async with listening(alpn=alpn, folder=tmp_path if kind == "socket" else None) as address:
        answer = await get(address, Question("/health?a=1"), 5.0)
    assert isinstance(answer, ProbeAnswer)
    assert (answer.status, answer.body) == (201, b"GET ")
    assert answer.at_ns > 0
    agreed = answer.secured
    assert (agreed is None) == (kind != "tls")
    if agreed is not None:
        assert (agreed.version, agreed.alpn, agreed.resumed) == ("TLSv1.3", "h2", False)


async def test_server_that_does_not_choose_h2_is_told() -> None:
    """As one that knows HTTP/1.1 alone: asked by HTTP/2 it would fail in stranger ways."""
    async with listening(alpn=("http/1.1",)) as address:
        answer = await get(address, Question(), 5.0)
    assert answer == "the server chose no protocol in the TLS handshake, where h2 was offered"


async def test_server_of_http1_is_told() -> None:
    """Its answer is no frame."""

    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(old, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        answer = await get(Address("127.0.0.1", port, protocol=Protocol.H2C), Question(), 5.0)
    assert isinstance(answer, str)
    assert "not HTTP/2" in answer


async def test_requests_go_side_by_side_and_bodies_pass_the_window() -> None:
    """More than the first 65,535 bytes, both ways, on one connection."""
    async with listening() as address:
        client, transport = await http2_connection(address)

        async def ask(number: int) -> bytes:
            body = BIG + b"%d" % number
            reply = await client.ask(b"POST", b"/", [(b"Connection", b"close")], body)
            return b"".join([chunk async for chunk in reply.body()])

        answers = await asyncio.gather(*map(ask, range(5)))
        transport.abort()
    assert answers == [b"POST " + BIG + b"%d" % number for number in range(5)]


def _reset(peer: Peer, number: int, _: object, __: object) -> None:
    peer.http.reset_stream(number, h2.errors.ErrorCodes.INTERNAL_ERROR)


def _leave(peer: Peer, _: object, __: object, ___: object) -> None:
    peer.http.close_connection(h2.errors.ErrorCodes.NO_ERROR, last_stream_id=0)


def _half(peer: Peer, number: int, _: object, __: object) -> None:
    peer.head(number)
    peer.http.send_data(number, b"half")
    peer.flush()
    peer.transport.close()


@pytest.mark.parametrize(
    ("answering", "expected"),
    [(_reset, "the stream was reset"), (_leave, "ends the connection"), (_half, "was closed")],
)
async def test_answer_that_is_broken_off(answering: Answering, expected: str) -> None:
    """Every way in which a server may break off is an error, and none hangs."""
    async with listening(answering) as address:
        client, transport = await http2_connection(address)

        async def ask() -> list[bytes]:
            reply = await client.ask(b"GET", b"/", [])
            return [chunk async for chunk in reply.body()]

        with pytest.raises(BrokenOffError, match=expected):
            await asyncio.wait_for(ask(), 5)
        transport.abort()


async def test_any_client_is_let_in() -> None:
    """By HTTP/1.1 at the door, kept alive; what HTTP/2 has no place for is left out."""
    async with listening(alpn=("h2",)) as address, door(address) as url:
        assert url is not None
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            first = await client.get("/a%20b?c=d", headers={"Host": "shop.example"})
            second = await client.post("/items", content=BIG, headers={"Expect": "100-continue"})
            third = await client.post("/items", content=_pieces())
    assert (first.status_code, first.content) == (201, b"GET ")
    assert (first.headers["x-path"], first.headers["x-host"]) == ("/a%20b?c=d", "shop.example")
    assert second.content == b"POST " + BIG
    assert third.content == b"POST onetwo"


async def _pieces() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


async def test_client_sees_that_the_server_broke_off() -> None:
    """Its connection is closed before the answer is whole."""
    async with listening(_half) as address, door(address) as url:
        assert url is not None
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.TransportError):
                await client.get(url)


async def test_server_sees_that_the_client_left() -> None:
    """In the middle of an answer of which nothing more comes: its connection is closed, too."""
    lost = asyncio.get_running_loop().create_future()

    class Watching(Peer):
        def connection_lost(self, exc: Exception | None) -> None:
            lost.set_result(exc)

    def begin(peer: Peer, number: int, _: object, __: object) -> None:
        peer.head(number)
        peer.http.send_data(number, b"first")

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Watching(begin), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = Address("127.0.0.1", port, protocol=Protocol.H2C)
    async with server, door(address) as url, httpx.AsyncClient(trust_env=False) as client:
        assert url is not None
        async with client.stream("GET", url) as answer:
            assert await anext(answer.aiter_bytes()) == b"first"
        async with asyncio.timeout(5):
            await lost
