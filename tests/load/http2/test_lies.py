"""Both loops against real servers that misbehave: each outcome as often as it was committed."""

from collections import Counter
from collections.abc import Callable

import hpack
import pytest

from bench.load.http2.frames import (
    ErrorCode,
    Flag,
    Kind,
    Setting,
    frame,
    goaway,
    rst_stream,
    settings,
    window_update,
)
from bench.load.reckoning.samples import Code
from tests.load.http2.loading import HANGING_NS, Loaded, PoolOf, load_closed, load_open
from tests.load.http2.peer import ENDS, StreamPeer, answer, block, head, streaming
from tests.load.sending import BODY, exchange, script
from tests.load.server import Handle, Peer, Served, serving

REQUESTS = 200
LIARS = 10
Lie = Callable[[StreamPeer, int], None]


def _headers(stream: int, fields: bytes, flags: int = Flag.END_HEADERS) -> bytes:
    return frame(Kind.HEADERS, flags, stream, fields)


def _data(stream: int, body: bytes, flags: int = Flag.END_STREAM) -> bytes:
    return frame(Kind.DATA, flags, stream, body)


def _after(stream: int, more: bytes) -> bytes:
    return answer(stream) + more


def _table_index() -> bytes:
    """A block that refers to the dynamic table, in which nothing can be."""
    encoder = hpack.Encoder()
    encoder.encode([("x-known", "value")])
    return bytes([0x88]) + encoder.encode([("x-known", "value")])


def sends(make: Callable[[int], bytes]) -> Lie:
    """Send, in place of an answer, what `make` makes for a stream."""
    return lambda peer, stream: peer.send(make(stream))


def _cut_off(peer: StreamPeer, stream: int) -> None:
    peer.send(answer(stream)[:-2])
    peer.peer.close()


def _reset_by_tcp(peer: StreamPeer, stream: int) -> None:
    peer.send(answer(stream)[:-2])
    peer.peer.reset()


def _go_away(peer: StreamPeer, stream: int) -> None:
    peer.send(answer(stream) + goaway(stream, ErrorCode.NO_ERROR))
    peer.peer.close()


LONG_FIELD = block([("x", "y" * 4000)])

