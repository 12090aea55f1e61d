"""httpx over the generator's own connections: `httpx.AsyncClient(transport=WireTransport())`.

The same bytes and the same parser as in the measured window, behind the interface that users
know; asyncio does the waiting.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Final

import httpx

from bench.load.connection import Connection, ConnectionLostError
from bench.load.script import BODILESS, WITH_BODY
from bench.load.wire import MalformedResponseError, request_bytes

_DEFAULT_PORT: Final = 80
_Address = tuple[str, int]


class WireTransport(httpx.AsyncBaseTransport):
    """Plain HTTP/1.1 over keep-alive connections, one request at a time on each.

    httpx's timeouts `connect` and `read` apply, the latter to the whole response. Raises
    httpx.UnsupportedProtocol for anything but http, and httpx's own errors for the rest.
    """

    def __init__(self) -> None:
        """No connection is opened before the first request."""
        self._idle: defaultdict[_Address, deque[Connection]] = defaultdict(deque)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for the whole of its response."""
        if request.url.scheme != "http":
            raise httpx.UnsupportedProtocol(f"{request.url.scheme} is not spoken here, only http")
        await request.aread()
        address = (request.url.host, request.url.port or _DEFAULT_PORT)
        connection = self._idle_connection(address) or await self._open(address, request)
        try:
            body = await self._exchange(connection, request)
        except BaseException:
            connection.close()
            raise
        head = connection.head
        if head.keep_alive:
            self._idle[address].append(connection)
        else:
            connection.close()
        return httpx.Response(
            head.status, headers=list(head.headers), content=body, request=request
        )

    async def aclose(self) -> None:
        """Close the idle connections."""
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    def _idle_connection(self, address: _Address) -> Connection | None:
        """A connection that is open and quiet; those that the server has closed are dropped."""
        waiting = self._idle[address]
        while waiting:
            connection = waiting.popleft()
            if connection.is_quiet():
                return connection
            connection.close()
        return None

    async def _open(self, address: _Address, request: httpx.Request) -> Connection:
        timeout_s = request.extensions.get("timeout", {}).get("connect")
        try:
            connection = Connection(address, WITH_BODY)
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        try:
            async with asyncio.timeout(timeout_s):
                await _writable(connection)
            connection.connected()
        except TimeoutError as error:
            connection.close()
            raise httpx.ConnectTimeout("not accepted in time", request=request) from error
        except OSError as error:
            connection.close()
            raise httpx.ConnectError(str(error), request=request) from error
        except BaseException:
            connection.close()
            raise
        return connection

    async def _exchange(self, connection: Connection, request: httpx.Request) -> bytes:
        timeout_s = request.extensions.get("timeout", {}).get("read")
        connection.expect(BODILESS if request.method == "HEAD" else WITH_BODY)
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
    loop.add_writer(connection.fd, _settle(ready, None))
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


def _settle(future: "asyncio.Future[None]", value: None) -> Callable[[], None]:
    def callback() -> None:
        if not future.done():
            future.set_result(value)

    return callback
