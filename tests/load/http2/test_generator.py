"""The generator over HTTP/2: plain, over TLS, and before real servers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from bench.proof.calibration import nginx
from servers import catalogue
from servers.apps.app import items_app
from servers.command import Address
from servers.environments.cache import build
from servers.launch import launch
from servers.protocol import Protocol
from servers.speaking import speaking
from servers.tls import Tls
from tests.certificates import server_context
from tests.load.http2.peer import StreamPeer, answering
from tests.load.server import Peer, Served, serving
from tests.load.server import answering as answering_http1

WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(request, Checked(lambda r: None if r.text == '{"id":1}' else "another body"))
"""
CLOSED = Load(Mode.CLOSED, 20)
OPEN = Load(Mode.OPEN, 20, 500.0, Arrivals.CONSTANT)


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


@pytest.fixture
def workload(tmp_path: Path) -> str:
    """One request, and its right answer."""
    path = tmp_path / "workload.py"
    path.write_text(WORKLOAD, encoding="utf-8")
    return str(path)


def order(target: Target, load: Load) -> Order:
    """A short slice."""
    return Order(target, load, Client.WIRE, 5, lead_in_s=0.02, window_s=0.1, drain_s=10.0)


def h2c(served: Served, workload: str) -> Target:
    """A server that is asked by h2c."""
    return Target("one", served.url, workload, seed=1, protocol=Protocol.H2C)


def h2(served: Served, workload: str) -> Target:
    """A server that is asked by h2, over TLS."""
    address = Address("127.0.0.1", served.address[1], tls=Tls())
    return Target("one", "http://localhost", workload, 1, address=address, protocol=Protocol.H2)


@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
@pytest.mark.parametrize("protocol", [Protocol.H2C, Protocol.H2])
def test_all_is_answered(
    protocol: Protocol, load: Load, generator: Generator, workload: str
) -> None:
    """20 requests in flight take three connections of eight streams, kept from slice to slice."""
    encrypted = protocol is Protocol.H2
    with serving(answering(), context=server_context("h2") if encrypted else None) as served:
        wanted = order((h2 if encrypted else h2c)(served, workload), load)
        generator.attach(wanted.target)
        first, second = generator.run(wanted), generator.run(wanted)
        assert served.connections == 3
    for seen in (first, second):
        assert set(seen.outcomes) == {Outcome.OK}
        assert seen.outcomes[Outcome.OK] > 10
        assert (seen.connections_opened, seen.connections_lost) == (0, 0)
        assert seen.errors == ()
        assert seen.in_flight_mean <= 20.001


@pytest.mark.parametrize(("alpn", "words"), [((), "nothing"), (("http/1.1",), "nothing")])
def test_a_server_that_does_not_select_h2_is_refused_in_one_line(
    alpn: tuple[str, ...], words: str, generator: Generator, workload: str
) -> None:
    """By ALPN: nothing is asked of it."""
    with serving(answering_http1(), context=server_context(*alpn)) as served:
        wanted = order(h2(served, workload), CLOSED)
        generator.attach(wanted.target)
        seen = generator.run(wanted)
        assert served.requests == 0
    assert Outcome.OK not in seen.outcomes
    assert "no HTTP/2 over TLS there: by ALPN, the server" in seen.errors[0]
    assert words in seen.errors[0]


def test_a_server_that_speaks_http_1_1_alone_is_refused_in_one_line(
    generator: Generator, workload: str
) -> None:
    """Whatever it answers to the preface."""

    def handle(_: Served, peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-length: 0\r\n\r\n")

    with serving(handle) as served:
        wanted = order(h2c(served, workload), CLOSED)
        generator.attach(wanted.target)
        seen = generator.run(wanted)
    assert Outcome.OK not in seen.outcomes
    assert "connect_failed: no HTTP/2 is spoken there: b'HTTP/1.1 505" in seen.errors[0]


def test_a_server_that_goes_away_at_once_is_told(generator: Generator, workload: str) -> None:
    """A connection that is closed before any SETTINGS is not opened for ever."""

    def handle(_: Served, peer: Peer) -> None:
        StreamPeer(peer).peer.close()

    with serving(handle) as served:
        wanted = order(h2c(served, workload), CLOSED)
        generator.attach(wanted.target)
        seen = generator.run(wanted)
    assert Outcome.OK not in seen.outcomes
    assert seen.errors[0].startswith("connect_failed: ")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("one", "http://127.0.0.1:1", "WORKLOAD", 1, protocol=Protocol.H2),
         "h2 is spoken over TLS, and 'http://127.0.0.1:1' has none"),
        (Target("one", "http://127.0.0.1:1", "WORKLOAD", 1, protocol=Protocol.HTTPS_1_1),
         "https/1.1 is spoken over TLS, and 'http://127.0.0.1:1' has none"),
        (Target("one", "http://x", "WORKLOAD", 1, Address("127.0.0.1", 1, tls=Tls()), Protocol.H2C),
         "h2c is spoken without TLS, and 'http://x' has it: ask for h2"),
        (Target("one", "http://127.0.0.1:1", "WORKLOAD", 1, protocol=Protocol.H2C, streams=0),
         "0 streams on a connection: give 1 or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_refused(
    target: Target, words: str, generator: Generator, workload: str
) -> None:
    """In one clear line."""
    changed = Target(
        target.key, target.base_url, workload, 1, target.address, target.protocol, target.streams
    )
    with pytest.raises(UsageError) as raised:
        generator.attach(changed)
    assert str(raised.value) == words
    assert not generator._attached


def test_httpx_over_our_connections(generator: Generator, workload: str) -> None:
    """Its requests share one; httpx with connections of its own is refused."""
    with serving(answering()) as served:
        wanted = order(h2c(served, workload), CLOSED)
        generator.attach(wanted.target)
        seen = generator.run(replace(wanted, client=Client.WIRE_HTTPX))
        assert served.connections == 1
        with pytest.raises(UsageError, match=r"over HTTP/1.1 alone, not h2c"):
            generator.run(replace(wanted, client=Client.HTTPX))
    assert set(seen.outcomes) == {Outcome.OK}


@pytest.mark.parametrize(
    "protocol", [pytest.param(Protocol.H2C, marks=pytest.mark.long), Protocol.H2]
)
async def test_hypercorn(protocol: Protocol, generator: Generator, tmp_path: Path) -> None:
    """Each of its answers is right, over one connection after the other."""
    profile, app = speaking(catalogue.builtin()["hypercorn"], protocol), items_app()
    environment = await build(profile, app)
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        target = Target(
            "one", server.url, "get_item", seed=1, address=server.address, protocol=protocol
        )
        generator.attach(target)
        seen = [generator.run(order(target, load)) for load in (CLOSED, OPEN, CLOSED)]
    for each in seen:
        assert set(each.outcomes) == {Outcome.OK}, each.errors
        assert (each.connections_opened, each.connections_lost) == (0, 0)


@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
async def test_nginx(load: Load, generator: Generator, tmp_path: Path) -> None:
    """The server of the calibration."""
    if nginx.program() is None:
        pytest.skip("nginx is not installed")
    async with nginx.nginx_place(None, tmp_path) as place:
        target = Target("one", place.base_url, place.workload, seed=1, protocol=Protocol.H2C)
        generator.attach(target)
        seen = generator.run(order(target, load))
    assert set(seen.outcomes) == {Outcome.OK}, seen.errors
    assert (seen.connections_opened, seen.connections_lost) == (0, 0)