# name: (lie, outcome of the request, whether the connection has to be opened again)
LIES: dict[str, tuple[Lie, Code, bool]] = {
    "wrong status": (
        sends(lambda s: answer(s, b"{}", fields=head(2, 500))), Code.WRONG_STATUS, False,
    ),
    "wrong body": (sends(lambda s: answer(s, b'{"id":2}')), Code.WRONG_BODY, False),
    "empty body": (sends(lambda s: _headers(s, head(0), ENDS)), Code.WRONG_BODY, False),
    "content-length too large": (
        sends(lambda s: answer(s, fields=head(9))), Code.WRONG_BODY, False,
    ),
    "content-length too small": (
        sends(lambda s: answer(s, fields=head(7))), Code.WRONG_BODY, False,
    ),
    "content-length that is no number": (
        sends(lambda s: answer(s, fields=block([(":status", "200"), ("content-length", "8x")]))),
        Code.WRONG_BODY, False,
    ),
    "two content-lengths": (
        sends(lambda s: answer(s, fields=head(8) + block([("content-length", "9")]))),
        Code.WRONG_BODY, False,
    ),
    "no status": (sends(lambda s: answer(s, fields=block([("x", "y")]))), Code.WRONG_BODY, False),
    "a header of HTTP/1.1": (
        sends(lambda s: answer(s, fields=head() + block([("connection", "close")]))),
        Code.WRONG_BODY, False,
    ),
    "a header in upper case": (
        sends(lambda s: answer(s, fields=head() + block([("X-Y", "z")]))), Code.WRONG_BODY, False,
    ),
    "the dynamic table": (
        sends(lambda s: answer(s, fields=_table_index())), Code.WRONG_BODY, False,
    ),
    "a table that was not allowed": (
        sends(lambda s: answer(s, fields=b"\x3f\xe1\x1f" + head())), Code.WRONG_BODY, False,
    ),
    "no header block at all": (sends(lambda s: answer(s, fields=b"\xff")), Code.WRONG_BODY, False),
    "a body without a head": (sends(lambda s: _data(s, BODY)), Code.WRONG_BODY, False),
    "only an interim answer": (
        sends(lambda s: _headers(s, head(None, 103), ENDS)), Code.WRONG_BODY, False,
    ),
    "trailers that are not the end": (
        sends(lambda s: _headers(s, head()) + _headers(s, block([("x", "y")]))),
        Code.WRONG_BODY, False,
    ),
    "a pseudo-header in the trailers": (
        sends(lambda s: _headers(s, head()) + _data(s, BODY, 0) + _headers(s, head(), ENDS)),
        Code.WRONG_BODY, False,
    ),
    "endless interim answers": (
        sends(lambda s: _headers(s, head(None, 103) + LONG_FIELD) * 100 + answer(s)),
        Code.WRONG_BODY, False,
    ),
    "RST_STREAM": (
        sends(lambda s: rst_stream(s, ErrorCode.INTERNAL_ERROR)), Code.RESET, False,
    ),
    "REFUSED_STREAM": (
        sends(lambda s: rst_stream(s, ErrorCode.REFUSED_STREAM)), Code.RESET, False,
    ),
    "RST_STREAM in the body": (
        sends(lambda s: answer(s)[:-17] + rst_stream(s, ErrorCode.CANCEL)), Code.RESET, False,
    ),
    "a header bomb": (
        sends(lambda s: _headers(s, head(), 0) + frame(Kind.CONTINUATION, 0, s, bytes(16_000)) * 9),
        Code.WRONG_BODY, True,
    ),
    "a bomb of small fields": (
        sends(lambda s: answer(s, fields=head() + b"\x82" * 16_000)), Code.WRONG_BODY, False,
    ),
    "garbage": (sends(lambda _: b"\xff" * 100), Code.WRONG_BODY, True),
    "HTTP/1.1": (
        sends(lambda _: b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), Code.WRONG_BODY, True,
    ),
    "a frame that is too large": (
        sends(lambda s: _headers(s, head()) + _data(s, b"x" * 16_385)), Code.WRONG_BODY, True,
    ),
    "DATA on a stream that is not open": (
        sends(lambda s: _data(s + 1000, BODY)), Code.WRONG_BODY, True,
    ),
    "DATA on the connection": (sends(lambda _: _data(0, BODY)), Code.WRONG_BODY, True),
    "an interrupted header block": (
        sends(lambda s: _headers(s, head(), 0) + _data(s, BODY)), Code.WRONG_BODY, True,
    ),
    "a CONTINUATION of nothing": (
        sends(lambda s: frame(Kind.CONTINUATION, ENDS, s, head())), Code.WRONG_BODY, True,
    ),
    "a push": (
        sends(lambda s: frame(Kind.PUSH_PROMISE, 4, s, b"\0\0\0\2" + head())),
        Code.WRONG_BODY, True,
    ),
    "more padding than there is": (
        sends(lambda s: frame(Kind.HEADERS, ENDS | Flag.PADDED, s, b"\x09abc")),
        Code.WRONG_BODY, True,
    ),
    "SETTINGS of a wrong length": (
        sends(lambda _: frame(Kind.SETTINGS, 0, 0, b"12345")), Code.WRONG_BODY, True,
    ),
    "SETTINGS with too large a window": (
        sends(lambda _: settings({Setting.INITIAL_WINDOW_SIZE: 1 << 31})), Code.WRONG_BODY, True,
    ),
    "a WINDOW_UPDATE of nothing": (sends(lambda _: window_update(0, 0)), Code.WRONG_BODY, True),
    "too large a window": (
        sends(lambda _: window_update(0, (1 << 31) - 1)), Code.WRONG_BODY, True,
    ),
    "a PING of a wrong length": (
        sends(lambda _: frame(Kind.PING, 0, 0, b"1234567")), Code.WRONG_BODY, True,
    ),
    "a flood of SETTINGS": (sends(lambda _: settings({}) * 20_000), Code.WRONG_BODY, True),
    "a flood of PINGs": (
        sends(lambda _: frame(Kind.PING, 0, 0, b"12345678") * 20_000), Code.WRONG_BODY, True,
    ),
    "a flood of empty DATA": (
        sends(lambda s: _headers(s, head()) + _data(s, b"", 0) * 20_000), Code.WRONG_BODY, True,
    ),
    "a flood of frames that nobody knows": (
        sends(lambda _: b"\0\0\0\x7f\0\0\0\0\0" * 20_000), Code.WRONG_BODY, True,
    ),
    "close instead of an answer": (lambda peer, _: peer.peer.close(), Code.RESET, True),
    "close in the body": (_cut_off, Code.RESET, True),
    "reset in the body": (_reset_by_tcp, Code.RESET, True),
    "no lie: padding and priority": (
        sends(
            lambda s: _headers(s, b"\x03" + b"\0\0\0\0\x10" + head() + b"\0\0\0", 0x2c)
            + _data(s, b"\x05" + BODY + b"\0" * 5, Flag.END_STREAM | Flag.PADDED)
        ),
        Code.OK, False,
    ),
    "no lie: CONTINUATION": (
        sends(
            lambda s: _headers(s, head()[:1], 0) + frame(Kind.CONTINUATION, 0, s)
            + frame(Kind.CONTINUATION, Flag.END_HEADERS, s, head()[1:]) + _data(s, BODY)
        ),
        Code.OK, False,
    ),
    "no lie: trailers": (
        sends(
            lambda s: _headers(s, head()) + _data(s, BODY, 0)
            + _headers(s, block([("x", "y")]), ENDS)
        ),
        Code.OK, False,
    ),
    "no lie: interim answers": (
        sends(
            lambda s: _headers(s, head(None, 100)) + _headers(s, head(None, 103)) + answer(s)
        ),
        Code.OK, False,
    ),
    "no lie: the body in pieces": (
        sends(
            lambda s: _headers(s, head())
            + b"".join(_data(s, bytes([byte]), 0) for byte in BODY) + _data(s, b"")
        ),
        Code.OK, False,
    ),
    "no lie: without content-length": (
        sends(lambda s: answer(s, fields=head(None))), Code.OK, False,
    ),
    "no lie: PING, SETTINGS, PRIORITY and others between": (
        sends(
            lambda s: frame(Kind.PING, 0, 0, b"12345678")
            + settings({Setting.MAX_FRAME_SIZE: 20_000})
            + _headers(s, head()) + frame(Kind.PRIORITY, 0, s, b"\0\0\0\0\1")
            + b"\0\0\1\x7f\0\0\0\0\0?" + window_update(0, 1) + _data(s, BODY)
        ),
        Code.OK, False,
    ),
    "no lie: RST_STREAM after the answer": (
        sends(lambda s: _after(s, rst_stream(s, ErrorCode.NO_ERROR))), Code.OK, False,
    ),
    "no lie: GOAWAY after the answer": (
        _go_away, Code.OK, True,
    ),
}  # fmt: skip


