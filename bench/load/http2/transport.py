"""httpx over the generator's HTTP/2: `httpx.AsyncClient(transport=StreamTransport())`.

The same sessions as in the measured window, behind the interface that users know.
"""

import asyncio
import ssl
from typing import ClassVar

import httpx

from bench.load.http2.channel import StreamChannel
from bench.load.http2.connection import ALPN, StreamConnection
from bench.load.http2.fields import request_block
from bench.load.http2.shared_transport import Origin, SharedTransport
from bench.load.net.address import Address
from bench.load.net.link import State
from bench.load.net.tls import Handshake


class StreamTransport(SharedTransport[bytes]):
    """HTTP/2: h2c by prior knowledge to http, h2 over TLS to https."""

    ports: ClassVar = {"http": 80, "https": 443}
    version: ClassVar = b"HTTP/2"

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Open no connection before the first request.

        `context`: for TLS, and it must offer h2 by ALPN; None: certificates are verified against
        this machine's authorities.
        """
        super().__init__()
        self._context = context

    def _fields(self, request: httpx.Request, length: int | None) -> bytes:
        return request_block(request, request.url.scheme, length)

    async def _channel_to(self, address: Address, origin: Origin) -> StreamChannel:
        scheme, host, _ = origin
        handshake = Handshake(self._tls(), host) if scheme == "https" else None
        connection = StreamConnection(address, handshake=handshake)
        try:
            while connection.state is State.CONNECTING:
                await _ready(connection)
                connection.connected()
        except BaseException:
            connection.close()
            raise
        return StreamChannel(connection)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.set_alpn_protocols([ALPN])
        return self._context


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
