"""The generator on WebSockets: whole slices, over TLS too; idle connections; what it refuses."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.slice import Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.order import Order, Target
from servers.command import Address
from servers.protocol import Protocol
from servers.tls import Tls
from tests.certificates import server_context
from tests.load.server import Served, answering, serving
from tests.load.websocket.peer import WebSocketPeer, echoing, talking, text

WORKLOAD = """
from bench.workload import Message, WebSocket

def websocket(base_url):
    return WebSocket(base_url.join("/chat"), [Message(f"word {n}", f"word {n}") for n in range(9)])
"""
CLOSED = Load(Mode.CLOSED, 3)
OPEN = Load(Mode.OPEN, 3, 500.0, Arrivals.CONSTANT)


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


@pytest.fixture
def target(tmp_path: Path) -> Callable[..., Target]:
    """A target of the workload."""
    path = tmp_path / "chat.py"
    path.write_text(WORKLOAD, encoding="utf-8")

    def make(served: Served, **how: Any) -> Target:
        return Target("it", served.url, str(path), 1, **how)

    return make


def order(target: Target, load: Load, client: Client = Client.WIRE) -> Order:
    """A short slice."""
    return Order(target, load, client, 1, 0.02, 0.1, 5.0, goes_on=client is Client.WIRE)


@pytest.mark.parametrize("tls", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
def test_a_slice_is_that_of_any_workload(
    load: Load, generator: Generator, target: Callable[..., Target], *, tls: bool
) -> None:
    """Every message right, timed, and stamped by the kernel where that stamps."""
    with serving(echoing(), context=server_context() if tls else None) as served:
        how: dict[str, Any] = {}
        if tls:
            address = Address("127.0.0.1", served.address[1], None, Tls())
            how = {"address": address, "protocol": Protocol.HTTPS_1_1}
        generator.attach(target(served, **how))
        seen = generator.run(order(target(served, **how), load))
        generator.detach("it")
    assert set(seen.outcomes) == {Outcome.OK}
    assert seen.answered_in_window > 0
    assert seen.errors == ()
    assert seen.service.total == seen.requests
    if load is OPEN:
        assert seen.response is not None
        assert (seen.client_delay is not None) == generator._stamps


def test_idle_connections_are_held_and_closed(
    generator: Generator, target: Callable[..., Target]
) -> None:
    """So many, each upgraded; then none; and a load can follow."""
    with serving(echoing()) as served:
        generator.attach(target(served))
        assert generator.hold("it", 150)
        assert served.connections == 150
        assert len(generator._attached["it"].pool.by_fd) == 150
        assert generator.hold("it", 0)
        assert not generator._attached["it"].pool.by_fd
        assert set(generator.run(order(target(served), CLOSED)).outcomes) == {Outcome.OK}
        generator.detach("it")


def test_what_cannot_be_held(generator: Generator, target: Callable[..., Target]) -> None:
    """Where the server does not upgrade; or the workload is no WebSocket at all."""
    with serving(answering()) as served:
        generator.attach(target(served))
        assert not generator.hold("it", 3)
        generator.attach(Target("plain", served.url, "get_item", 1))
        assert not generator.hold("plain", 3)


def test_an_upgrade_that_is_refused_is_told(
    generator: Generator, target: Callable[..., Target]
) -> None:
    """By its status; nothing was sent."""
    with serving(answering(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n")) as served:
        generator.attach(target(served))
        seen = generator.run(order(target(served), CLOSED))
    assert seen.requests == 0
    assert seen.errors == ("connect_failed: the server refuses the WebSocket with 404 Not Found",)


def test_what_is_not_spoken_with_a_websocket(
    generator: Generator, target: Callable[..., Target]
) -> None:
    """HTTP/2, and httpx: in one line."""
    with serving(echoing()) as served:
        with pytest.raises(UsageError, match=r"over HTTP/1.1 alone, not over h2c: it is a WebSock"):
            generator.attach(target(served, protocol=Protocol.H2C))
        generator.attach(target(served))
        with pytest.raises(UsageError, match="is a WebSocket, and --client httpx has none"):
            generator.run(order(target(served), CLOSED, Client.HTTPX))


def test_a_constant_delay_is_seen_as_it_is(
    generator: Generator, target: Callable[..., Target]
) -> None:
    """Never less than the 20 ms that the server takes, on real sockets."""
    delay_s = 0.02

    def reply(peer: WebSocketPeer, message: bytes, _: int) -> None:
        threading.Event().wait(delay_s)
        peer.send(text(message))

    with serving(talking(reply)) as served:
        generator.attach(target(served))
        seen = generator.run(order(target(served), CLOSED))
        generator.detach("it")
    assert set(seen.outcomes) == {Outcome.OK}
    shortest = seen.service.percentile_ns(1)
    assert shortest is not None
    assert shortest >= 0.99 * delay_s * 1e9
