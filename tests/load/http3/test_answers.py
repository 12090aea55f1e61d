"""Both loops over HTTP/3 against a server that answers as it should."""

from collections.abc import Callable

import numpy as np
import pytest

from bench.load.net import stamps
from bench.load.reckoning.samples import Code
from bench.system import clock
from tests.load.http3.loading import Loaded, PoolOf, load_closed, load_open
from tests.load.http3.peer import Http3Peer, answering, delayed, serving_http3
from tests.load.sending import BODY, exchange, script

MS = 1_000_000
MINUTE_NS = 60_000 * MS
loads = pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
Load = Callable[..., Loaded]


@loads
def test_all_is_answered(load: Load, pool_of: PoolOf) -> None:
    """20 requests in flight take three connections of eight streams; none is lost."""
    with serving_http3(answering()) as served:
        pool = pool_of(served, 20, 8)
        loaded = load(pool, 300)
        assert (served.connections, served.requests) == (3, 300)
    assert loaded.outcomes == {Code.OK: 300}
    assert (pool.opened, pool.lost) == (0, 0)
    assert loaded.samples.errors == []


@loads
def test_each_request_is_timed(load: Load, pool_of: PoolOf) -> None:
    """A server that takes 40 ms is never seen to have taken less."""
    with serving_http3(delayed(0.04)) as served:
        loaded = load(pool_of(served, 8, 4), 60)
    samples = loaded.samples
    took = samples.column("done") - samples.column("sent")
    assert loaded.outcomes == {Code.OK: 60}
    assert took.min() >= 39 * MS
    assert (samples.column("sent") > 0).all()


def test_what_the_kernel_has_stamped_came_before_it_was_read(pool_of: PoolOf) -> None:
    """UDP is stamped as TCP is: every answer of an open loop, none of them later than `done`."""
    if not stamps.supported():
        pytest.skip("the kernel stamps nothing here")
    with serving_http3(delayed(0.01)) as served:
        samples = load_open(pool_of(served, 8, 4), 60).samples
    received = samples.column("received") - clock.realtime_offset_ns()
    assert (received <= samples.column("done")).all()
    assert (received >= samples.column("sent") + 9 * MS).all()


def test_what_is_not_stamped_has_no_stamp(pool_of: PoolOf) -> None:
    """0 stands for an absence in samples."""
    with serving_http3(answering()) as served:
        pool = pool_of(served, 4, 4)
        for connection in pool.by_fd.values():
            connection.stamp(False)
        samples = load_closed(pool, 40).samples
    assert not np.any(samples.column("received"))


@loads
def test_bodies_are_sent_whole(load: Load, pool_of: PoolOf) -> None:
    """Also those that take many datagrams, and more than a window at first."""
    content = b"x" * 100_000
    with serving_http3(answering()) as served:
        sent = script(exchange("POST", content))
        loaded = load(pool_of(served, 2, 2), 12, sent)
        assert served.bodies == content * 12
    assert loaded.outcomes == {Code.OK: 12}


@loads
def test_long_answers_are_taken_whole(load: Load, pool_of: PoolOf) -> None:
    """They take more than the library's windows together."""
    body = b"y" * 2_000_000
    with serving_http3(lambda peer, stream, _: peer.answer(stream, body)) as served:
        loaded = load(pool_of(served, 4, 2), 6, script(exchange(body=body)), patience_ns=MINUTE_NS)
    assert loaded.outcomes == {Code.OK: 6}


@loads
def test_more_requests_than_streams_are_allowed_at_first(load: Load, pool_of: PoolOf) -> None:
    """128 are allowed, and others as these end; requests wait for a stream within."""
    with serving_http3(answering()) as served:
        pool = pool_of(served, 100, 100)
        loaded = load(pool, 700)
        assert served.connections == 1
    assert loaded.outcomes == {Code.OK: 700}


def test_more_streams_than_a_server_allows_take_more_connections(pool_of: PoolOf) -> None:
    """200 at a time are wanted on each, and 128 allowed."""
    with serving_http3(answering()) as served:
        loaded = load_closed(pool_of(served, 200, 200), 400)
        assert served.connections == 2
    assert loaded.outcomes == {Code.OK: 400}


@loads
def test_head_has_no_body(load: Load, pool_of: PoolOf) -> None:
    """Whatever its content-length says."""

    def reply(peer: Http3Peer, stream: int, _: int) -> None:
        peer.head(stream, [(b"content-length", b"8")], ends=True)

    with serving_http3(reply) as served:
        loaded = load(pool_of(served, 4, 4), 40, script(exchange("HEAD", body=b"")))
    assert loaded.outcomes == {Code.OK: 40}


@loads
def test_interim_answers_and_trailers_are_passed_over(load: Load, pool_of: PoolOf) -> None:
    """An answer is what is between them."""

    def reply(peer: Http3Peer, stream: int, _: int) -> None:
        peer.head(stream, [(b"link", b"</a>")], status=103)
        peer.head(stream)
        peer.data(stream, BODY[:3], ends=False)
        peer.data(stream, BODY[3:], ends=False)
        assert peer.http is not None
        peer.http.send_headers(stream, [(b"x-trailer", b"1")], end_stream=True)

    with serving_http3(reply) as served:
        loaded = load(pool_of(served, 4, 4), 40)
    assert loaded.outcomes == {Code.OK: 40}


def test_connections_are_kept_from_slice_to_slice(pool_of: PoolOf) -> None:
    """They are quiet in between; the server is told when they end."""
    with serving_http3(answering()) as served:
        pool = pool_of(served, 4, 2)
        assert load_closed(pool, 50).outcomes == {Code.OK: 50}
        assert pool.ready(4) is None
        assert load_open(pool, 50).outcomes == {Code.OK: 50}
        assert (served.connections, pool.lost) == (2, 0)
