"""Both loops over HTTP/3 against servers that misbehave: each outcome as often as committed."""

from collections import Counter
from collections.abc import Callable

import pytest

from bench.load.reckoning.samples import Code
from tests.load.http3.loading import HANGING_NS, Loaded, PoolOf, load_closed, load_open
from tests.load.http3.peer import Http3Peer, answering, serving_http3
from tests.load.sending import BODY, exchange, script

REQUESTS = 100
LIARS = 5
CONTROL = 3  # the first stream that a server opens
UNKNOWN_FRAME = b"\x21\x3f" + bytes(63)
LIES_EVERY = REQUESTS // LIARS
LIES_AT = 5  # of so many requests
loads = pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
Load = Callable[..., Loaded]
Lie = Callable[[Http3Peer, int], None]


def _trailers_that_are_not_the_end(peer: Http3Peer, stream: int) -> None:
    peer.head(stream)
    assert peer.http is not None
    peer.http.send_headers(stream, [(b"x", b"y")], end_stream=False)


def _endless_interim_answers(peer: Http3Peer, stream: int) -> None:
    for _ in range(40):
        peer.head(stream, [(b"x", b"y" * 9000)], status=103)


def _no_status(peer: Http3Peer, stream: int) -> None:
    assert peer.http is not None
    peer.http.send_headers(stream, [(b"x", b"y")], end_stream=True)


def _reset_in_the_body(peer: Http3Peer, stream: int) -> None:
    peer.head(stream, [(b"content-length", b"8")])
    peer.data(stream, BODY[:3], ends=False)
    peer.later(0.005, lambda: peer.reset(stream, 0x102))


def _closed_in_the_body(peer: Http3Peer, stream: int) -> None:
    peer.head(stream, [(b"content-length", b"8")])
    peer.data(stream, BODY[:3], ends=False)
    peer.later(0.005, lambda: peer.end(0x102, "no more"))


# name: (lie, outcome of the request)
STREAM_LIES: dict[str, tuple[Lie, Code]] = {
    "wrong status": (lambda p, s: p.answer(s, b"{}", status=500), Code.WRONG_STATUS),
    "wrong body": (lambda p, s: p.answer(s, b'{"id":2}'), Code.WRONG_BODY),
    "empty body": (lambda p, s: p.head(s, ends=True), Code.WRONG_BODY),
    "content-length too large": (lambda p, s: p.answer(s, length=9), Code.WRONG_BODY),
    "content-length too small": (lambda p, s: p.answer(s, length=7), Code.WRONG_BODY),
    "a header of HTTP/1.1": (
        lambda p, s: p.head(s, [(b"connection", b"close")]), Code.WRONG_BODY,
    ),
    "endless interim answers": (_endless_interim_answers, Code.WRONG_BODY),
    "trailers that are not the end": (_trailers_that_are_not_the_end, Code.WRONG_BODY),
    "a stream that is reset": (lambda p, s: p.reset(s, 0x10B), Code.RESET),
    "a stream that is reset in the body": (_reset_in_the_body, Code.RESET),
}  # fmt: skip

# what ends the connection, for all that is in flight on it: one request at a time here
CONNECTION_LIES: dict[str, tuple[Lie, Code]] = {
    "closed": (lambda p, _: p.end(), Code.RESET),
    "closed in the body": (_closed_in_the_body, Code.RESET),
    "DATA before HEADERS": (lambda p, s: p.raw(s, b"\x00\x08" + BODY, ends=True), Code.WRONG_BODY),
    "a header block that cannot be decoded": (
        lambda p, s: p.raw(s, b"\x01\x04\xff\xff\xff\xff", ends=True), Code.WRONG_BODY,
    ),
    "no status": (_no_status, Code.WRONG_BODY),
    "the end of the control stream": (
        lambda p, _: p.raw(CONTROL, b"", ends=True), Code.WRONG_BODY,
    ),
    "a header block without end": (
        lambda p, s: p.raw(s, b"\x01\x80\x10\x00\x00" + bytes(200_000)), Code.WRONG_BODY,
    ),
    "a flood on the control stream": (
        lambda p, _: p.raw(CONTROL, UNKNOWN_FRAME * 5000), Code.WRONG_BODY,
    ),
}  # fmt: skip


def every(lie: Lie) -> Callable[[Http3Peer, int, int], None]:
    """Lie to one request of so many, and answer the others."""

    def reply(peer: Http3Peer, stream: int, number: int) -> None:
        if number % LIES_EVERY != LIES_AT:
            peer.answer(stream)
        else:
            lie(peer, stream)

    return reply


@loads
@pytest.mark.parametrize(("lie", "code"), STREAM_LIES.values(), ids=STREAM_LIES)
def test_a_lie_on_a_stream_costs_its_request(
    lie: Lie, code: Code, load: Load, pool_of: PoolOf
) -> None:
    """And no other on the same connection."""
    with serving_http3(every(lie)) as served:
        loaded = load(pool_of(served, 8, 8), REQUESTS)
    assert loaded.outcomes == Counter({Code.OK: REQUESTS - LIARS, code: LIARS})
    assert (loaded.pool.opened, loaded.pool.lost) == (0, 0)
    assert loaded.samples.errors


