"""A door to a server that speaks HTTP/2 or HTTP/3: requests are asked again in its protocol.

For clients that know HTTP/1.1 only, as a functional suite that is given a URL: what the server is
asked by is a connection of the kind that is measured, one for each of the client's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import h11

from servers.asking.http2_client import Header, Reply

_AT_ONCE: Final = 64 * 1024  # bytes
_LONGEST_HEAD: Final = 64 * 1024  # bytes: what servers refuse is for them to refuse
_LEFT_OUT: Final = frozenset({b"connection", b"transfer-encoding", b"keep-alive"})


class Upstream(Protocol):
    """A connection to the server."""

    async def ask(
        self, method: bytes, target: bytes, headers: list[Header], body: bytes = b""
    ) -> Reply:
        """Send a request; return the head of its answer. Raises OSError."""


class Closable(Protocol):
    """What a connection is closed by."""

    def close(self) -> None:
        """Close it."""


async def serve_one(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    connect: Callable[[], Awaitable[tuple[Upstream, Closable]]],
) -> None:
    """Answer all requests of a client's connection by those of the server's, one at a time."""
    client = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
    transport: Closable | None = None
    try:
        upstream, transport = await connect()
        while await _exchange(reader, writer, client, upstream):
            client.start_next_cycle()
    except (OSError, h11.ProtocolError):
        pass  # one of them has broken off, and so does the other
    finally:
        writer.close()
        if transport is not None:
            transport.close()


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    client: h11.Connection,
    upstream: Upstream,
) -> bool:
    """Pass on one request and its answer; whether another may come."""
    request, body = await _request(reader, writer, client)
    if request is None:
        return False
    answer = asyncio.create_task(_answer(writer, client, upstream, request, body))
    leaving = asyncio.create_task(_left(reader, client))
    try:
        await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            return False
        answer.result()
        return client.our_state is h11.DONE and client.their_state is h11.DONE
    finally:
        for task in (answer, leaving):
            task.cancel()
        await asyncio.gather(answer, leaving, return_exceptions=True)


async def _answer(
    writer: asyncio.StreamWriter,
    client: h11.Connection,
    upstream: Upstream,
    request: h11.Request,
    body: bytes,
) -> None:
    """Ask the server, and pass its answer on as it comes."""
    headers = [(name, value) for name, value in request.headers if name != b"expect"]
    reply = await upstream.ask(request.method, request.target, headers, body)
    kept = [(name, value) for name, value in reply.headers if name not in _LEFT_OUT]
    writer.write(client.send(h11.Response(status_code=reply.status, headers=kept)) or b"")
    async for chunk in reply.body():
        writer.write(client.send(h11.Data(data=chunk)) or b"")
        await writer.drain()
    writer.write(client.send(h11.EndOfMessage()) or b"")
    await writer.drain()


async def _left(reader: asyncio.StreamReader, client: h11.Connection) -> None:
    """Wait until the client has left; what it sends meanwhile is its next request."""
    while data := await reader.read(_AT_ONCE):
        client.receive_data(data)


async def _request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: h11.Connection
) -> tuple[h11.Request | None, bytes]:
    """Read one whole request; None: the client has left."""
    request, body = None, bytearray()
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            if client.they_are_waiting_for_100_continue:
                going_on = h11.InformationalResponse(status_code=100, headers=[])
                writer.write(client.send(going_on) or b"")
            client.receive_data(await reader.read(_AT_ONCE))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return request, bytes(body)
        else:
            return None, b""
