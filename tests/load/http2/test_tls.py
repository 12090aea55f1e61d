"""HTTP/2 over TLS: what is larger than a record, a window and a socket's buffer."""

import pytest

from bench.facts.run import Pacing
from bench.load.http2.frames import Flag, Kind, Setting, frame, window_update
from bench.load.net.tls import Handshake
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import StreamPool
from bench.load.reckoning.samples import Code
from servers.tls import Tls
from tests.certificates import server_context
from tests.load.http2.loading import load_closed
from tests.load.http2.peer import StreamPeer, head
from tests.load.sending import exchange, script
from tests.load.server import Peer, Served, serving

LONG = b"y" * 300_000


def reading(_: Served, peer: Peer) -> None:
    """Read requests of any length, and answer each with LONG."""
    stream_peer = StreamPeer(peer)
    stream_peer.begin({Setting.INITIAL_WINDOW_SIZE: 1 << 30})
    stream_peer.send(window_update(0, 1 << 30))
    while (stream := stream_peer.request()) is not None:
        sent = sum(first.length for first, _ in stream_peer.seen if first.kind == Kind.DATA)
        stream_peer.seen.clear()
        if sent:
            stream_peer.send(window_update(0, sent))
        pieces = [LONG[at : at + 16_000] for at in range(0, len(LONG), 16_000)]
        stream_peer.send(
            frame(Kind.HEADERS, Flag.END_HEADERS, stream, head(len(LONG)))
            + b"".join(frame(Kind.DATA, 0, stream, piece) for piece in pieces)
            + frame(Kind.DATA, Flag.END_STREAM, stream)
        )


@pytest.mark.parametrize(
    "content", [b"", b"x" * 100, b"x" * 3_000_000], ids=["GET", "small", "3 MB"]
)
def test_large_messages_over_tls(content: bytes) -> None:
    """A request that no socket takes at once, and an answer of many records, on many streams."""
    asked = exchange("POST" if content else "GET", content, body=LONG)
    with serving(reading, context=server_context("h2")) as served:
        handshake = Handshake(Tls().context("h2"), "localhost")
        pool = StreamPool(served.address, make_poller(Pacing.TIMER), streams=3, handshake=handshake)
        assert pool.ready(6) is None
        loaded = load_closed(pool, 24, script(asked))
        pool.close()
        assert served.connections == 2
    assert loaded.outcomes == {Code.OK: 24}
    assert loaded.samples.errors == []