def lying(lie: Lie) -> Handle:
    """One answer in twenty is a lie."""

    def reply(peer: StreamPeer, stream: int, number: int) -> None:
        if number % 20 == 7:
            lie(peer, stream)
        else:
            peer.send(answer(stream))

    return streaming(reply)


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
@pytest.mark.parametrize(("lie", "outcome", "renews"), LIES.values(), ids=LIES)
def test_a_lie_to_one_request_in_twenty_is_ten_outcomes(
    lie: Lie, outcome: Code, load: Callable[..., Loaded], pool_of: PoolOf, *, renews: bool
) -> None:
    """Each of 200 requests has its outcome, and those that were lied to have the lie's."""
    with serving(lying(lie)) as served:
        loaded = load(pool_of(served, 4, 1), REQUESTS)
    expected = Counter({Code.OK: REQUESTS - LIARS}) + Counter({outcome: LIARS})
    assert loaded.outcomes == dict(expected)
    assert len(loaded.pool.by_fd) == 4, "what was lost is replaced"
    assert loaded.pool.opened == (LIARS if renews else 0)
    if outcome is not Code.OK:
        assert loaded.samples.errors
        assert loaded.samples.examples


STREAM_LIES = [name for name, (_, outcome, renews) in LIES.items() if not renews]


