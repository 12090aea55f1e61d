"""Both loops against real servers that misbehave: each outcome as often as it was committed."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from bench.facts.run import Pacing
from bench.load.loops import ClosedLoop, OpenLoop
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import Pool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import Script
from bench.system import clock
from tests.ending import PATIENCE_S
from tests.load.sending import RIGHT, answer, exchange, script
from tests.load.server import Peer, Served, replying, serving
from tests.load.virtual import MS, planned

CONNECTIONS = 4
REQUESTS = 200
PATIENCE_NS = 10_000 * MS
HANGING_NS = 150 * MS


@dataclass
class Loaded:
    """What one slice has shown."""

    samples: Samples
    pool: Pool

    @property
    def outcomes(self) -> dict[Code, int]:
        """How often each outcome was written down."""
        return {Code(code): n for code, n in Counter(self.samples.codes().tolist()).items()}


@pytest.fixture
def pool_of() -> Iterator[Callable[[Served], Pool]]:
    """Pools with open connections, closed at the end."""
    pools = []

    def make(served: Served) -> Pool:
        pools.append(Pool(served.address, make_poller(Pacing.TIMER)))
        assert pools[-1].ready(CONNECTIONS) is None
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


PoolOf = Callable[[Served], Pool]


def load(
    pool: Pool,
    requests: int = REQUESTS,
    sent: Script | None = None,
    *,
    patience_ns: int = PATIENCE_NS,
) -> Loaded:
    """Send that many requests in closed loop, and wait so long for their answers."""
    samples = Samples(requests)
    end = clock.monotonic_ns() + patience_ns
    ClosedLoop(pool, (sent or script()).sequence_from(0), samples).run(end, end)
    return Loaded(samples, pool)


def dribble(peer: Peer) -> None:
    """Send the right answer one byte at a time."""
    for at in range(len(RIGHT)):
        peer.send(RIGHT[at : at + 1])


def cut_off_and_reset(peer: Peer) -> None:
    """Begin the right answer, then reset."""
    peer.send(RIGHT[:-2])
    peer.reset()


def cut_off_and_close(peer: Peer) -> None:
    """Begin the right answer, then close."""
    peer.send(RIGHT[:-2])
    peer.close()


def answer_and_close(peer: Peer) -> None:
    """Answer correctly, announce the end, and close."""
    peer.send(RIGHT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    peer.close()


LIES: dict[str, tuple[Callable[[Peer], None], Code]] = {
    "wrong status": (lambda peer: peer.send(answer(b"{}", b"500 Oops")), Code.WRONG_STATUS),
    "wrong body": (lambda peer: peer.send(answer(b'{"id":2}')), Code.WRONG_BODY),
    "empty body": (lambda peer: peer.send(answer(b"")), Code.WRONG_BODY),
    "too long a body": (lambda peer: peer.send(RIGHT + b"more"), Code.WRONG_BODY),
    "content-length too small": (
        lambda peer: peer.send(RIGHT.replace(b"length: 8", b"length: 7")), Code.WRONG_BODY,
    ),
    "two answers": (lambda peer: peer.send(RIGHT * 2), Code.WRONG_BODY),
    "garbage": (lambda peer: peer.send(b"\x00\xff garbage\r\n\r\n"), Code.WRONG_BODY),
    "upgrade": (
        lambda peer: peer.send(b"HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        Code.WRONG_BODY,
    ),
    "not gzip": (
        lambda peer: peer.send(answer(b"\x1f\x8b no", b"200 OK\r\ncontent-encoding: gzip")),
        Code.WRONG_BODY,
    ),
    "endless head": (
        lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000), Code.WRONG_BODY,
    ),
    "reset instead of an answer": (lambda peer: peer.reset(), Code.RESET),
    "reset in the body": (cut_off_and_reset, Code.RESET),
    "close instead of an answer": (lambda peer: peer.close(), Code.RESET),
    "close in the body": (cut_off_and_close, Code.RESET),
    "no lie: one byte at a time": (dribble, Code.OK),
    "no lie: close after the answer": (answer_and_close, Code.OK),
    "no lie: interim response": (
        lambda peer: peer.send(b"HTTP/1.1 103 Hints\r\nlink: x\r\n\r\n" + RIGHT), Code.OK,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lie", "outcome"), LIES.values(), ids=LIES)
def test_a_lie_to_one_request_in_twenty_is_ten_outcomes(
    lie: Callable[[Peer], None], outcome: Code, pool_of: PoolOf
) -> None:
    """Each of 200 requests has its outcome, and those that were lied to have the lie's."""

    def reply(peer: Peer, number: int) -> None:
        if number % 20 == 7:
            lie(peer)
        else:
            peer.send(RIGHT)

    with serving(replying(reply)) as served:
        loaded = load(pool_of(served))
    expected = Counter({Code.OK: REQUESTS - 10}) + Counter({outcome: 10})
    assert loaded.outcomes == dict(expected)
    assert len(loaded.pool.by_fd) == CONNECTIONS, "what was lost is replaced"


@pytest.mark.parametrize(
    "mute",
    [lambda _: None, lambda peer: peer.send(RIGHT.replace(b"length: 8", b"length: 9"))],
    ids=["no answer", "content-length too large"],
)
def test_an_answer_that_never_ends_times_out(mute: Callable[[Peer], None], pool_of: PoolOf) -> None:
    """Three such requests are three timeouts; the other connection goes on."""

    def reply(peer: Peer, number: int) -> None:
        if number in {5, 6, 7}:
            mute(peer)
        else:
            peer.send(RIGHT)

    with serving(replying(reply)) as served:
        loaded = load(pool_of(served), patience_ns=HANGING_NS)
    assert loaded.outcomes == {Code.OK: loaded.samples.used - 3, Code.TIMEOUT: 3}
    assert len(loaded.pool.by_fd) == 1, "connections that owe an answer are not used again"


