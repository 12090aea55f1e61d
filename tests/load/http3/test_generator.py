"""The generator over HTTP/3: handshakes, certificates, and hypercorn."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from servers import catalogue
from servers.apps.app import items_app
from servers.certificate import made
from servers.command import Address
from servers.environments.cache import build
from servers.launch import launch
from servers.protocol import Protocol
from servers.speaking import speaking
from servers.tls import Tls
from tests.certificates import certificate
from tests.load.http3.peer import ServedHttp3, answering, serving_http3

WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(request, Checked(lambda r: None if r.text == '{"id":1}' else "another body"))
"""
CLOSED = Load(Mode.CLOSED, 20)
OPEN = Load(Mode.OPEN, 20, 300.0, Arrivals.CONSTANT)


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
    return Order(target, load, Client.WIRE, 5, lead_in_s=0.02, window_s=0.2, drain_s=10.0)


def at(served: ServedHttp3, workload: str, tls: Tls, host: str = "127.0.0.1") -> Target:
    """A server that is asked by h3."""
    address = Address(host, served.address[1], tls=tls)
    return Target("one", served.url, workload, 1, address=address, protocol=Protocol.H3)


def trusting() -> Tls:
    """Verify against the authority of the tests."""
    return Tls(verified=True, ca=certificate().ca, newest=True)


@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_all_is_answered(load: Load, host: str, generator: Generator, workload: str) -> None:
    """20 requests in flight take three connections of eight streams, kept from slice to slice."""
    with serving_http3(answering()) as served:
        wanted = order(at(served, workload, trusting(), host), load)
        generator.attach(wanted.target)
        first, second = generator.run(wanted), generator.run(wanted)
        assert served.connections == 3
    for seen in (first, second):
        assert set(seen.outcomes) == {Outcome.OK}, seen.errors
        assert seen.outcomes[Outcome.OK] > 10
        assert (seen.connections_opened, seen.connections_lost) == (0, 0)
        assert seen.in_flight_mean <= 20.001
        assert seen.network_ns is None
        assert (seen.client_delay is not None) == generator.instrument.kernel_timestamps


def test_a_certificate_of_another_authority_is_refused(
    generator: Generator, workload: str, tmp_path: Path
) -> None:
    """No request is sent, and the reason is told."""
    other = made(tmp_path)
    with serving_http3(answering()) as served:
        wanted = order(at(served, workload, Tls(verified=True, ca=other.ca)), CLOSED)
        generator.attach(wanted.target)
        seen = generator.run(wanted)
        assert served.requests == 0
    assert Outcome.OK not in seen.outcomes
    assert "the QUIC handshake failed: unable to get local issuer certificate" in seen.errors[0]


def test_a_certificate_that_is_not_to_be_verified_is_not(
    generator: Generator, workload: str
) -> None:
    """As for a server that was started with the user's own."""
    with serving_http3(answering()) as served:
        wanted = order(at(served, workload, Tls()), CLOSED)
        generator.attach(wanted.target)
        assert set(generator.run(wanted).outcomes) == {Outcome.OK}


def test_a_server_of_another_protocol_is_refused(generator: Generator, workload: str) -> None:
    """By ALPN, in the handshake."""
    with serving_http3(answering(), alpn="doq") as served:
        wanted = order(at(served, workload, trusting()), CLOSED)
        generator.attach(wanted.target)
        seen = generator.run(wanted)
    assert Outcome.OK not in seen.outcomes
    assert seen.errors[0].startswith("connect_failed: the QUIC handshake failed")


def test_nobody_listens(generator: Generator, workload: str) -> None:
    """UDP has no connection to be refused; the kernel tells all the same."""
    with serving_http3(answering()) as served:
        wanted = order(at(served, workload, trusting()), CLOSED)
    generator.attach(wanted.target)
    seen = generator.run(wanted)
    assert set(seen.outcomes) <= {Outcome.CONNECT_FAILED}
    assert seen.errors[0].startswith("connect_failed: ")


def test_somebody_listens_who_never_answers(
    generator: Generator, workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handshake is waited for as long as any connection is."""
    monkeypatch.setattr("bench.load.pools.pool.OPEN_TIMEOUT_NS", 300_000_000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        served = ServedHttp3(silent.getsockname())
        wanted = order(at(served, workload, trusting()), CLOSED)
        generator.attach(wanted.target)
        seen = generator.run(wanted)
    assert Outcome.OK not in seen.outcomes
    assert "no connection was accepted within 0.3 s" in seen.errors[0]


def test_a_place_without_tls_is_refused(generator: Generator, workload: str) -> None:
    """In one clear line."""
    target = Target("one", "http://127.0.0.1:1", workload, 1, protocol=Protocol.H3)
    with pytest.raises(UsageError) as raised:
        generator.attach(target)
    assert str(raised.value) == "h3 is spoken over TLS, and 'http://127.0.0.1:1' has none"


def test_the_library_is_loaded_for_h3_alone() -> None:
    """Neither the command line nor a run nor the generator needs it."""
    script = (
        "import sys, bench.cli.main, bench.run.comparison, bench.load.process; "
        "print([name for name in sys.modules if name.startswith('qh3')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


async def test_hypercorn(generator: Generator, tmp_path: Path) -> None:
    """Each of its answers is right, over one connection after the other."""
    profile, app = speaking(catalogue.builtin()["hypercorn"], Protocol.H3), items_app()
    environment = await build(profile, app)
    async with launch(profile, environment, app, log=tmp_path / "log") as server:
        target = Target(
            "one", server.url, "get_item", 1, address=server.address, protocol=Protocol.H3
        )
        generator.attach(target)
        seen = [generator.run(order(target, load)) for load in (CLOSED, OPEN, CLOSED)]
    for each in seen:
        assert set(each.outcomes) == {Outcome.OK}, each.errors
        assert (each.connections_opened, each.connections_lost) == (0, 0)
