"""A process of its own that loads HTTP/2 servers which never stop sending, and tells what it cost.

`python -m tests.load.http2.flooding` prints a line of JSON for each flood.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, repeat

from bench.facts.run import Pacing
from bench.load.http2.frames import Flag, Kind, Setting, frame, settings, window_update
from bench.load.loops import ClosedStreams
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import StreamPool
from bench.load.reckoning.samples import Code, Samples
from bench.system import clock
from tests.load.flooding import CONNECTIONS, KIB, SLICE_NS, peak_kib, show, zeros
from tests.load.http2.loading import framed
from tests.load.http2.peer import StreamPeer, answer, block, head, streaming
from tests.load.server import serving

Pieces = Callable[[int], Iterator[bytes]]
STREAMS = 4  # on each of CONNECTIONS
NUMBERS = count(10**9)


def endless(first: Callable[[int], bytes], then: Callable[[int], bytes]) -> Pieces:
    """Begin on a stream, and go on for ever."""

    def pieces(stream: int) -> Iterator[bytes]:
        yield first(stream)
        piece = then(stream)
        yield from repeat(piece * max(1, 64 * KIB // len(piece)))

    return pieces


def begun(stream: int) -> bytes:
    """The head of an answer whose length nobody knows."""
    return frame(Kind.HEADERS, Flag.END_HEADERS, stream, head(None))


def nothing(_: int) -> bytes:
    """Begin with no byte."""
    return b""


def bomb(stream: int) -> Iterator[bytes]:
    """An answer that is small only on the wire."""
    fields = block([(":status", "200"), ("content-encoding", "gzip")])
    yield frame(Kind.HEADERS, Flag.END_HEADERS, stream, fields)
    for at in range(0, len(zeros()), 16_000):
        yield frame(Kind.DATA, 0, stream, zeros()[at : at + 16_000])
    yield frame(Kind.DATA, Flag.END_STREAM, stream)


def distinct(stream: int) -> Iterator[bytes]:
    """A right answer with a header block that nobody has sent before."""
    fields = block([(":status", "200"), ("x", "y" * 3900 + str(next(NUMBERS)))])
    yield answer(stream, fields=fields)


FLOODS: dict[str, Pieces] = {
    "no flood": lambda stream: iter([answer(stream)]),
    "a body": endless(begun, lambda s: frame(Kind.DATA, 0, s, bytes(16_000))),
    "small pieces": endless(begun, lambda s: frame(Kind.DATA, 0, s, b"x")),
    "empty pieces": endless(begun, lambda s: frame(Kind.DATA, 0, s)),
    "padding": endless(begun, lambda s: frame(Kind.DATA, Flag.PADDED, s, b"\xff" + bytes(255))),
    "header blocks": endless(
        lambda s: frame(Kind.HEADERS, 0, s, head()),
        lambda s: frame(Kind.CONTINUATION, 0, s, bytes(16_000)),
    ),
    "empty header blocks": endless(
        lambda s: frame(Kind.HEADERS, 0, s, head()), lambda s: frame(Kind.CONTINUATION, 0, s)
    ),
    "interim answers": endless(
        nothing, lambda s: frame(Kind.HEADERS, Flag.END_HEADERS, s, head(None, 103))
    ),
    "PING": endless(nothing, lambda _: frame(Kind.PING, 0, 0, b"12345678")),
    "SETTINGS": endless(nothing, lambda _: settings({Setting.MAX_FRAME_SIZE: 20_000})),
    "WINDOW_UPDATE": endless(nothing, lambda s: window_update(s, 1)),
    "unknown frames": endless(nothing, lambda _: b"\0\x10\0\x7f\0\0\0\0\0" + bytes(4096)),
    "garbage": endless(nothing, lambda _: bytes(range(256))),
    "right answers": endless(nothing, answer),
    "a bomb": bomb,
    "distinct blocks": distinct,
}


def suffer(name: str) -> dict[str, object]:
    """Load one flood."""

    def reply(peer: StreamPeer, stream: int, _: int) -> None:
        for piece in FLOODS[name](stream):
            peer.send(piece)

    samples = Samples(100_000)
    with serving(streaming(reply)) as served:
        began = clock.monotonic_ns()
        pool = StreamPool(served.address, make_poller(Pacing.TIMER), streams=STREAMS)
        error = pool.ready(CONNECTIONS * STREAMS)
        end = clock.monotonic_ns() + SLICE_NS
        ClosedStreams(pool, framed(), samples).run(end, end)
        pool.close()
        took_ns = clock.monotonic_ns() - began
    return {
        "flood": name,
        "outcomes": {Code(code).name: n for code, n in Counter(samples.codes().tolist()).items()},
        "took_s": took_ns / 1e9,
        "peak_kib": peak_kib(),
        "notes": [str(error), *samples.errors],
    }


def main() -> None:
    """All floods, after one that is none: all is imported and warm then."""
    for name in ("no flood", *FLOODS):
        show(suffer(name))


if __name__ == "__main__":
    main()
