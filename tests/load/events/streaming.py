"""Streams of numbers: what a server sends, what is right of it, and a slice that asks for it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from threading import Event
from typing import Any

import httpx

from bench.facts.run import Pacing
from bench.facts.streams import EventStreams
from bench.load.loops import ClosedLoop, OpenLoop
from bench.load.pacing.poller import make_poller
from bench.load.pools.pool import Pool
from bench.load.reckoning.reckon import Reckoning, Window, reckon
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import Script
from bench.system import clock
from bench.workload import Exchange, Streamed, StreamForm
from tests.load.server import Peer, Served
from tests.load.virtual import MS

EVENTS = 5
PATIENCE_NS = 10_000 * MS
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def event_bytes(number: int | bytes, form: StreamForm = StreamForm.SSE) -> bytes:
    """An event as it is in a body."""
    text = number if isinstance(number, bytes) else b"%d" % number
    return {
        StreamForm.SSE: b"data: %b\n\n" % text,
        StreamForm.LINES: b"%b\n" % text,
        StreamForm.CHUNKS: text,
    }[form]


def chunk(data: bytes) -> bytes:
    """A chunk of the transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def chunks(numbers: Sequence[int | bytes], form: StreamForm = StreamForm.SSE) -> list[bytes]:
    """A whole answer: a head, these events, each in a chunk, and the end."""
    return [HEAD, *(chunk(event_bytes(number, form)) for number in numbers), END]


def numbered(form: StreamForm) -> Callable[[bytes, int], str | None]:
    """The right event of a number is that number."""

    def fault(event: bytes, number: int) -> str | None:
        text = event.removeprefix(b"data: ") if form is StreamForm.SSE else event
        return None if text == b"%d" % number else f"it is {text[:40]!r}"

    return fault


def stream(
    events: int = EVENTS, form: StreamForm = StreamForm.SSE, least: int | None = None
) -> Exchange:
    """A request that is answered by so many numbers."""
    request = httpx.Request("GET", "http://127.0.0.1/numbers")
    return Exchange(request, Streamed(events=events, fault=numbered(form), form=form, least=least))


def sending(pieces: Sequence[bytes], gap_s: float = 0.0) -> Callable[[Peer, int], None]:
    """Answer by pieces, so long apart."""

    def reply(peer: Peer, _: int) -> None:
        never = Event()
        peer.send(pieces[0])
        for _before, piece in pairwise(pieces):
            if gap_s:
                never.wait(gap_s)  # this is how long the server takes
            peer.send(piece)

    return reply


@dataclass
class Heard:
    """What one slice has shown."""

    samples: Samples
    reckoned: Reckoning
    pool: Pool

    @property
    def outcomes(self) -> dict[Code, int]:
        """How often each outcome was written down."""
        return {Code(code): n for code, n in Counter(self.samples.codes().tolist()).items()}

    @property
    def streams(self) -> EventStreams:
        """What the streams have shown."""
        assert self.reckoned.streams is not None
        return self.reckoned.streams


@contextmanager
def pool_to(served: Served, connections: int, **how: Any) -> Iterator[Pool]:
    """Open connections, which are closed at the end."""
    pool = Pool(served.address, make_poller(Pacing.TIMER), stamps=True, **how)
    try:
        assert pool.ready(connections) is None
        yield pool
    finally:
        pool.close()


def hear(
    served: Served,
    *exchanges: Exchange,
    requests: int = 8,
    connections: int = 2,
    patience_ns: int = PATIENCE_NS,
    **how: Any,
) -> Heard:
    """Send so many requests in closed loop, and wait so long for what is in flight."""
    with pool_to(served, connections, **how) as pool:
        samples, start = Samples(requests), clock.monotonic_ns()
        lines = Script(exchanges or [stream()], seed=1).sequence_from(0)
        ClosedLoop(pool, lines, samples).run(start + patience_ns, start + patience_ns)
        window = Window(start, clock.monotonic_ns())
        offset_ns = clock.realtime_offset_ns()
        return Heard(
            samples, reckon(samples, window, planned=False, clock_offset_ns=offset_ns), pool
        )


def hear_planned(served: Served, due_ns: Sequence[int], *exchanges: Exchange) -> Heard:
    """Begin streams when they are due, ns from now, over as many connections."""
    with pool_to(served, len(due_ns)) as pool:
        pool.stamp_all(True)
        samples, start = Samples(len(due_ns)), clock.monotonic_ns()
        for slot, due in enumerate(due_ns):
            samples.due[slot] = start + due
        samples.used = len(due_ns)
        end = start + max(due_ns) + 1
        lines = Script(exchanges or [stream()], seed=1).sequence_from(0)
        OpenLoop(pool, lines, samples).run(end, end + PATIENCE_NS)
        window = Window(start, clock.monotonic_ns())
        offset_ns = clock.realtime_offset_ns()
        return Heard(
            samples, reckon(samples, window, planned=True, clock_offset_ns=offset_ns), pool
        )
