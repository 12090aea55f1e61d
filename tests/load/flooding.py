"""A process of its own that loads servers which never stop sending, and tells what it cost.

`python -m tests.load.flooding` prints a line of JSON for each flood and client.
"""

import gzip
import json
import random
import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count, repeat

import httpx

from bench.facts.load import Load, Mode
from bench.facts.run import Pacing
from bench.load.http1.transport import WireTransport
from bench.load.loops import ClosedLoop
from bench.load.loops.stock_httpx import StockHttpxLoop
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import Pool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import Script
from bench.system import clock
from bench.workload import Checked, Exchange
from tests.load.sending import BODY, RIGHT, answer
from tests.load.server import Handle, Peer, Served, serving

CONNECTIONS = 4
SLICE_NS = 120_000_000
OK = b"HTTP/1.1 200 OK\r\n"
KIB = 1024
SIXTY_FOUR = 64 * KIB
TICK_S = 0.01


def endless(first: bytes, then: bytes) -> Callable[[], Iterator[bytes]]:
    """Begin an answer, and go on for ever."""
    piece = then * max(1, SIXTY_FOUR // len(then))

    def pieces() -> Iterator[bytes]:
        yield first
        yield from repeat(piece)

    return pieces


def dripping() -> Iterator[bytes]:
    """The right answer, a byte every now and then."""
    tick = threading.Event()
    for at in range(len(RIGHT)):
        yield RIGHT[at : at + 1]
        tick.wait(TICK_S)


def garbage() -> Iterator[bytes]:
    """Noise with ends of lines in it."""
    noise = random.Random(1)  # noqa: S311 - noise, not secrets
    while True:
        yield noise.randbytes(KIB) + b"\r\n\r\n"


@cache
def zeros(times: int = 1) -> bytes:
    """128 MiB of zeros, compressed once or over again; which takes a while."""
    return gzip.compress(zeros(times - 1) if times > 1 else bytes(128 * KIB * KIB), 6)


def bomb(times: int, coding: bytes) -> Callable[[], Iterator[bytes]]:
    """One answer that is small only on the wire."""
    return lambda: iter([answer(zeros(times), b"200 OK\r\ncontent-encoding: " + coding)])


def distinct() -> Iterator[bytes]:
    """A right answer with a head that nobody has sent before."""
    yield RIGHT.replace(b"\r\n\r\n", b"\r\nx: %b%d\r\n\r\n" % (b"y" * 3900, next(NUMBERS)))


NUMBERS = count(10**9)
FLOODS: dict[str, Callable[[], Iterator[bytes]]] = {
    "no flood": lambda: iter([RIGHT]),
    "a head without end": endless(OK + b"x: ", b"y"),
    "headers without end": endless(OK, b"x: y\r\n"),
    "megabytes of headers": lambda: iter([OK, b"x: y\r\n" * 500_000, RIGHT[len(OK) :]]),
    "interim responses": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunks": endless(OK + b"transfer-encoding: chunked\r\n\r\n", b"5\r\nhello\r\n"),
    "large chunks": endless(
        OK + b"transfer-encoding: chunked\r\n\r\n", b"ff00\r\n" + b"y" * 0xFF00 + b"\r\n"
    ),
    "trailers": endless(OK + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n"),
    "1 GiB announced": endless(OK + b"content-length: 1073741824\r\n\r\n", b"y"),
    "60 MiB announced": endless(OK + b"content-length: 62914560\r\n\r\n", b"y"),
    "a body until close": endless(OK + b"\r\n", b"y"),
    "correct responses": endless(b"", RIGHT),
    "empty lines": endless(b"", b"\r\n"),
    "garbage": garbage,
    "drip": dripping,
    "a bomb": bomb(1, b"gzip"),
    "a nested bomb": bomb(2, b"gzip, gzip"),
    "distinct heads": distinct,
}


def flooding(pieces: Callable[[], Iterator[bytes]]) -> Handle:
    """Answer each request with all of it, for as long as somebody takes it."""

    def handle(_: Served, peer: Peer) -> None:
        while peer.request() is not None:
            for piece in pieces():
                peer.send(piece)

    return handle


def asking(served: Served) -> Script:
    """Ask for one item."""
    request = httpx.Request("GET", f"{served.url}/items/1")
    return Script([Exchange(request, Checked(lambda r: None if r.content == BODY else "no"))], 1)


def load_wire(served: Served, samples: Samples) -> None:
    """One slice of the generator's own."""
    pool = Pool(served.address, make_poller(Pacing.TIMER))
    assert pool.ready(CONNECTIONS) is None
    end = clock.monotonic_ns() + SLICE_NS
    ClosedLoop(pool, asking(served).sequence_from(0), samples).run(end, end)
    pool.close()


def load_stock(served: Served, samples: Samples) -> None:
    """One slice of stock httpx."""
    _load_httpx(served, samples, None)


def load_wire_httpx(served: Served, samples: Samples) -> None:
    """One slice of httpx over the generator's connections."""
    _load_httpx(served, samples, WireTransport())


def _load_httpx(
    served: Served, samples: Samples, transport: httpx.AsyncBaseTransport | None
) -> None:
    lines = asking(served).sequence_from(0)
    loop = StockHttpxLoop(
        Load(Mode.CLOSED, connections=CONNECTIONS), lines, samples, transport=transport
    )
    end = clock.monotonic_ns() + SLICE_NS
    loop.run(end, end)


CLIENTS = {"wire": load_wire, "wire-httpx": load_wire_httpx, "stock": load_stock}
SUFFERED = {
    "wire": list(FLOODS),
    "wire-httpx": ["interim responses", "chunks", "60 MiB announced", "a bomb", "a nested bomb"],
    "stock": [
        "a head without end", "interim responses", "chunks", "1 GiB announced",
        "a body until close", "garbage", "a bomb", "a nested bomb",
    ],
}  # fmt: skip


def peak_kib() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def suffer(name: str, client: str) -> dict[str, object]:
    """Load one flood with one client."""
    samples = Samples(100_000)
    with serving(flooding(FLOODS[name])) as served:
        began = clock.monotonic_ns()
        CLIENTS[client](served, samples)
        took_ns = clock.monotonic_ns() - began
    return {
        "flood": name,
        "client": client,
        "outcomes": {Code(code).name: n for code, n in Counter(samples.codes().tolist()).items()},
        "took_s": took_ns / 1e9,
        "peak_kib": peak_kib(),
        "notes": samples.errors,
    }


def main() -> None:
    """All floods."""
    for client in CLIENTS:
        show(suffer("no flood", client))  # all is imported and warm then
    for client, names in SUFFERED.items():
        for name in names:
            show(suffer(name, client))


def show(suffered: dict[str, object]) -> None:
    """Print what one flood has cost."""
    print(json.dumps(suffered), flush=True)  # noqa: T201 - its one output


if __name__ == "__main__":
    main()
