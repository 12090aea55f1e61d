"""httpx over the generator's HTTP/3: `httpx.AsyncClient(transport=QuicTransport())`.

The same sessions as in the measured window, behind the interface that users know.
"""

import asyncio
import ssl
from pathlib import Path
from typing import ClassVar

import httpx

from bench.load.http2.fields import request_fields
from bench.load.http2.shared_transport import Origin, SharedTransport
from bench.load.http3.channel import Pairs, QuicChannel
from bench.load.http3.connection import QuicConnection
from bench.load.http3.session import QuicHandshake
from bench.load.net.address import Address
from bench.load.net.link import State
from bench.stats.units import NS_PER_S


class QuicTransport(SharedTransport[Pairs]):
    """HTTP/3, to https: over UDP, without asking by TCP first."""

    ports: ClassVar = {"https": 443}
    version: ClassVar = b"HTTP/3"

    def __init__(self, ca: Path | None = None, *, verified: bool = True) -> None:
        """Open no connection before the first request.

        `ca`: certificates of an authority, in PEM; None: those of this machine. `verified`: False
        does without. Raises OSError where there is no such file.
        """
        super().__init__()
        file = ca or ssl.get_default_verify_paths().cafile
        self._authorities: bytes | None = None
        if verified:
            if file is None:
                raise FileNotFoundError("this machine has no file of certificate authorities")
            self._authorities = Path(file).read_bytes()

    def _fields(self, request: httpx.Request, length: int | None) -> Pairs:
        return request_fields(request, "https", length)

    async def _channel_to(self, address: Address, origin: Origin) -> QuicChannel:
        connection = QuicConnection(address, QuicHandshake(origin[1], self._authorities))
        try:
            while connection.state is State.CONNECTING:
                await _something(connection)
                connection.connected()
        except BaseException:
            connection.close()
            raise
        return QuicChannel(connection)


async def _something(connection: QuicConnection) -> None:
    """Wait until something has come over a connection, or its time has."""
    loop, fd = asyncio.get_running_loop(), connection.fd
    timer_ns = connection.timer_ns
    left_s = None if timer_ns is None else max(0.0, timer_ns / NS_PER_S - loop.time())
    come = asyncio.Event()
    loop.add_reader(fd, come.set)
    try:
        async with asyncio.timeout(left_s):
            await come.wait()
    except TimeoutError:
        return  # which is what the connection waits for
    finally:
        loop.remove_reader(fd)