@pytest.mark.parametrize("name", STREAM_LIES)
def test_a_lie_on_one_stream_costs_the_others_nothing(name: str, pool_of: PoolOf) -> None:
    """Eight requests in flight on one connection, which is never lost."""
    lie, outcome, _ = LIES[name]
    with serving(lying(lie)) as served:
        loaded = load_closed(pool_of(served, 8, 8), REQUESTS)
        assert served.connections == 1
    expected = Counter({Code.OK: REQUESTS - LIARS}) + Counter({outcome: LIARS})
    assert loaded.outcomes == dict(expected)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (_data, "DATA on stream 1, after the end of its answer"),
        (lambda s, _: answer(s), "HEADERS on stream 1, after the end of its answer"),
    ],
    ids=["DATA", "another answer"],
)
def test_bytes_after_the_end_of_an_answer(
    more: Callable[[int, bytes], bytes], words: str, pool_of: PoolOf
) -> None:
    """They spoil what is in flight on the connection; it is used no further."""

    def reply(peer: StreamPeer, stream: int, number: int) -> None:
        peer.send(answer(stream) + (more(1, b"more") if number == 5 else b""))

    with serving(streaming(reply)) as served:
        loaded = load_closed(pool_of(served, 1, 1), 20)
    wrong = loaded.outcomes.get(Code.WRONG_BODY, 0)
    assert loaded.outcomes == dict(
        Counter({Code.OK: 20 - wrong}) + Counter({Code.WRONG_BODY: wrong})
    )
    assert wrong <= 1, "the next request may not have been sent"
    assert words in " ".join(loaded.samples.errors)
    assert loaded.pool.opened == 1


def test_breaking_the_protocol_spoils_all_that_is_in_flight(pool_of: PoolOf) -> None:
    """Eight requests wait for their answers when garbage comes: eight wrong answers."""

    def handle(served: Served, peer: Peer) -> None:
        stream_peer = StreamPeer(peer)
        stream_peer.begin()
        if served.connections == 1:
            for _ in range(8):
                stream_peer.request()
            stream_peer.send(b"\xff" * 100)
            return
        while (stream := stream_peer.request()) is not None:
            stream_peer.send(answer(stream))

    with serving(handle) as served:
        loaded = load_closed(pool_of(served, 8, 8), 50)
    assert loaded.outcomes == {Code.WRONG_BODY: 8, Code.OK: 42}
    assert (loaded.pool.opened, loaded.pool.lost) == (1, 0)


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
def test_what_a_server_that_goes_away_has_not_processed_is_sent_again(
    load: Callable[..., Loaded], pool_of: PoolOf
) -> None:
    """GOAWAY with a lower last stream: what it allows is finished, the rest goes to a new one."""

    def handle(served: Served, peer: Peer) -> None:
        stream_peer, first = StreamPeer(peer), served.connections == 1
        stream_peer.begin()
        streams: list[int] = []
        while (stream := stream_peer.request()) is not None:
            served.count()
            if not first:
                stream_peer.send(answer(stream))
                continue
            streams.append(stream)
            if len(streams) == 8:
                stream_peer.send(goaway(streams[2], ErrorCode.NO_ERROR))
                stream_peer.send(b"".join(map(answer, streams[:3])))

    with serving(handle) as served:
        loaded = load(pool_of(served, 8, 8), REQUESTS)
        assert served.connections == 2
        assert served.requests == REQUESTS + 5
    assert loaded.outcomes == {Code.OK: REQUESTS}
    assert (loaded.pool.opened, loaded.pool.lost) == (1, 1)


def test_a_server_that_never_processes_a_request_loses_it(pool_of: PoolOf) -> None:
    """It is sent three times, and then it is lost."""

    def reply(peer: StreamPeer, _: int, __: int) -> None:
        peer.send(goaway(0, ErrorCode.ENHANCE_YOUR_CALM))

    with serving(streaming(reply)) as served:
        loaded = load_closed(pool_of(served, 1, 1), 5)
        assert served.requests == 15
    assert loaded.outcomes == {Code.RESET: 5}
    assert "not processed 3 times: GOAWAY, ENHANCE_YOUR_CALM" in loaded.samples.errors[0]


