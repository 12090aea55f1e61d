"""httpx over the generator's HTTP/2: `httpx.AsyncClient(transport=StreamTransport())`.

The same sessions as in the measured window, behind the interface that users know; requests to one
origin share one connection, and asyncio does the waiting.
"""

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Final

import httpx

from bench.load.http2.channel import StreamChannel, UnprocessedError
from bench.load.http2.connection import ALPN, StreamConnection
from bench.load.http2.fields import request_block
from bench.load.http2.session import Answered
from bench.load.net.address import Address, distinct
from bench.load.net.answer import AnswerDecoder
from bench.load.net.limits import MalformedResponseError
from bench.load.net.link import ConnectionLostError, State
from bench.load.net.tls import Handshake

_PORTS: Final = {"http": 80, "https": 443}
_TRIES: Final = 3  # of a request that a server which goes away has not processed

_Origin = tuple[str, str, int]  # scheme, host by name or address, and port


class StreamTransport(httpx.AsyncBaseTransport):
    """HTTP/2: h2c by prior knowledge to http, h2 over TLS to https.

    httpx's timeouts `connect` and `read` apply, the latter to the whole response. Raises
    httpx.UnsupportedProtocol for any other scheme, and httpx's own errors for the rest. Connections
    are not kept from one event loop to the next.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Open no connection before the first request.

        `context`: for TLS, and it must offer h2 by ALPN; None: certificates are verified against
        this machine's authorities.
        """
        self._context = context
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channels: dict[_Origin, StreamChannel] = {}
        self._opening: dict[_Origin, asyncio.Lock] = {}
        self._answers = AnswerDecoder()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for the whole of its response."""
        scheme = request.url.scheme
        if scheme not in _PORTS:
            raise httpx.UnsupportedProtocol(f"{scheme} is not spoken here, only http and https")
        body = await request.aread()
        block = request_block(request, scheme, len(body) or None)
        try:
            async with asyncio.timeout(_timeout_s(request, "read")):
                found = await self._answered(request, block, body)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no whole response in time", request=request) from error
        except ConnectionLostError as error:
            raise httpx.ReadError(str(error), request=request) from error
        except MalformedResponseError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        fields = found.fields
        response = self._answers.whole(fields.status, fields.headers, found.body, request)
        response.extensions["http_version"] = b"HTTP/2"
        return response

    async def aclose(self) -> None:
        """Close all connections; what is going on over them fails."""
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()

    async def _answered(self, request: httpx.Request, block: bytes, body: bytes) -> Answered:
        """Send a request, again where the server has not processed it."""
        head = request.method == "HEAD"
        for _ in range(_TRIES - 1):
            with suppress(UnprocessedError):
                return await (await self._channel(request)).exchange(block, body, head=head)
        return await (await self._channel(request)).exchange(block, body, head=head)

    async def _channel(self, request: httpx.Request) -> StreamChannel:
        """The connection to a request's origin, opened by the first who needs it."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            await self.aclose()
            self._loop, self._opening = loop, {}
        url = request.url
        origin = url.scheme, url.host, url.port or _PORTS[url.scheme]
        async with self._opening.setdefault(origin, asyncio.Lock()):
            channel = self._channels.get(origin)
            if channel is None or not channel.usable:
                channel = self._channels[origin] = await self._opened(origin, request)
            return channel

    async def _opened(self, origin: _Origin, request: httpx.Request) -> StreamChannel:
        """A new connection, to the first of the host's addresses that accepts one."""
        try:
            async with asyncio.timeout(_timeout_s(request, "connect")):
                return StreamChannel(await self._connected(origin))
        except TimeoutError as error:
            raise httpx.ConnectTimeout("not accepted in time", request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error

    async def _connected(self, origin: _Origin) -> StreamConnection:
        scheme, host, port = origin
        handshake = Handshake(self._tls(), host) if scheme == "https" else None
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        *others, last = distinct(where for *_, where in found)
        for address in others:
            with suppress(OSError):
                return await _connected_to(address, handshake)
        return await _connected_to(last, handshake)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.set_alpn_protocols([ALPN])
        return self._context


def _timeout_s(request: httpx.Request, what: str) -> float | None:
    timeout_s: float | None = request.extensions.get("timeout", {}).get(what)
    return timeout_s


async def _connected_to(address: Address, handshake: Handshake | None) -> StreamConnection:
    connection = StreamConnection(address, handshake=handshake)
    try:
        while connection.state is State.CONNECTING:
            await _ready(connection)
            connection.connected()
    except BaseException:
        connection.close()
        raise
    return connection


async def _ready(connection: StreamConnection) -> None:
    """Wait until a connection can take its next step in being opened."""
    loop, fd = asyncio.get_running_loop(), connection.fd
    ready = loop.create_future()
    add, remove = (
        (loop.add_writer, loop.remove_writer)
        if connection.wants_write
        else (loop.add_reader, loop.remove_reader)
    )
    add(fd, _settle, ready)
    try:
        await ready
    finally:
        remove(fd)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
