"""A connection for every request: in virtual time, and on servers that delay each step."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bench.errors import UsageError
from bench.facts.load import Arrivals, Client, Load, Mode
from bench.facts.new_connections import NewConnections, connections_together
from bench.facts.slice import Observation, Outcome
from bench.load import generator as generator_module
from bench.load.generator import Generator
from bench.load.loops import ClosedFresh, OpenFresh
from bench.load.loops.fresh import MOST_REFUSALS
from bench.load.order import Order, Target
from bench.load.pools.fresh_pool import FreshPool
from bench.load.reckoning.reckon import Window, reckon
from bench.load.reckoning.samples import Code, Samples
from bench.stats.histogram import Histogram
from servers.command import Address
from servers.protocol import Protocol
from servers.tls import Tls
from tests.certificates import server_context
from tests.load.sending import RIGHT, script
from tests.load.server import Peer, Served, answering, serving
from tests.load.virtual import MS, VirtualConnection, VirtualPool, World, planned, taking

CLOSING = RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
WORKLOAD = """
import httpx
from bench.workload import Checked, Exchange

def exchanges(base_url):
    request = httpx.Request("GET", base_url.join("/items/1"))
    yield Exchange(request, Checked(lambda r: None if r.text == '{"id":1}' else "another body"))
"""
VISITING = WORKLOAD.replace('"another body"))', '"another body"), think_s=1)')
CLOSED = Load(Mode.CLOSED, 1)


class VirtualFreshPool(VirtualPool, FreshPool):
    """Connections of a world that are opened for one request each."""

    def __init__(self, world: World, places: int, **how: object) -> None:
        super().__init__(world, 0, **how)  # type: ignore[arg-type]
        assert self.ready(places) is None
        self.most = self.made = 0

    def connect(self) -> VirtualConnection:
        """Open a connection of the world's, or refuse; counts them."""
        made = super().connect()
        assert isinstance(made, VirtualConnection)
        self.made += 1
        self.most = max(self.most, len(self.by_fd))
        return made


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual connections have no network."""
    monkeypatch.setattr(VirtualConnection, "network_ns", lambda _: 7)


def closed(pool: VirtualFreshPool) -> Samples:
    """Load for 100 ms of virtual time, and 50 ms more for what is in flight."""
    samples = Samples(10_000)
    ClosedFresh(pool, script().sequence_from(0), samples).run(100 * MS, 150 * MS)
    return samples


def test_a_closed_loop_opens_a_connection_for_every_request() -> None:
    """Its time is the request's: 2 ms until it is open, and 3 ms for the answer."""
    pool = VirtualFreshPool(World(taking(3 * MS)), 4, connect_ns=2 * MS)
    samples = closed(pool)
    assert (samples.used, pool.made, pool.most) == (80, 80, 4)
    assert set(samples.codes().tolist()) == {Code.OK}
    assert set((samples.column("done") - samples.column("sent")).tolist()) == {5 * MS}
    opened = np.array([samples.openings.connected[slot] for slot in range(80)])
    assert set((opened - samples.column("sent")).tolist()) == {2 * MS}
    assert pool.network_ns() == 7
    assert not pool.by_fd


def test_a_server_that_closes_has_lost_nothing() -> None:
    """Who says so keeps to what was wanted anyhow."""
    pool = VirtualFreshPool(World(taking(3 * MS, CLOSING)), 1, connect_ns=2 * MS)
    samples = closed(pool)
    assert (samples.used, pool.lost, pool.opened) == (20, 0, 0)
    assert set(samples.codes().tolist()) == {Code.OK}


def test_an_open_loop_opens_connections_when_requests_are_due() -> None:
    """Those that find as many open as may be wait for one to be closed."""
    pool = VirtualFreshPool(World(taking(9 * MS)), 2, connect_ns=MS)
    samples = planned([0, 0, 5 * MS, 40 * MS])
    OpenFresh(pool, script().sequence_from(0), samples).run(50 * MS, 150 * MS)
    assert samples.column("sent").tolist() == [0, 0, 10 * MS, 40 * MS]
    assert samples.column("done").tolist() == [10 * MS, 10 * MS, 20 * MS, 50 * MS]
    found = reckon(samples, Window(0, 50 * MS), planned=True)
    assert found.connection_wait is not None
    assert found.connection_wait.percentile_ns(99) == pytest.approx(5 * MS, rel=0.01)
    assert found.response is not None
    assert found.response.percentile_ns(99) == pytest.approx(15 * MS, rel=0.01)
    assert (pool.made, pool.most) == (4, 2)


@pytest.mark.parametrize("connect_ns", [None, 1])
def test_what_cannot_be_reached_is_charged_to_its_request(connect_ns: int | None) -> None:
    """Open: each that was due. Closed: until it is clear that nothing else will come of it."""
    refused = ConnectionRefusedError(111, "refused")
    world = World(taking(MS))
    pool = VirtualFreshPool(world, 2, connect_ns=connect_ns, connected=refused)
    samples = closed(pool)
    assert MOST_REFUSALS <= samples.used <= MOST_REFUSALS + 2
    assert set(samples.codes().tolist()) == {Code.CONNECT_FAILED}
    due = planned(range(0, 40 * MS, MS))
    pool = VirtualFreshPool(World(taking(MS)), 2, connect_ns=connect_ns, connected=refused)
    OpenFresh(pool, script().sequence_from(0), due).run(50 * MS, 150 * MS)
    assert due.codes().tolist() == [Code.CONNECT_FAILED] * 40