def test_connections_that_are_accepted_and_never_answered_all_time_out(pool_of: PoolOf) -> None:
    """No connection is served: as many timeouts as connections, by the deadline."""
    with serving(replying(lambda _, __: None)) as served:
        loaded = load(pool_of(served), patience_ns=HANGING_NS)
    assert loaded.outcomes == {Code.TIMEOUT: CONNECTIONS}


def test_a_server_that_closes_silently_costs_the_request_it_did_not_answer(
    pool_of: PoolOf,
) -> None:
    """Every connection is closed after 10 answers: it is replaced, counted, and load goes on."""

    def handle(served: Served, peer: Peer) -> None:
        for _ in range(10):
            if peer.request() is None:
                return
            served.count()
            peer.send(RIGHT)

    with serving(handle) as served:
        loaded = load(pool_of(served))
        outcomes = loaded.outcomes
        assert outcomes.pop(Code.OK) == served.requests
        assert outcomes.pop(Code.RESET) == REQUESTS - served.requests > 5
        assert not outcomes
        assert loaded.pool.lost == loaded.pool.opened
        # the last ones are open before the server has come to accept them
        assert 0 <= CONNECTIONS + loaded.pool.opened - served.connections <= CONNECTIONS


def test_a_request_larger_than_the_socket_takes_is_sent_whole(pool_of: PoolOf) -> None:
    """What is not taken at once follows, byte for byte."""
    content = bytes(range(256)) * 32_768  # 8 MiB
    seen: list[bool] = []

    def handle(_: Served, peer: Peer) -> None:
        while (request := peer.request()) is not None:
            seen.append(request.endswith(b"\r\n\r\n" + content))
            peer.send(RIGHT)

    with serving(handle) as served:
        loaded = load(pool_of(served), CONNECTIONS, script(exchange("POST", content)))
    assert loaded.outcomes == {Code.OK: CONNECTIONS}
    assert seen == [True] * CONNECTIONS


def test_an_answer_before_the_request_was_read_is_wrong(pool_of: PoolOf) -> None:
    """A server that does not read what it is sent looks fast; it is not right."""

    def handle(_: Served, peer: Peer) -> None:
        peer._more()
        peer.send(RIGHT)
        released.wait(PATIENCE_S)

    released = threading.Event()
    with serving(handle) as served:
        pool = pool_of(served)
        loaded = load(pool, CONNECTIONS, script(exchange("POST", b"x" * 16 * 1024 * 1024)))
        released.set()
    assert loaded.outcomes == {Code.WRONG_BODY: CONNECTIONS}
    assert "before the request was read" in loaded.samples.errors[0]


def test_head_and_get_may_alternate_on_one_connection(pool_of: PoolOf) -> None:
    """The answer to HEAD has no body, whatever its content-length says."""

    def handle(_: Served, peer: Peer) -> None:
        while (request := peer.request()) is not None:
            peer.send(RIGHT[: -len(b'{"id":1}')] if request.startswith(b"HEAD") else RIGHT)

    with serving(handle) as served:
        sent = script(exchange(), exchange("HEAD", body=b""))
        loaded = load(pool_of(served), sent=sent)
    assert loaded.outcomes == {Code.OK: REQUESTS}
    assert loaded.pool.lost == 0


class Raising:
    """A user's own answer, with mistakes in it."""

    status = 200

    def accepts(self, body: bytes) -> bool:
        """Trip over any body."""
        raise RuntimeError(body)

    def fault(self, response: httpx.Response) -> str | None:
        """Trip over any answer."""
        raise KeyError(response.text)


def test_a_check_that_raises_is_a_wrong_body(pool_of: PoolOf) -> None:
    """A mistake in a user's workload does not end the slice, and is told."""
    wrong = exchange()
    object.__setattr__(wrong, "answer", Raising())
    with serving(replying(lambda peer, _: peer.send(RIGHT))) as served:
        loaded = load(pool_of(served), 10, script(wrong))
    assert loaded.outcomes == {Code.WRONG_BODY: 10}
    assert loaded.samples.errors[0].startswith("GET /items/1: KeyError")


@pytest.mark.timed
def test_a_stalled_server_delays_all_that_was_due_meanwhile(pool_of: PoolOf) -> None:
    """One answer waits 80 ms and holds up all others: each is timed from when it was due."""
    lock = threading.Lock()
    stall: list[int] = []

    def reply(peer: Peer, number: int) -> None:
        with lock:
            if number == 50:
                stall.append(clock.monotonic_ns())
                threading.Event().wait(0.08)
                stall.append(clock.monotonic_ns())
            peer.send(RIGHT)

    with serving(replying(reply)) as served:
        pool = pool_of(served)
        start = clock.monotonic_ns() + MS
        samples = planned(start + n * MS for n in range(REQUESTS))
        loop = OpenLoop(pool, script().sequence_from(0), samples)
        loop.run(start + REQUESTS * MS, start + PATIENCE_NS)
    began, ended = stall
    due, done = samples.column("due"), samples.column("done")
    in_stall = (due > began) & (due < ended)
    assert Loaded(samples, pool).outcomes == {Code.OK: REQUESTS}
    assert in_stall.sum() >= 75
    assert (done[in_stall] >= ended).all()
