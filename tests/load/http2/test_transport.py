"""The HTTP/2 transport behind `httpx.AsyncClient`, against real servers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from bench.load.http2.frames import (
    ErrorCode,
    Flag,
    Kind,
    Setting,
    frame,
    goaway,
    rst_stream,
    window_update,
)
from bench.load.http2.transport import StreamTransport
from servers.tls import Tls
from tests.certificates import server_context
from tests.load.http2.peer import ENDS, StreamPeer, answer, answering, block, head, streaming
from tests.load.sending import BODY
from tests.load.server import Peer, Served, refusing_address, serving


@asynccontextmanager
async def client(served: Served, read_s: float = 5.0) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to a server over the transport."""
    timeout = httpx.Timeout(5.0, read=read_s)
    async with httpx.AsyncClient(
        transport=StreamTransport(), base_url=served.url, timeout=timeout
    ) as made:
        yield made


def echo(_: Served, peer: Peer) -> None:
    """Answer with the body of the request; the windows are opened as it is read."""
    stream_peer, bodies = StreamPeer(peer), dict[int, bytearray]()
    stream_peer.begin()
    while (found := stream_peer.frame()) is not None:
        first, payload = found
        if first.kind == Kind.DATA:
            bodies.setdefault(first.stream, bytearray()).extend(payload)
            if first.length:
                stream_peer.send(window_update(0, first.length))
                stream_peer.send(window_update(first.stream, first.length))
        if first.kind in {Kind.HEADERS, Kind.DATA} and first.flags & Flag.END_STREAM:
            body = bytes(bodies.get(first.stream, b""))
            pieces = [body[at : at + 16_000] for at in range(0, len(body), 16_000)]
            stream_peer.send(frame(Kind.HEADERS, Flag.END_HEADERS, first.stream, head(len(body))))
            for piece in pieces:
                stream_peer.send(frame(Kind.DATA, 0, first.stream, piece))
            stream_peer.send(frame(Kind.DATA, Flag.END_STREAM, first.stream))


async def test_get() -> None:
    """Status, headers and body arrive, and what was spoken."""
    fields = block([(":status", "404"), ("x-one", "1"), ("content-length", "2")])

    def reply(peer: StreamPeer, stream: int, _: int) -> None:
        peer.send(answer(stream, b"no", fields=fields))

    with serving(streaming(reply)) as served:
        async with client(served) as http:
            response = await http.get("/items/7")
    assert (response.status_code, response.text, response.headers["x-one"]) == (404, "no", "1")
    assert response.http_version == "HTTP/2"


