"""Loads over HTTP/3, and what they have shown."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bench.load.loops import ClosedQuic, OpenQuic
from bench.load.pools.quic_pool import QuicPool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.field_script import FieldScript
from bench.load.scripts.script import Script
from bench.system import clock
from tests.load.http3.peer import ServedHttp3
from tests.load.sending import script
from tests.load.virtual import GAP_NS, MS, planned

PoolOf = Callable[[ServedHttp3, int, int], QuicPool]
"""Makes a pool of connections to a server: for so many requests in flight, so many on each."""
PATIENCE_NS = 20_000 * MS
HANGING_NS = 300 * MS


@dataclass
class Loaded:
    """What one slice has shown."""

    samples: Samples
    pool: QuicPool

    @property
    def outcomes(self) -> dict[Code, int]:
        """How often each outcome was written down."""
        return {Code(code): n for code, n in Counter(self.samples.codes().tolist()).items()}


def load_closed(
    pool: QuicPool, requests: int, sent: Script | None = None, *, patience_ns: int = PATIENCE_NS
) -> Loaded:
    """Send that many requests in closed loop, and wait so long for their answers."""
    samples = Samples(requests)
    end = clock.monotonic_ns() + patience_ns
    lines = FieldScript().framed((sent or script()).sequence_from(0))
    ClosedQuic(pool, lines, samples).run(end, end)
    return Loaded(samples, pool)


def load_open(
    pool: QuicPool, requests: int, sent: Script | None = None, *, patience_ns: int = PATIENCE_NS
) -> Loaded:
    """Send that many requests, each when it is due."""
    start = clock.monotonic_ns() + MS
    pool.stamp_all(True)
    samples = planned(start + n * GAP_NS for n in range(requests))
    lines = FieldScript().framed((sent or script()).sequence_from(0))
    loop = OpenQuic(pool, lines, samples)
    loop.run(start + requests * GAP_NS, start + patience_ns)
    return Loaded(samples, pool)