def test_a_machine_without_ports_sends_nothing_more() -> None:
    """That is no fault of the server's."""
    pool = VirtualFreshPool(World(taking(MS)), 2, connect_ns=MS, ports=5)
    samples = closed(pool)
    assert samples.codes().tolist() == [Code.OK] * 5 + [Code.UNSENT] * 2
    assert not samples.column("sent")[5:].any()
    due = planned(range(0, 40 * MS, MS))
    pool = VirtualFreshPool(World(taking(MS)), 2, connect_ns=MS, ports=5)
    OpenFresh(pool, script().sequence_from(0), due).run(50 * MS, 60 * MS)
    assert due.codes().tolist() == [Code.OK] * 5 + [Code.UNSENT] * 35
    assert any("no free port" in error for error in due.errors)


def test_a_connection_that_is_reset_costs_its_own_request_alone() -> None:
    """The next one is opened."""
    world = World(taking(MS))
    lost = iter([True])

    def serve(connection: VirtualConnection, now: int) -> None:
        reset = ConnectionResetError(104, "reset")
        connection.world.at(now + MS, connection, reset if next(lost, False) else RIGHT)

    world.server = serve
    samples = closed(VirtualFreshPool(world, 1, connect_ns=MS))
    assert samples.codes().tolist() == [Code.RESET] + [Code.OK] * 49


def seen_of(ms: float, count: int, *, handshake: bool) -> NewConnections:
    """So many connections, all of whose times are alike."""
    times = Histogram.of(np.full(count, round(ms * MS), dtype=np.int64))
    return NewConnections(
        connections=count, in_window=count + 1, resumed=count - 1, connect=times,
        handshake=times if handshake else None, first_answer=times,
    )  # fmt: skip


def test_pieces_are_put_together() -> None:
    """What none of them has the whole does not have."""
    found = connections_together(
        [seen_of(1, 3, handshake=True), None, seen_of(9, 2, handshake=False)], [1, 1, 1]
    )
    assert found is not None
    assert (found.connections, found.in_window, found.resumed) == (5, 7, 3)
    assert (found.first_answer.total, found.handshake and found.handshake.total) == (5, 3)
    assert connections_together([None, None], [1, 1]) is None


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator]:
    """A generator whose targets are all detached at the end."""
    monkeypatch.setattr(generator_module, "MOST_IN_A_SLICE", 50_000)
    made = Generator()
    yield made
    for key in list(made._attached):
        made.detach(key)


def target(folder: Path, port: int, *, tls: bool = False, resume: bool = False) -> Target:
    """A server of a test, over new connections."""
    workload = folder / "workload.py"
    workload.write_text(WORKLOAD, encoding="utf-8")
    address = Address(host="127.0.0.1", port=port, tls=Tls() if tls else None)
    return Target(
        "one", "http://localhost", str(workload), 1, address,
        new_connections=True, resume_tls=resume,
    )  # fmt: skip


def order(wanted: Target, load: Load, window_s: float = 0.2) -> Order:
    """Load it for a fifth of a second, unless told otherwise."""
    return Order(wanted, load, Client.WIRE, 5, lead_in_s=0.02, window_s=window_s, drain_s=10.0)


def run(generator: Generator, wanted: Order) -> Observation:
    """Load until anything was counted: on a busy machine a slice may be over before."""
    tries = (generator.run(wanted) for _ in range(20))
    seen = next(each for each in tries if each.requests)
    assert set(seen.outcomes) == {Outcome.OK}, seen.errors
    return seen


@pytest.mark.parametrize(
    "load", [Load(Mode.CLOSED, 2), Load(Mode.OPEN, 2, 100.0, Arrivals.CONSTANT)], ids=str
)
@pytest.mark.parametrize("resume", [False, True])
def test_sessions_are_resumed_if_that_is_wanted(
    generator: Generator, tmp_path: Path, load: Load, *, resume: bool
) -> None:
    """Each but those that are opened when no other has ended: one for each that is open at once."""
    with serving(answering(), context=server_context()) as served:
        wanted = target(tmp_path, served.address[1], tls=True, resume=resume)
        generator.attach(wanted)
        slices = [run(generator, order(wanted, load)) for _ in range(2)]
    full = 0
    for seen in slices:
        assert seen.new_connections is not None
        assert seen.new_connections.handshake is not None
        assert (seen.connections_lost, seen.connections_opened) == (0, 0)
        full += seen.new_connections.connections - seen.new_connections.resumed
        assert resume or seen.new_connections.resumed == 0
    assert not resume or full <= load.connections
    assert served.connections >= sum(seen.requests for seen in slices)


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        (VISITING, Protocol.HTTP_1_1, "needs connections that are kept, which --new-connections"),
        (WORKLOAD, Protocol.H2C, "--new-connections measures connections of HTTP/1.1 alone"),
    ],
)
def test_what_needs_connections_that_are_kept_is_refused(
    generator: Generator, tmp_path: Path, text: str, protocol: Protocol, expected: str
) -> None:
    """With a word that says why."""
    workload = tmp_path / "workload.py"
    workload.write_text(text, encoding="utf-8")
    wanted = Target(
        "one", "http://127.0.0.1:1", str(workload), 1, protocol=protocol, new_connections=True
    )
    with pytest.raises(UsageError, match=expected):
        generator.attach(wanted)


