"""The small HTTP/3 client, against aioquic."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from servers.asking.connecting import http3_connection
from servers.asking.http2_client import BrokenOffError
from servers.asking.loopback_proxy import door
from servers.asking.probe import UntrustedError, get
from servers.asking.probe_answer import ProbeAnswer, Secured
from servers.asking.readiness_request import Question
from servers.certificate import made
from servers.command import Address
from servers.ports import free_ports
from servers.protocol import Protocol
from servers.tls import Tls
from tests.certificates import certificate
from tests.load.http3.peer import Http3Peer, Reply, ServedHttp3, answering, serving_http3
from tests.load.sending import BODY

BIG = b"x" * 300_000


def address(served: ServedHttp3, tls: Tls | None = None) -> Address:
    """Where it is, and how its certificate is looked at: verified, if nothing else is said."""
    usual = Tls(verified=True, ca=certificate().ca, newest=True)
    return Address(*served.address, tls=tls or usual, protocol=Protocol.H3)


@pytest.fixture
def served() -> Iterator[ServedHttp3]:
    """A server that answers every request."""
    with serving_http3(answering()) as found:
        yield found


async def test_answer_and_what_was_agreed(served: ServedHttp3) -> None:
    """Status, body, and TLS."""
    answer = await get(address(served), Question("/items/1"), 10.0)
    assert isinstance(answer, ProbeAnswer)
    assert (answer.status, answer.body) == (200, BODY)
    assert answer.at_ns > 0
    agreed = answer.secured
    assert isinstance(agreed, Secured)
    assert (agreed.version, agreed.alpn, agreed.resumed) == ("TLSv1.3", "h3", False)
    assert agreed.cipher in {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    }  # fmt: skip


async def test_certificate_that_nobody_vouches_for(served: ServedHttp3, tmp_path: Path) -> None:
    """It is told as over TLS; whoever does not look at it is answered."""
    other = made(tmp_path)
    with pytest.raises(UntrustedError, match="unable to get local issuer certificate"):
        await get(address(served, Tls(verified=True, ca=other.ca)), Question(), 10.0)
    assert isinstance(await get(address(served, Tls()), Question(), 10.0), ProbeAnswer)


async def test_nobody_listens() -> None:
    """The kernel tells, and nothing is waited for."""
    (port,) = free_ports("127.0.0.1", 1)
    gone = Address("127.0.0.1", port, tls=Tls(), protocol=Protocol.H3)
    assert await get(gone, Question(), 10.0) == "Connection refused"


async def test_requests_go_side_by_side_and_long_bodies_arrive() -> None:
    """Both ways, on one connection."""
    with serving_http3(lambda peer, stream, _: peer.answer(stream, BIG)) as served:
        client = await http3_connection(address(served))

        async def ask() -> bytes:
            reply = await client.ask(b"POST", b"/", [(b"Connection", b"close")], BIG)
            return b"".join([chunk async for chunk in reply.body()])

        answers = await asyncio.gather(*(ask() for _ in range(3)))
        client.close()
        assert served.bodies == BIG * 3
    assert answers == [BIG] * 3


def _half(peer: Http3Peer, stream: int, _: int) -> None:
    peer.head(stream)
    peer.data(stream, b"half", ends=False)
    peer.later(0.01, peer.end)


def _half_and_reset(peer: Http3Peer, stream: int, _: int) -> None:
    peer.head(stream)
    peer.data(stream, b"half", ends=False)
    peer.later(0.01, lambda: peer.reset(stream, 0x102))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (lambda peer, stream, _: peer.reset(stream, 0x102), "reset: 0x102"),
        (lambda peer, _, __: peer.go_away(0), "the server goes away"),
        (lambda peer, _, __: peer.end(0x102, "no more"), "the server ends the connection: no more"),
        (_half, "the server ends the connection"),
        (_half_and_reset, "reset: 0x102"),
    ],
    ids=["reset", "goaway", "closed", "closed in the body", "reset in the body"],
)
async def test_answer_that_is_broken_off(reply: Reply, expected: str) -> None:
    """Every way in which a server may break off is an error, and none hangs."""
    with serving_http3(reply) as served:
        client = await http3_connection(address(served))

        async def ask() -> list[bytes]:
            reply = await client.ask(b"GET", b"/", [])
            return [chunk async for chunk in reply.body()]

        with pytest.raises(BrokenOffError, match=expected):
            await asyncio.wait_for(ask(), 10)
        client.close()


async def test_any_client_is_let_in(served: ServedHttp3) -> None:
    """It asks by plain HTTP/1.1, and the server is asked by HTTP/3."""
    async with door(address(served)) as url:
        assert url is not None
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            answers = [await client.get("/"), await client.post("/", content=BIG)]
    assert [answer.content for answer in answers] == [BODY] * 2
    assert served.bodies == BIG
