"""Loads over HTTP/2, and what they have shown."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bench.load.loops import ClosedStreams, OpenStreams
from bench.load.pools.pool import StreamPool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.script import Script
from bench.load.scripts.stream_script import StreamLine, StreamScript
from bench.system import clock
from tests.load.sending import script
from tests.load.server import Served
from tests.load.virtual import GAP_NS, MS, planned

PoolOf = Callable[[Served, int, int], StreamPool]
"""Makes a pool of connections to a server: for so many requests in flight, so many on each."""
PATIENCE_NS = 10_000 * MS
HANGING_NS = 150 * MS


@dataclass
class Loaded:
    """What one slice has shown."""

    samples: Samples
    pool: StreamPool

    @property
    def outcomes(self) -> dict[Code, int]:
        """How often each outcome was written down."""
        return {Code(code): n for code, n in Counter(self.samples.codes().tolist()).items()}


def framed(sent: Script | None = None) -> list[StreamLine]:
    """The lines of a script, as frames."""
    return StreamScript("http").framed((sent or script()).sequence_from(0))


def load_closed(
    pool: StreamPool, requests: int, sent: Script | None = None, *, patience_ns: int = PATIENCE_NS
) -> Loaded:
    """Send that many requests in closed loop, and wait so long for their answers."""
    samples = Samples(requests)
    end = clock.monotonic_ns() + patience_ns
    ClosedStreams(pool, framed(sent), samples).run(end, end)
    return Loaded(samples, pool)


def load_open(
    pool: StreamPool, requests: int, sent: Script | None = None, *, patience_ns: int = PATIENCE_NS
) -> Loaded:
    """Send that many requests, each when it is due."""
    start = clock.monotonic_ns() + MS
    samples = planned(start + n * GAP_NS for n in range(requests))
    loop = OpenStreams(pool, framed(sent), samples)
    loop.run(start + requests * GAP_NS, start + patience_ns)
    return Loaded(samples, pool)
