"""The wire transport behind `httpx.AsyncClient`, against real servers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from bench.load.http1.transport import WireTransport
from tests.load.sending import BODY, RIGHT, answer
from tests.load.server import (
    Peer,
    Served,
    answering,
    eventually,
    refusing_address,
    replying,
    serving,
)


@asynccontextmanager
async def client(served: Served, read_s: float = 5.0) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to a server over the transport."""
    transport = WireTransport()
    async with httpx.AsyncClient(
        transport=transport, base_url=served.url, timeout=httpx.Timeout(5.0, read=read_s)
    ) as made:
        yield made


def echo(served: Served, peer: Peer) -> None:
    """Answer with the request itself."""
    while (request := peer.request()) is not None:
        served.count()
        peer.send(answer(request))


async def test_get() -> None:
    """Status, headers and body arrive."""
    response_bytes = b"HTTP/1.1 404 Not Found\r\nX-One: 1\r\ncontent-length: 2\r\n\r\nno"
    with serving(answering(response_bytes)) as served:
        async with client(served) as http:
            response = await http.get("/items/7")
    assert (response.status_code, response.text, response.headers["x-one"]) == (404, "no", "1")


async def test_post_sends_the_body() -> None:
    """Also one that is streamed, and one that is larger than the socket's buffer."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    large = bytes(range(256)) * 32_768
    with serving(echo) as served:
        async with client(served) as http:
            assert (await http.post("/", json={"a": 1})).text.endswith('\r\n\r\n{"a":1}')
            assert (await http.post("/", content=pieces())).text.endswith("\r\n\r\nonetwo")
            assert (await http.post("/", content=large)).content.endswith(b"\r\n\r\n" + large)


async def test_head_has_no_body() -> None:
    """And leaves the connection fit for the next request."""

    def handle(_: Served, peer: Peer) -> None:
        while (request := peer.request()) is not None:
            peer.send(RIGHT[: -len(BODY)] if request.startswith(b"HEAD") else RIGHT)

    with serving(handle) as served:
        async with client(served) as http:
            responses = [await http.request(method, "/") for method in ("HEAD", "GET", "HEAD")]
        assert [response.content for response in responses] == [b"", BODY, b""]
        assert served.connections == 1


async def test_connections_are_kept() -> None:
    """Requests one after the other share one connection; requests at once have one each."""
    with serving(answering()) as served:
        async with client(served) as http:
            for _ in range(5):
                await http.get("/")
            assert served.connections == 1
            responses = await asyncio.gather(*(http.get("/") for _ in range(8)))
            assert {response.content for response in responses} == {BODY}
            assert 1 < served.connections <= 8


async def test_an_idle_connection_that_was_closed_is_opened_anew() -> None:
    """The caller does not notice."""

    def once(_: Served, peer: Peer) -> None:
        if peer.request() is not None:
            peer.send(RIGHT)
            peer.close()
            closed.append(peer)

    closed: list[Peer] = []
    with serving(once) as served:
        async with client(served) as http:
            for number in range(1, 4):
                assert (await http.get("/")).content == BODY
                eventually(lambda n=number: len(closed) == n)  # type: ignore[misc]
        assert served.connections == 3


async def test_connection_close_is_obeyed() -> None:
    """The connection is not used again."""
    closing = RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    with serving(answering(closing)) as served:
        async with client(served) as http:
            await http.get("/")
            await http.get("/")
        assert served.connections == 2


async def test_a_name_is_resolved_to_where_the_server_listens() -> None:
    """Localhost may be two addresses, of which only one is served."""
    with serving(answering()) as served:
        async with httpx.AsyncClient(transport=WireTransport()) as http:
            url = f"http://localhost:{served.address[1]}/"
            assert (await http.get(url)).content == BODY


def mute(peer: Peer, number: int) -> None:
    """Answer nothing."""
    del peer, number


def cut_off(peer: Peer, number: int) -> None:
    """Begin the right answer, then close."""
    del number
    peer.send(RIGHT[:-1])
    peer.close()


FAILURES: dict[str, tuple[Callable[[Peer, int], None], type[httpx.HTTPError]]] = {
    "never answered": (mute, httpx.ReadTimeout),
    "closed": (lambda peer, _: peer.close(), httpx.ReadError),
    "reset": (lambda peer, _: peer.reset(), httpx.ReadError),
    "cut off": (cut_off, httpx.ReadError),
    "garbage": (lambda peer, _: peer.send(b"no\r\n\r\n"), httpx.RemoteProtocolError),
    "too long": (lambda peer, _: peer.send(RIGHT + b"x"), httpx.RemoteProtocolError),
}


@pytest.mark.parametrize(("reply", "error"), FAILURES.values(), ids=FAILURES)
async def test_failures_are_httpx_errors(
    reply: Callable[[Peer, int], None], error: type[httpx.HTTPError]
) -> None:
    """Whoever knows httpx knows what to catch; the request is attached."""
    with serving(replying(reply)) as served:
        async with client(served, read_s=0.2 if reply is mute else 5.0) as http:
            with pytest.raises(error) as caught:
                await http.get("/")
    assert caught.value.request.url.path == "/"


async def test_refused_is_a_connect_error() -> None:
    """Nobody listens there."""
    host, port = refusing_address()
    async with httpx.AsyncClient(transport=WireTransport()) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://{host}:{port}/")


async def test_an_unknown_host_is_a_connect_error() -> None:
    """The name does not resolve."""
    async with httpx.AsyncClient(transport=WireTransport()) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("http://no-such-host.invalid/")


async def test_other_schemes_are_refused() -> None:
    """TLS is not spoken."""
    async with httpx.AsyncClient(transport=WireTransport()) as http:
        with pytest.raises(httpx.UnsupportedProtocol, match="only http"):
            await http.get("https://127.0.0.1/")


async def test_cancelling_closes_the_connection() -> None:
    """An answer that nobody waits for must not meet the next request."""
    gone: list[bool] = []

    def handle(served: Served, peer: Peer) -> None:
        peer.request()
        served.count()
        gone.append(peer.request() is None)

    with serving(handle) as served:
        async with client(served) as http:
            waiting = asyncio.create_task(http.get("/"))
            while not served.requests:  # noqa: ASYNC110 - a thread gives no event
                await asyncio.sleep(0.001)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            eventually(lambda: bool(gone))
    assert gone == [True]


async def test_closing_the_client_closes_idle_connections() -> None:
    """The server sees the end of each."""
    over: list[bool] = []

    def handle(_: Served, peer: Peer) -> None:
        while peer.request() is not None:
            peer.send(RIGHT)
        over.append(True)

    with serving(handle) as served:
        async with client(served) as http:
            await asyncio.gather(*(http.get("/") for _ in range(3)))
        eventually(lambda: len(over) == served.connections)
