"""The pass of a run that looks how soon the app learns that a client has left its stream.

Only the app can tell, and the items app does: its metrics have the moment at which it last ended a
stream whose client had left. They are off while servers are measured, so each server is started
once more, after the rounds. Of a user's own app it stays unknown.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import httpx

from bench.facts.streams import LeftStreams
from bench.formatting import listing
from bench.run.context import Candidate, RunContext
from bench.run.request.event_streams import streams_events
from bench.run.request.resolve import RunRequest
from bench.stats.units import NS_PER_S
from bench.system import clock
from servers.errors import ServerError
from servers.launch import launch
from servers.profile import Interface
from servers.protocol import Protocol
from servers.server import Server

CLIENTS: Final = 10
PATIENCE_S: Final = 3.0
"""For which each client that left is waited to be noticed."""
FIRST_EVENT_S: Final = 30.0
"""For which the first event of a stream is waited: after it, the server is given up."""
MOST_UNNOTICED: Final = 2
"""Then no other one leaves. What they have left ends 10 s after its beginning, by itself: later
than all of them are waited for, so that no end is taken for that of another stream."""
_STREAM: Final = "/items/events?count=2&interval=10000"
_METRICS: Final = {"ITEMS_METRICS": "metrics"}
_LEFT: Final = re.compile(
    r'^items_streams_left_timestamp_seconds\{stream="events"\} (\S+)$', re.MULTILINE
)
_CHUNK_BYTES: Final = 65536


async def watch_leaving(
    wanted: RunRequest,
    sound: Sequence[Candidate],
    context: RunContext,
    known: Collection[str],
    say: Callable[[str], None],
) -> None:
    """Let clients leave streams of each server that passed its gate, but of those `known`.

    What is found is in the journal. A server that does not start with metrics, or answers no
    stream, is named by `say`, and nothing is known of it.
    """
    chosen = [each for each in sound if each.profile.name not in known and _can_tell(each, wanted)]
    if not chosen or not any(
        streams_events(context.source(name)) for name in wanted.settings.workloads
    ):
        return
    say(f"leaving streams of {listing([each.profile.name for each in chosen])}")
    for candidate in chosen:
        try:
            async with _started(candidate, context) as server:
                found = await left(candidate.profile.name, server)
        except (ServerError, OSError, httpx.HTTPError, EOFError) as error:
            said = str(error).partition("\n")[0] or type(error).__name__
            say(f"{candidate.profile.name}: no stream could be left: {said}")
        else:
            context.journal.write(found)


def _can_tell(candidate: Candidate, wanted: RunRequest) -> bool:
    """Whether it runs the items app, started here and asked over plain HTTP/1.1."""
    profile = candidate.profile
    return (
        wanted.settings.own_app is None
        and profile is not wanted.twin
        and not profile.external
        and profile.interface is Interface.ASGI
        and profile.protocol is Protocol.HTTP_1_1
    )


@asynccontextmanager
async def _started(candidate: Candidate, context: RunContext) -> AsyncIterator[Server]:
    """The server with the app's metrics on. Raises ServerError."""
    profile = candidate.profile
    watched = replace(profile, env={**profile.env, **_METRICS})
    async with launch(
        watched,
        candidate.environment,
        candidate.app,
        log=context.logs / f"{profile.slug}-leaving.log",
        cpus=context.cores.servers,
        deadline_s=context.start_limit_s,
        readiness=context.readiness,
    ) as server:
        yield server


async def left(profile: str, server: Server, patience_s: float = PATIENCE_S) -> LeftStreams:
    """Let clients leave, one after the other.

    Raises OSError, TimeoutError among them where no first event comes, EOFError where a stream
    ends before it, and httpx.HTTPError where there are no metrics.
    """
    noticed_ns: list[int] = []
    unnoticed = 0
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as metrics:
        while len(noticed_ns) + unnoticed < CLIENTS and unnoticed < MOST_UNNOTICED:
            async with asyncio.timeout(FIRST_EVENT_S):
                left_ns = await _leave(server)
            found_ns = await _noticed(metrics, left_ns, patience_s)
            if found_ns is None:
                unnoticed += 1
            else:
                noticed_ns.append(found_ns - left_ns)
    patience_ns = round(patience_s * NS_PER_S)
    return LeftStreams(
        profile=profile,
        noticed_ns=tuple(noticed_ns),
        unnoticed=unnoticed,
        patience_ns=patience_ns,
    )


async def _leave(server: Server) -> int:
    """Take the first event of a stream, and close the connection; when, ns of the real-time clock.

    All that came was read before, so that the server gets a FIN and no RST.
    """
    loop, address = asyncio.get_running_loop(), server.address
    with socket.socket() as client:
        client.setblocking(False)
        await loop.sock_connect(client, (address.host, address.port))
        request = f"GET {_STREAM} HTTP/1.1\r\nHost: {address.authority}\r\n\r\n"
        await loop.sock_sendall(client, request.encode())
        got = b""
        while b"\n\n" not in got:
            piece = await loop.sock_recv(client, _CHUNK_BYTES)
            if not piece:
                raise EOFError(f"the stream ended before its first event: {got[:80]!r}")
            got += piece
        return clock.realtime_ns()


async def _noticed(metrics: httpx.AsyncClient, left_ns: int, patience_s: float) -> int | None:
    """When the app ended the stream that was left at `left_ns`; None: not in time.

    Raises httpx.HTTPError.
    """
    until_ns = clock.monotonic_ns() + round(patience_s * NS_PER_S)
    while clock.monotonic_ns() < until_ns:
        answer = (await metrics.get("/metrics")).raise_for_status()
        found = _LEFT.search(answer.text)
        ended_ns = round(float(found[1]) * NS_PER_S) if found else 0
        if ended_ns >= left_ns:
            return ended_ns if ended_ns - left_ns <= patience_s * NS_PER_S else None
    return None
