"""Loads over TLS and over unix sockets: the same loops, the same facts."""

import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.run import Pacing
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.loops import ClosedLoop
from bench.load.net.tls import Handshake
from bench.load.order import Order, Target
from bench.load.pacing.poller import make_poller
from bench.load.pools import pool as pool_module
from bench.load.pools.pool import Pool
from bench.load.reckoning.samples import Code, Samples
from bench.proof.reference.server_tls import ServerTls
from bench.system import clock
from servers.command import Address
from servers.tls import Tls
from tests.certificates import server_context
from tests.load.sending import RIGHT, answer, exchange, script
from tests.load.server import Peer, Served, answering, replying, serving

WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(request, Checked(lambda r: None if r.text == '{"id":1}' else "another body"))
"""
CLOSED = Load(Mode.CLOSED, 3)
OPEN = Load(Mode.OPEN, 3, 500.0, Arrivals.CONSTANT)
KINDS = ["tls", "socket", "tls on a socket"]


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


@pytest.fixture
def order(generator: Generator, tmp_path: Path) -> Callable[[str, Served, Load], Order]:
    """Attach a server of a kind, and make the order for a short slice on it."""
    workload = tmp_path / "workload.py"
    workload.write_text(WORKLOAD, encoding="utf-8")

    def make(kind: str, served: Served, load: Load) -> Order:
        host, port = served.address
        socket = Path(host) if "socket" in kind else None
        address = Address("127.0.0.1", port, socket, Tls() if "tls" in kind else None)
        target = Target("one", "http://localhost", str(workload), seed=1, address=address)
        generator.attach(target)
        return Order(target, load, Client.WIRE, 5, lead_in_s=0.02, window_s=0.1, drain_s=10.0)

    return make


def listening(kind: str, folder: Path) -> tuple[str, ssl.SSLContext | None]:
    """Where a server of a kind listens, and what with."""
    host = str(folder / "s") if "socket" in kind else "127.0.0.1"
    return host, server_context() if "tls" in kind else None


@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
@pytest.mark.parametrize("kind", KINDS)
def test_all_is_answered(
    kind: str,
    load: Load,
    generator: Generator,
    order: Callable[[str, Served, Load], Order],
    tmp_path: Path,
) -> None:
    """Connections are kept from slice to slice; what TLS says in between is no answer."""
    with serving(answering(), *listening(kind, tmp_path)) as served:
        wanted = order(kind, served, load)
        first, second = generator.run(wanted), generator.run(wanted)
    assert served.connections == 3
    for seen in (first, second):
        assert set(seen.outcomes) == {Outcome.OK}
        assert seen.outcomes[Outcome.OK] > 10
        assert (seen.connections_opened, seen.connections_lost) == (0, 0)
        assert seen.errors == ()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stamps")
def test_answers_are_stamped_where_the_kernel_does(
    generator: Generator, order: Callable[[str, Served, Load], Order], tmp_path: Path
) -> None:
    """What comes in by TCP, encrypted or not; nothing that comes over a unix socket."""
    stamped = {}
    for kind in ("tls", "socket"):
        with serving(answering(), *listening(kind, tmp_path)) as served:
            seen = generator.run(order(kind, served, OPEN))
        stamped[kind] = seen.client_delay
    assert stamped["socket"] is None
    assert stamped["tls"] is not None
    assert stamped["tls"].total == 50


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_closes_is_connected_to_anew(
    kind: str,
    generator: Generator,
    order: Callable[[str, Served, Load], Order],
    tmp_path: Path,
) -> None:
    """A handshake in the midst of a slice holds up nothing else."""
    closing = RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")

    def handle(_: Served, peer: Peer) -> None:
        peer.request()
        peer.send(closing)

    with serving(handle, *listening(kind, tmp_path)) as served:
        seen = generator.run(order(kind, served, OPEN))
    assert seen.outcomes == {Outcome.OK: 50}
    assert seen.connections_lost == seen.connections_opened > 3


def test_large_messages_over_tls() -> None:
    """A request that no socket takes at once, and an answer of many records, in pieces."""
    body = b"y" * 300_000
    asked = exchange("POST", b"x" * 3_000_000, body=body)
    whole = answer(body)

    def reply(peer: Peer, _: int) -> None:
        for start in range(0, len(whole), 70_000):
            peer.send(whole[start : start + 70_000])

    with serving(replying(reply), context=server_context()) as served:
        handshake = Handshake(Tls().context(), "localhost")
        pool = Pool(served.address, make_poller(Pacing.TIMER), handshake=handshake)
        samples = Samples(1000)
        assert pool.ready(2) is None
        loop = ClosedLoop(pool, script(asked).sequence_from(1), samples)
        end = pool.poller.now() + 200_000_000
        loop.run(end, end + 20_000_000_000)
        pool.close()
    assert samples.used >= 2
    assert set(samples.codes()) == {Code.OK}
    assert list(samples.errors) == []


@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
def test_server_that_ends_its_side_with_an_answer_is_not_waited_for(
    load: Load, generator: Generator, order: Callable[[str, Served, Load], Order]
) -> None:
    """It has said by TLS that it will say no more, and waits for the same before it closes."""

    def handle(_: Served, peer: Peer) -> None:
        tls, said = ServerTls(server_context()), b""
        while not said:
            said = tls.take(peer._socket.recv(1 << 16))
            peer.send(tls.out)
            tls.out = b""
        last = tls.sealed(RIGHT[:-1])
        with suppress(ssl.SSLWantReadError):
            tls._tls.unwrap()
        peer.send(last + tls._outgoing.read())
        peer.request()

    with serving(handle) as served:
        began = clock.monotonic_ns()
        seen = generator.run(order("tls", served, load))
    assert seen.outcomes.keys() == {Outcome.RESET}
    assert clock.monotonic_ns() - began < 10_000_000_000, "it was not waited for to the end"
    assert seen.connections_lost > 3


def test_certificate_that_is_not_trusted() -> None:
    """Where it is to be verified, nothing is opened, and the reason is told."""
    with serving(answering(), context=server_context()) as served:
        handshake = Handshake(Tls(verified=True).context(), "localhost")
        pool = Pool(served.address, make_poller(Pacing.TIMER), handshake=handshake)
        error = pool.ready(1)
        pool.close()
    assert "certificate verify failed" in str(error)


def test_server_that_does_not_speak_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or says nothing at all: it is given up after a while."""
    monkeypatch.setattr(pool_module, "OPEN_TIMEOUT_NS", 50_000_000)

    def silent(_: Served, peer: Peer) -> None:
        peer.request()

    with serving(silent) as served:
        handshake = Handshake(Tls().context(), "localhost")
        pool = Pool(served.address, make_poller(Pacing.TIMER), handshake=handshake)
        error = pool.ready(1)
        pool.close()
    assert isinstance(error, TimeoutError)