@loads
@pytest.mark.parametrize(("lie", "code"), CONNECTION_LIES.values(), ids=CONNECTION_LIES)
def test_a_lie_on_a_connection_costs_the_connection(
    lie: Lie, code: Code, load: Load, pool_of: PoolOf
) -> None:
    """Another takes its place, and what is sent over that is answered."""
    with serving_http3(every(lie)) as served:
        loaded = load(pool_of(served, 1, 1), REQUESTS)
        assert served.connections == LIARS + 1
    assert loaded.outcomes == Counter({Code.OK: REQUESTS - LIARS, code: LIARS})
    assert loaded.pool.opened == LIARS
    assert loaded.pool.lost == (LIARS if code is Code.RESET else 0)


@loads
def test_an_answer_that_never_comes_has_timed_out(load: Load, pool_of: PoolOf) -> None:
    """It is waited for until the deadline, and no longer."""
    with serving_http3(every(lambda _p, _s: None)) as served:
        loaded = load(pool_of(served, 8, 8), REQUESTS, patience_ns=HANGING_NS)
    found = loaded.outcomes
    assert found[Code.TIMEOUT] >= 1
    assert set(found) <= {Code.OK, Code.TIMEOUT, Code.UNSENT}
    assert "timeout: no answer to" in loaded.samples.errors[-1]


@loads
def test_a_server_that_goes_away_is_asked_again(load: Load, pool_of: PoolOf) -> None:
    """What it has not processed goes over a new connection: all is answered."""

    def reply(peer: Http3Peer, stream: int, number: int) -> None:
        if number % LIES_EVERY != LIES_AT:
            peer.answer(stream)
        else:
            peer.go_away(stream)

    with serving_http3(reply) as served:
        loaded = load(pool_of(served, 1, 1), REQUESTS)
    assert loaded.outcomes == {Code.OK: REQUESTS}
    assert loaded.pool.lost == loaded.pool.opened >= LIARS


@loads
def test_an_answer_before_the_request_was_read_is_none(load: Load, pool_of: PoolOf) -> None:
    """The rest of the request is not sent, and the connection is used further."""
    asked: set[int] = set()

    def reply(peer: Http3Peer, stream: int, _: int) -> None:
        if stream not in asked:
            asked.add(stream)
            peer.answer(stream)

    sent = script(exchange("POST", b"x" * 500_000))
    with serving_http3(reply, at_once=True) as served:
        loaded = load(pool_of(served, 1, 1), 5, sent)
    assert loaded.outcomes == {Code.WRONG_BODY: 5}
    assert "an answer before the request was read" in loaded.samples.errors[0]
    assert loaded.pool.opened == 0


@loads
def test_a_body_without_end_is_given_up(
    load: Load, pool_of: PoolOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept of an answer is bounded."""
    monkeypatch.setattr("bench.load.http2.answer.MAX_BODY", 100_000)
    with serving_http3(lambda peer, stream, _: peer.answer(stream, b"x" * 300_000)) as served:
        loaded = load(pool_of(served, 2, 2), 10)
    assert loaded.outcomes == {Code.WRONG_BODY: 10}
    assert "a body of more than 100000 bytes" in loaded.samples.errors[0]


def test_a_server_that_is_gone_refuses_what_is_to_be_sent(pool_of: PoolOf) -> None:
    """Nothing hangs: what was not sent has failed to connect, or was reset."""
    with serving_http3(answering()) as served:
        pool = pool_of(served, 2, 2)
    loaded = load_closed(pool, REQUESTS, patience_ns=HANGING_NS)
    assert set(loaded.outcomes) <= {Code.RESET, Code.CONNECT_FAILED}
    assert pool.lost == 1


@loads
def test_datagrams_that_are_none_of_the_connection_s_are_passed_over(
    load: Load, pool_of: PoolOf
) -> None:
    """QUIC does not know them; nothing is charged to a request."""

    def reply(peer: Http3Peer, stream: int, number: int) -> None:
        peer.say_nonsense(number)
        peer.answer(stream)

    with serving_http3(reply) as served:
        loaded = load(pool_of(served, 8, 8), REQUESTS)
    assert loaded.outcomes == {Code.OK: REQUESTS}
    assert (loaded.pool.opened, loaded.pool.lost) == (0, 0)


@loads
def test_a_flood_of_datagrams_ends_in_time(load: Load, pool_of: PoolOf) -> None:
    """Whoever says nothing but nonsense, again and again, has not answered."""

    def reply(peer: Http3Peer, stream: int, number: int) -> None:
        del stream
        for each in range(200):
            peer.say_nonsense(number + each)
        peer.later(0.005, lambda: reply(peer, 0, number))

    with serving_http3(reply) as served:
        loaded = load(pool_of(served, 2, 2), 4, patience_ns=HANGING_NS)
    assert set(loaded.outcomes) <= {Code.TIMEOUT, Code.UNSENT}
    assert loaded.outcomes[Code.TIMEOUT] == 2