@pytest.mark.parametrize(
    "mute",
    [
        lambda _, __: None,
        lambda peer, stream: peer.send(answer(stream)[:-1]),
        lambda peer, stream: peer.send(_headers(stream, head())),
    ],
    ids=["no answer", "a body that never ends", "a head alone"],
)
def test_an_answer_that_never_comes_times_out(mute: Lie, pool_of: PoolOf) -> None:
    """Three such requests are three timeouts; other streams go on, but for a frame cut in two."""

    def reply(peer: StreamPeer, stream: int, number: int) -> None:
        if number in {5, 6, 7}:
            mute(peer, stream)
        else:
            peer.send(answer(stream))

    with serving(streaming(reply)) as served:
        loaded = load_closed(pool_of(served, 8, 1), 200, patience_ns=2 * HANGING_NS)
    assert loaded.outcomes == {Code.OK: loaded.samples.used - 3, Code.TIMEOUT: 3}
    assert len(loaded.pool.by_fd) == 5


def test_a_window_that_is_never_opened_times_out(pool_of: PoolOf) -> None:
    """The request cannot be sent in full, and nothing else is waited for."""
    announced = {Setting.INITIAL_WINDOW_SIZE: 10}
    sent = script(exchange("POST", b"x" * 100))
    with serving(streaming(lambda peer, s, _: peer.send(answer(s)), announced)) as served:
        loaded = load_closed(pool_of(served, 2, 2), 10, sent, patience_ns=HANGING_NS)
    assert loaded.outcomes == {Code.TIMEOUT: 2}


def test_an_answer_before_the_request_was_read_is_wrong(pool_of: PoolOf) -> None:
    """A server that does not read what it is sent looks fast; it is not right."""

    def handle(_: Served, peer: Peer) -> None:
        stream_peer = StreamPeer(peer)
        stream_peer.begin()
        while (found := stream_peer.frame()) is not None:
            if found[0].kind == Kind.HEADERS:
                stream_peer.send(answer(found[0].stream))

    with serving(handle) as served:
        sent = script(exchange("POST", b"x" * 1_000_000))
        loaded = load_closed(pool_of(served, 2, 2), 4, sent)
    assert loaded.outcomes == {Code.WRONG_BODY: 4}
    assert "before the request was read" in loaded.samples.errors[0]


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
def test_a_large_request_is_sent_as_the_windows_allow(
    load: Callable[..., Loaded], pool_of: PoolOf
) -> None:
    """In frames no larger than announced, never more than the windows have room for."""
    content = bytes(range(256)) * 2000
    bodies: dict[tuple[int, int], bytearray] = {}
    largest = 0

    def handle(served: Served, peer: Peer) -> None:
        nonlocal largest
        stream_peer, number = StreamPeer(peer), served.connections
        stream_peer.begin({Setting.INITIAL_WINDOW_SIZE: 1000})
        while (found := stream_peer.frame()) is not None:
            if found[0].kind != Kind.DATA:
                continue
            stream, size = found[0].stream, found[0].length
            body = bodies.setdefault((number, stream), bytearray())
            body += found[1]
            largest = max(largest, size)
            if found[0].flags & Flag.END_STREAM:
                stream_peer.send(window_update(0, size) + answer(stream))
            else:
                stream_peer.send(window_update(0, size) + window_update(stream, size))

    with serving(handle) as served:
        loaded = load(pool_of(served, 4, 4), 8, script(exchange("POST", content)))
    assert loaded.outcomes == {Code.OK: 8}
    assert {bytes(body) for body in bodies.values()} == {content}
    assert largest <= 1000


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
def test_head_post_and_get_over_one_connection(
    load: Callable[..., Loaded], pool_of: PoolOf
) -> None:
    """The answer to HEAD has no body, whatever its content-length says."""

    def handle(_: Served, peer: Peer) -> None:
        stream_peer, decoder, heads = StreamPeer(peer), hpack.Decoder(), set()
        stream_peer.begin()
        while (found := stream_peer.frame()) is not None:
            first, payload = found
            if (
                first.kind == Kind.HEADERS
                and b"HEAD" in dict(decoder.decode(payload, raw=True)).values()
            ):
                heads.add(first.stream)
            if first.kind in {Kind.HEADERS, Kind.DATA} and first.flags & Flag.END_STREAM:
                bare = first.stream in heads
                stream_peer.send(
                    _headers(first.stream, head(), ENDS) if bare else answer(first.stream)
                )

    with serving(handle) as served:
        sent = script(exchange(), exchange("HEAD", body=b""), exchange("POST", b"content"))
        loaded = load(pool_of(served, 8, 4), REQUESTS, sent)
    assert loaded.outcomes == {Code.OK: REQUESTS}
    assert loaded.pool.opened == 0