async def test_post_sends_the_body() -> None:
    """Also one that is streamed, and one that is larger than all windows."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    large = bytes(range(256)) * 4096
    with serving(echo) as served:
        async with client(served) as http:
            assert (await http.post("/", json={"a": 1})).text == '{"a":1}'
            assert (await http.post("/", content=pieces())).text == "onetwo"
            assert (await http.post("/", content=large)).content == large


async def test_requests_at_once_share_one_connection() -> None:
    """However many, answered in whatever order."""

    def handle(served: Served, peer: Peer) -> None:
        stream_peer, streams = StreamPeer(peer), list[int]()
        stream_peer.begin()
        while (stream := stream_peer.request()) is not None:
            served.count()
            streams.append(stream)
            if len(streams) == 20:
                stream_peer.send(b"".join(answer(each) for each in reversed(streams)))

    with serving(handle) as served:
        async with client(served) as http:
            responses = await asyncio.gather(*(http.get("/") for _ in range(20)))
        assert (served.connections, served.requests) == (1, 20)
    assert {response.content for response in responses} == {BODY}


async def test_no_more_streams_are_opened_than_the_server_allows() -> None:
    """The rest waits for its turn."""
    with serving(
        streaming(lambda peer, s, _: peer.send(answer(s)), {Setting.MAX_CONCURRENT_STREAMS: 2})
    ) as served:
        async with client(served) as http:
            responses = await asyncio.gather(*(http.get("/") for _ in range(20)))
        assert served.connections == 1
    assert {response.content for response in responses} == {BODY}


async def test_head_has_no_body() -> None:
    """And leaves the connection fit for the next request."""

    def reply(peer: StreamPeer, stream: int, number: int) -> None:
        bare = frame(Kind.HEADERS, ENDS, stream, head())
        peer.send(bare if number % 2 else answer(stream))

    with serving(streaming(reply)) as served:
        async with client(served) as http:
            responses = [await http.request(method, "/") for method in ("HEAD", "GET", "HEAD")]
        assert served.connections == 1
    assert [response.content for response in responses] == [b"", BODY, b""]


async def test_a_request_that_was_not_processed_is_sent_again() -> None:
    """The caller does not notice that the server went away."""

    def reply(peer: StreamPeer, stream: int, number: int) -> None:
        if number == 1:
            peer.send(goaway(0, ErrorCode.NO_ERROR))
            peer.peer.close()
        else:
            peer.send(answer(stream))

    with serving(streaming(reply)) as served:
        async with client(served) as http:
            assert (await http.get("/")).content == BODY
        assert (served.connections, served.requests) == (2, 2)


async def test_over_tls() -> None:
    """By ALPN; and a server that selects nothing is refused."""
    with serving(answering(), context=server_context("h2")) as served:
        transport = StreamTransport(Tls().context("h2"))
        async with httpx.AsyncClient(transport=transport) as http:
            url = f"https://127.0.0.1:{served.address[1]}/"
            assert (await http.get(url)).content == BODY
    with serving(answering(), context=server_context()) as served:
        async with httpx.AsyncClient(transport=StreamTransport(Tls().context("h2"))) as http:
            with pytest.raises(httpx.ConnectError, match="by ALPN, the server selects nothing"):
                await http.get(f"https://127.0.0.1:{served.address[1]}/")


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        (lambda peer, s: peer.send(rst_stream(s, ErrorCode.CANCEL)), httpx.ReadError),
        (lambda peer, s: peer.send(answer(s, fields=head(9))), httpx.RemoteProtocolError),
        (lambda peer, _: peer.send(b"\xff" * 50), httpx.RemoteProtocolError),
        (lambda peer, _: peer.peer.close(), httpx.ReadError),
        (lambda peer, s: peer.send(answer(s)[:-1]), httpx.ReadTimeout),
    ],
    ids=["reset", "content-length", "garbage", "close", "no end"],
)
async def test_failures_are_those_of_httpx(
    lie: Callable[[StreamPeer, int], None], error: type[Exception]
) -> None:
    """And the next request finds a connection that can be used."""

    def reply(peer: StreamPeer, stream: int, number: int) -> None:
        if number == 1:
            lie(peer, stream)
        else:
            peer.send(answer(stream))

    with serving(streaming(reply)) as served:
        async with client(served, read_s=0.3) as http:
            with pytest.raises(error):
                await http.get("/")
            if error is not httpx.ReadTimeout:
                assert (await http.get("/")).content == BODY


async def test_a_request_that_is_given_up_resets_its_stream() -> None:
    """And costs the others nothing."""
    resets: list[int] = []

    def handle(_: Served, peer: Peer) -> None:
        stream_peer = StreamPeer(peer)
        stream_peer.begin()
        while (found := stream_peer.frame()) is not None:
            if found[0].kind == Kind.RST_STREAM:
                resets.append(found[0].stream)
            elif found[0].kind == Kind.HEADERS and found[1].startswith(get):
                stream_peer.send(answer(found[0].stream))

    get = b"\x82"  # of the static table, and the first field of a block
    with serving(handle) as served:
        async with client(served) as http:
            assert (await http.get("/")).content == BODY
            with pytest.raises(httpx.ReadTimeout):
                await http.delete("/", timeout=httpx.Timeout(5.0, read=0.05))
            assert (await http.get("/")).content == BODY
        assert served.connections == 1
    assert resets == [3]


async def test_nobody_listens() -> None:
    """Is an error of connecting."""
    host, port = refusing_address()
    async with httpx.AsyncClient(transport=StreamTransport()) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://{host}:{port}/")
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get("ftp://127.0.0.1/")


def test_connections_are_of_one_event_loop() -> None:
    """The next loop opens its own."""

    async def once() -> None:
        assert (await http.get(served.url)).content == BODY

    with serving(answering()) as served:
        http = httpx.AsyncClient(transport=StreamTransport())
        asyncio.run(once())
        asyncio.run(once())
        asyncio.run(http.aclose())
        assert served.connections == 2
