"""Opening a connection in the hands of asyncio."""

import asyncio

from bench.load.http1.channel import Channel
from bench.load.http1.connection import Connection
from bench.load.net.address import Peer


async def opened(address: Peer) -> Channel:
    """A new connection, established; set a limit around it. Raises OSError."""
    connection = Connection(address)
    try:
        await _writable(connection)
        connection.connected()
    except BaseException:
        connection.close()
        raise
    return Channel(connection)


async def _writable(connection: Connection) -> None:
    """Wait until a connection is established, or has failed to be."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(connection.fd, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_writer(connection.fd)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