@dataclass(frozen=True)
class Delays:
    """How long each step of a connection waits, seconds."""

    accept: float = 0.0
    handshake: float = 0.0
    answer: float = 0.0


@contextmanager
def delaying(delays: Delays, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve one connection after the other, late by so much; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def attend() -> None:
        over.wait(delays.accept)
        with closing(listener.accept()[0]) as accepted, suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(accepted)
            over.wait(delays.handshake)
            if context is not None:
                peer.begin_tls(context)
            if peer.request() is not None:
                over.wait(delays.answer)
                peer.send(RIGHT)
            peer.request()
            peer.close()

    def serve() -> None:
        while not over.is_set():
            if select.select([listener], [], [], 0.05)[0]:
                attend()

    serving_ = threading.Thread(target=serve)
    serving_.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        serving_.join()
        listener.close()


def measured(
    generator: Generator, folder: Path, delays: Delays, *, tls: bool, window_s: float
) -> NewConnections:
    """What one connection at a time shows of such a server."""
    with delaying(delays, server_context() if tls else None) as port:
        wanted = target(folder, port, tls=tls)
        generator.attach(wanted)
        seen = run(generator, order(wanted, CLOSED, window_s))
        generator.detach(wanted.key)
    assert seen.new_connections is not None
    return seen.new_connections


def shortest_ms(histogram: Histogram | None) -> float:
    """Of times that there are; the histogram keeps three digits."""
    assert histogram is not None
    found = histogram.percentile_ns(0.1)
    assert found is not None
    return found / MS * 1.002


def test_no_delay_of_a_server_is_missed(generator: Generator, tmp_path: Path) -> None:
    """Whatever the machine does: an answer cannot come before the server has sent it."""
    delays = Delays(accept=0.008, handshake=0.006, answer=0.004)
    found = measured(generator, tmp_path, delays, tls=True, window_s=0.2)
    assert shortest_ms(found.first_answer) >= 18
    assert found.handshake is not None
    until_secured = (found.connect.mean_ns() or 0) + (found.handshake.mean_ns() or 0)
    assert until_secured >= 14 * MS  # who sees late that it is open sees a shorter handshake


@pytest.mark.timed
@pytest.mark.parametrize(
    ("delays", "tls", "first_ms", "handshake_ms"),
    [
        (Delays(), False, 0, None),
        (Delays(accept=0.04), False, 40, None),
        (Delays(answer=0.03), False, 30, None),
        (Delays(handshake=0.05), True, 50, 50),
        (Delays(accept=0.02, handshake=0.03, answer=0.04), True, 90, 50),
    ],
    ids=["none", "accept", "answer", "handshake", "all"],
)
def test_delays_that_are_known_come_out_right(
    generator: Generator,
    tmp_path: Path,
    delays: Delays,
    first_ms: float,
    handshake_ms: float | None,
    *,
    tls: bool,
) -> None:
    """Each in its figure: TCP's handshake is the kernel's, whoever accepts it when."""
    found = measured(generator, tmp_path, delays, tls=tls, window_s=0.6)
    assert first_ms <= shortest_ms(found.first_answer) <= first_ms + 16
    assert shortest_ms(found.connect) <= 5
    if handshake_ms is not None:
        assert shortest_ms(found.handshake) == pytest.approx(handshake_ms, abs=8)


@pytest.mark.timed
def test_known_rate_of_connections_comes_out_right(generator: Generator, tmp_path: Path) -> None:
    """A server that takes 20 ms for each, one after the other, does 50 a second."""
    found = measured(generator, tmp_path, Delays(answer=0.02), tls=False, window_s=1.0)
    assert 40 <= found.in_window <= 51


def test_connections_are_ended_by_the_client(generator: Generator, tmp_path: Path) -> None:
    """By FIN: the server reads the end, and no reset."""
    ends: list[bytes | None] = []

    def handle(_: Served, peer: Peer) -> None:
        peer.request()
        peer.send(RIGHT)
        ends.append(peer.request())

    with serving(handle) as served:
        wanted = target(tmp_path, served.address[1])
        generator.attach(wanted)
        seen = run(generator, order(wanted, Load(Mode.CLOSED, 2), 0.05))
        generator.detach(wanted.key)
    assert len(ends) == served.connections >= seen.requests
    assert set(ends) == {None}
