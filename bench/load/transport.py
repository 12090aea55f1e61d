"""httpx over the generator's own connections: `httpx.AsyncClient(transport=WireTransport())`.

The same bytes and the same parser as in the measured window, behind the interface that users
know; asyncio does the waiting.
"""

import asyncio
import socket
from collections import defaultdict, deque
from contextlib import suppress

import httpx

from bench.load.address import Address, distinct, host_and_port
from bench.load.connection import Connection, ConnectionLostError
from bench.load.wire import MalformedResponseError, request_bytes

_Origin = tuple[str, int]  # host, by name or address, and port


class WireTransport(httpx.AsyncBaseTransport):
    """Plain HTTP/1.1 over keep-alive connections, one request at a time on each.

    httpx's timeouts `connect` and `read` apply, the latter to the whole response. Raises
    httpx.UnsupportedProtocol for anything but http, and httpx's own errors for the rest.
    """

    def __init__(self) -> None:
        """No connection is opened before the first request."""
        self._idle: defaultdict[_Origin, deque[Connection]] = defaultdict(deque)
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for the whole of its response."""
        if request.url.scheme != "http":
            raise httpx.UnsupportedProtocol(f"{request.url.scheme} is not spoken here, only http")
        await request.aread()
        origin = host_and_port(request.url)
        connection = self._idle_connection(origin) or await _opened(origin, request)
        try:
            body = await _exchange(connection, request)
        except BaseException:
            connection.close()
            raise
        head = connection.reader.head
        if head.keep_alive and not self._closed:
            self._idle[origin].append(connection)
        else:
            connection.close()
        return httpx.Response(
            head.status, headers=list(head.headers), content=body, request=request
        )

    async def aclose(self) -> None:
        """Close the idle connections now, and the busy ones when their responses have come."""
        self._closed = True
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    def _idle_connection(self, origin: _Origin) -> Connection | None:
        """A connection that is open and quiet; those that the server has closed are dropped."""
        waiting = self._idle[origin]
        while waiting:
            connection = waiting.popleft()
            if connection.is_quiet():
                return connection
            connection.close()
        return None


async def _opened(origin: _Origin, request: httpx.Request) -> Connection:
    """A new connection, to the first of the host's addresses that accepts one."""
    timeout_s = request.extensions.get("timeout", {}).get("connect")
    try:
        async with asyncio.timeout(timeout_s):
            return await _connected(origin)
    except TimeoutError as error:
        raise httpx.ConnectTimeout("not accepted in time", request=request) from error
    except OSError as error:
        raise httpx.ConnectError(str(error), request=request) from error


async def _connected(origin: _Origin) -> Connection:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(*origin, type=socket.SOCK_STREAM)
    *others, last = distinct(where for *_, where in found)
    for address in others:
        with suppress(OSError):
            return await _connected_to(address)
    return await _connected_to(last)


async def _connected_to(address: Address) -> Connection:
    connection = Connection(address)
    try:
        await _writable(connection)
        connection.connected()
    except BaseException:
        connection.close()
        raise
    return connection


async def _exchange(connection: Connection, request: httpx.Request) -> bytes:
    timeout_s = request.extensions.get("timeout", {}).get("read")
    connection.expect(bodiless=request.method == "HEAD")
    try:
        async with asyncio.timeout(timeout_s):
            connection.send(request_bytes(request))
            while connection.wants_write:
                await _writable(connection)
                connection.flush()
            return await _response(connection)
    except TimeoutError as error:
        raise httpx.ReadTimeout("no whole response in time", request=request) from error
    except ConnectionLostError as error:
        raise httpx.ReadError(str(error), request=request) from error
    except MalformedResponseError as error:
        raise httpx.RemoteProtocolError(str(error), request=request) from error


async def _writable(connection: Connection) -> None:
    """Wait until a connection is established, or takes more bytes."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(connection.fd, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_writer(connection.fd)


async def _response(connection: Connection) -> bytes:
    """Wait for the whole response on a connection; its body."""
    loop = asyncio.get_running_loop()
    whole: asyncio.Future[bytes] = loop.create_future()

    def on_readable() -> None:
        if whole.done():
            return
        try:
            body = connection.receive()
        except (ConnectionLostError, MalformedResponseError) as error:
            whole.set_exception(error)
        else:
            if body is not None:
                whole.set_result(body)

    loop.add_reader(connection.fd, on_readable)
    try:
        return await whole
    finally:
        loop.remove_reader(connection.fd)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
