"""A target that is attached: its compiled workload, its connections, and what is refused."""

from dataclasses import dataclass
from typing import Any

from bench.errors import UsageError
from bench.facts.run import Pacing
from bench.load.order import Target
from bench.load.pools.pool import MultiplexedPool, Pool
from bench.load.pools.reaching import pool_for
from bench.load.scripts.compiled import Compiled
from bench.load.scripts.field_script import FieldScript
from bench.load.scripts.message_script import MessageScript
from bench.load.scripts.script import Script
from bench.load.scripts.stream_script import StreamScript
from bench.load.scripts.supply import Stream, Supply
from servers.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Attached:
    """What is kept of one target from slice to slice."""

    compiled: Compiled
    pool: Pool | MultiplexedPool[Any]
    supply: Supply | None  # None: a set of requests is sent over and over, as fast as it goes
    frames: StreamScript | FieldScript | None  # None: no requests are framed


def attached(target: Target, found: Compiled, pacing: Pacing, *, stamps: bool) -> Attached:
    """A target with its compiled workload; its connections are opened by the first slice.

    Raises UsageError for what cannot be sent to it so, HarnessError when the host is unknown.
    """
    frames = None
    if target.protocol.has_streams:
        _refuse_unstreamable(target, found)
        frames = _frames(target.protocol)
    if target.new_connections:
        _refuse_unrenewable(target, found)
    upgrade = found.upgrade if isinstance(found, MessageScript) else None
    pool = pool_for(target, pacing, stamps=stamps, upgrade=upgrade)
    return Attached(found, pool, _supply(found), frames)


def _frames(protocol: Protocol) -> StreamScript | FieldScript:
    """What keeps requests as a protocol with streams has them."""
    if protocol is Protocol.H3:
        return FieldScript()
    return StreamScript("http" if protocol is Protocol.H2C else "https")


def _supply(found: Compiled) -> Supply | None:
    """Whatever does not send a set over and over, as fast as it goes."""
    if not isinstance(found, Script):
        return found
    return Stream.over(found.sequence_from(0)) if found.thinks else None


def _refuse_unstreamable(target: Target, found: Compiled) -> None:
    """Raises UsageError for what is not sent over HTTP/2."""
    if isinstance(found, MessageScript):
        reason = "it is a WebSocket"
    elif isinstance(found, Script) and any(line.stream is not None for line in found.lines):
        reason = "its answers are streams of events"
    else:
        return
    raise UsageError(
        f"workload '{target.workload}' is sent over HTTP/1.1 alone, not over "
        f"{target.protocol}: {reason}"
    )


def _refuse_unrenewable(target: Target, found: Compiled) -> None:
    """Raises UsageError for what is not sent over a connection of its own each time."""
    if target.protocol.has_streams:
        raise UsageError(
            f"--new-connections measures connections of HTTP/1.1 alone, not of {target.protocol}"
        )
    if isinstance(found, MessageScript):
        reason = "it is a WebSocket"
    elif _supply(found) is not None:
        reason = "it has sequences, requests that are made afresh, or think times"
    else:
        return
    raise UsageError(
        f"workload '{target.workload}' needs connections that are kept, which --new-connections "
        f"are not: {reason}"
    )
