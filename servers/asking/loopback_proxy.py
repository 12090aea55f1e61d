"""Plain HTTP on loopback, forwarded to a server that not every HTTP client can reach.

A functional suite, or a workload that asks the server what to send, is given a URL. What listens
on a unix socket has none, a certificate that was made for a test is trusted by no client, and few
clients speak HTTP/2 or HTTP/3. Load never goes through here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from servers.asking.connecting import connected, http2_connection, http3_connection
from servers.asking.gateway import Closable, Upstream, serve_one
from servers.command import Address
from servers.protocol import Protocol

_HOST = "127.0.0.1"
_AT_ONCE = 64 * 1024  # bytes
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def door(address: Address) -> AsyncIterator[str | None]:
    """Give the URL of a proxy, until this is left; None where the server needs none."""
    if not _is_needed(address):
        yield None
        return
    passing: set[asyncio.Task[None]] = set()

    def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_let_in((reader, writer), address))
        passing.add(task)
        task.add_done_callback(passing.discard)

    listener = await asyncio.start_server(enter, _HOST, 0)
    try:
        yield f"http://{_HOST}:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        left = [*passing]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _connected(address: Address) -> _Streams:
    """Open a connection for bytes that are passed on. Raises OSError."""
    reader = asyncio.StreamReader()
    transport, protocol = await connected(address, lambda: asyncio.StreamReaderProtocol(reader))
    return reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())


def _is_needed(address: Address) -> bool:
    if address.socket is not None or address.protocol.has_streams:
        return True
    tls = address.tls
    return tls is not None and (not tls.verified or tls.ca is not None)


async def _let_in(client: _Streams, address: Address) -> None:
    """Pass on what a client asks, until one side has ended."""
    if address.protocol is Protocol.H3:
        await serve_one(*client, lambda: _http3(address))
    elif address.protocol.has_streams:
        await serve_one(*client, lambda: http2_connection(address))
    else:
        await _pass_on(client, address)


async def _http3(address: Address) -> tuple[Upstream, Closable]:
    client = await http3_connection(address)
    return client, client


async def _pass_on(client: _Streams, address: Address) -> None:
    """Pass bytes on in both directions, until both sides have ended."""
    from_client, to_client = client
    try:
        from_server, to_server = await _connected(address)
    except OSError:
        to_client.transport.abort()
        return
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(from_client, to_server))
            group.create_task(_pump(from_server, to_client))
    except* OSError:
        pass  # one side has been reset: end the other, too
    finally:
        to_client.close()
        to_server.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on what comes, and its end: of both ways where TLS knows no other."""
    while data := await source.read(_AT_ONCE):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
    else:
        sink.close()