def test_a_server_that_allows_fewer_streams_has_more_connections(pool_of: PoolOf) -> None:
    """As many requests are in flight as were asked for, and no more on each than it allows."""
    announced = {Setting.MAX_CONCURRENT_STREAMS: 3}
    with serving(streaming(lambda peer, s, _: peer.send(answer(s)), announced)) as served:
        pool = pool_of(served, 8, 8)
        assert sorted(each.share for each in pool.by_fd.values()) == [2, 3, 3]
        loaded = load_closed(pool, REQUESTS)
        assert pool.ready(8) is None
        assert served.connections == 3
    assert loaded.outcomes == {Code.OK: REQUESTS}


def test_a_server_without_room_for_a_table_is_told_that_none_is_used(pool_of: PoolOf) -> None:
    """Once, at the beginning of the first header block of each connection (RFC 7541, 4.2)."""
    blocks: list[bytes] = []

    def reply(peer: StreamPeer, stream: int, _: int) -> None:
        blocks.append(peer.seen[-1][1])
        peer.send(answer(stream))

    with serving(streaming(reply, {Setting.HEADER_TABLE_SIZE: 0})) as served:
        loaded = load_closed(pool_of(served, 1, 1), 5)
    assert loaded.outcomes == {Code.OK: 5}
    assert [each[:1] == b"\x20" for each in blocks] == [True, False, False, False, False]
    decoder = hpack.Decoder()
    decoder.max_allowed_table_size = 0
    assert all(dict(decoder.decode(each, raw=True))[b":path"] == b"/items/1" for each in blocks)


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
def test_a_server_that_pings_with_each_answer_sends_no_flood(
    load: Callable[..., Loaded], pool_of: PoolOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames that bring nothing are counted from one answer to the next."""
    monkeypatch.setattr("bench.load.http2.streams.MAX_CONTROL", 20)

    def reply(peer: StreamPeer, stream: int, _: int) -> None:
        peer.send(frame(Kind.PING, 0, 0, b"12345678") + answer(stream))

    with serving(streaming(reply)) as served:
        loaded = load(pool_of(served, 8, 8), REQUESTS)
        assert served.connections == 1
    assert loaded.outcomes == {Code.OK: REQUESTS}


@pytest.mark.parametrize("load", [load_closed, load_open], ids=["closed", "open"])
def test_small_bodies_are_sent_at_once_while_the_windows_allow(
    load: Callable[..., Loaded], pool_of: PoolOf
) -> None:
    """Of 65,535 bytes ten requests take 60,000; then the server says how much more it takes."""

    def reply(peer: StreamPeer, stream: int, number: int) -> None:
        more = window_update(0, 60_000) if number % 10 == 0 else b""
        sizes.append(sum(first.length for first, _ in peer.seen if first.kind == Kind.DATA))
        peer.seen.clear()
        peer.send(more + answer(stream))

    sizes: list[int] = []
    with serving(streaming(reply)) as served:
        loaded = load(pool_of(served, 1, 1), REQUESTS, script(exchange("POST", b"x" * 6000)))
    assert loaded.outcomes == {Code.OK: REQUESTS}
    assert sizes == [6000] * REQUESTS
