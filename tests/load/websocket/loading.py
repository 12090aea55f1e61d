"""Loads over WebSockets, and what they have shown."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bench.load.loops import ClosedMessages, OpenMessages
from bench.load.pools.pool import MessagePool
from bench.load.reckoning.samples import Code, Samples
from bench.load.scripts.message_script import MessageScript
from bench.system import clock
from bench.workload import Message, WebSocket
from tests.load.virtual import GAP_NS, MS, planned

PATIENCE_NS = 10_000 * MS
HANGING_NS = 150 * MS
URL = httpx.URL("http://127.0.0.1")
WORDS = tuple(f"word {number}" for number in range(50))
PoolOf = Callable[..., MessagePool]
ECHO = tuple(Message(word, word) for word in WORDS)


@dataclass
class Loaded:
    """What one slice has shown."""

    samples: Samples
    pool: MessagePool

    @property
    def outcomes(self) -> dict[Code, int]:
        """How often each outcome was written down."""
        return {Code(code): n for code, n in Counter(self.samples.codes().tolist()).items()}


def compiled(messages: Sequence[Message] = ECHO, **how: Any) -> MessageScript:
    """A script of these messages."""
    return MessageScript(WebSocket("/chat", messages, **how), URL, 1)


def load_closed(
    pool: MessagePool,
    messages: int,
    sent: MessageScript | None = None,
    *,
    patience_ns: int = PATIENCE_NS,
) -> Loaded:
    """Send that many messages in closed loop, and wait so long for their answers."""
    samples = Samples(messages)
    end = clock.monotonic_ns() + patience_ns
    ClosedMessages(pool, (sent or compiled()).sequence_from(0), samples).run(end, end)
    return Loaded(samples, pool)


def load_open(
    pool: MessagePool,
    messages: int,
    sent: MessageScript | None = None,
    *,
    patience_ns: int = PATIENCE_NS,
) -> Loaded:
    """Send that many messages, each when it is due."""
    start = clock.monotonic_ns() + MS
    samples = planned(start + n * GAP_NS for n in range(messages))
    loop = OpenMessages(pool, (sent or compiled()).sequence_from(0), samples)
    loop.run(start + messages * GAP_NS, start + patience_ns)
    return Loaded(samples, pool)
