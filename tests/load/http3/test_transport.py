"""The HTTP/3 transport behind `httpx.AsyncClient`, against a real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from bench.load.http3.transport import QuicTransport
from tests.certificates import certificate
from tests.load.http3.peer import Http3Peer, ServedHttp3, answering, serving_http3
from tests.load.sending import BODY
from tests.load.server import eventually, refusing_address

LYING = 2
"""The request that is not answered as it should be."""


@asynccontextmanager
async def client(served: ServedHttp3, read_s: float = 20.0) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to a server over the transport; its certificate is that of `localhost`."""
    async with httpx.AsyncClient(
        transport=QuicTransport(certificate().ca),
        base_url=f"https://localhost:{served.address[1]}",
        timeout=httpx.Timeout(20.0, read=read_s),
    ) as made:
        yield made


async def test_requests_at_once_share_one_connection() -> None:
    """Status, headers and bodies arrive, large ones too, and what was spoken is said."""
    large = bytes(range(256)) * 2000

    def reply(peer: Http3Peer, stream: int, number: int) -> None:
        peer.head(stream, [(b"x-number", b"%d" % number)], status=201)
        peer.data(stream, large if number == 1 else BODY)

    with serving_http3(reply) as served:
        async with client(served) as http:
            first = await http.post("/items", content=large)
            others = await asyncio.gather(*(http.get("/items") for _ in range(20)))
        assert (served.connections, served.requests) == (1, 21)
        assert served.bodies == large
    assert (first.status_code, first.content, first.headers["x-number"]) == (201, large, "1")
    assert first.http_version == "HTTP/3"
    assert {each.content for each in others} == {BODY}


def going_away(peer: Http3Peer, stream: int) -> None:
    """Leave a request unprocessed."""
    peer.go_away(stream)


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        (lambda peer, s: peer.reset(s, 0x10C), httpx.ReadError),
        (lambda peer, s: peer.answer(s, length=9), httpx.RemoteProtocolError),
        (lambda peer, _: peer.end(), httpx.ReadError),
        (lambda _peer, _s: None, httpx.ReadTimeout),
        (going_away, None),
    ],
    ids=["reset", "content-length", "end", "silence", "goaway"],
)
async def test_failures_are_those_of_httpx(
    lie: Callable[[Http3Peer, int], None], error: type[Exception] | None
) -> None:
    """And the next request finds a connection that can be used.

    What was not processed is sent again, and nobody notices.
    """

    def reply(peer: Http3Peer, stream: int, number: int) -> None:
        if number == LYING:
            lie(peer, stream)
        else:
            peer.answer(stream)

    with serving_http3(reply) as served:
        async with client(served) as http:
            assert (await http.get("/")).content == BODY
            limit = httpx.Timeout(20.0, read=0.3 if error is httpx.ReadTimeout else 20.0)
            if error is not None:
                with pytest.raises(error):
                    await http.get("/", timeout=limit)
                eventually(lambda: served.requests == LYING)
            assert (await http.get("/")).content == BODY


async def test_a_server_that_nobody_vouches_for_is_not_asked() -> None:
    """Unless that is wanted; and where nobody listens, that is an error of connecting."""
    host, port = refusing_address()
    with serving_http3(answering()) as served:
        url = f"https://localhost:{served.address[1]}/"
        async with httpx.AsyncClient(transport=QuicTransport()) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(url)
            with pytest.raises(httpx.UnsupportedProtocol, match="only https"):
                await http.get(f"http://{host}:{port}/")
        async with httpx.AsyncClient(transport=QuicTransport(verified=False)) as http:
            assert (await http.get(url)).content == BODY
            with pytest.raises(httpx.ConnectError):
                await http.get(f"https://{host}:{port}/")
