"""Connections to a server of its own kind: over TCP or a unix socket, by TLS or not."""

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from servers.asking.http2_client import Http2Client
from servers.asking.probe_answer import Secured
from servers.command import Address
from servers.protocol import Protocol

if TYPE_CHECKING:  # its library is loaded where it is needed
    from servers.asking.http3_client import Http3Client

_P = TypeVar("_P", bound=asyncio.Protocol)


class WrongProtocolError(OSError):
    """The server chose another protocol in the TLS handshake than it was asked for, or none."""


async def connected(address: Address, factory: Callable[[], _P]) -> tuple[asyncio.Transport, _P]:
    """Open a connection. Raises OSError."""
    loop, settings = asyncio.get_running_loop(), address.tls_settings
    if address.socket is not None:
        return await loop.create_unix_connection(factory, str(address.socket), **settings)
    return await loop.create_connection(factory, address.host, address.port, **settings)


async def http2_connection(address: Address) -> tuple[Http2Client, asyncio.Transport]:
    """Open a connection that speaks HTTP/2. Raises OSError, WrongProtocolError where it cannot."""
    scheme = "http" if address.tls is None else "https"
    transport, client = await connected(address, lambda: Http2Client(scheme, address.authority))
    agreed = secured(transport)
    if agreed is not None and agreed.alpn != Protocol.H2.alpn:
        transport.abort()
        chosen = f"chose {agreed.alpn}" if agreed.alpn else "chose no protocol"
        raise WrongProtocolError(f"the server {chosen} in the TLS handshake, where h2 was offered")
    return client, transport


async def http3_connection(address: Address) -> "Http3Client":
    """Open a connection that speaks HTTP/3. Raises OSError."""
    from servers.asking.http3_client import Http3Client  # noqa: PLC0415 - nothing else needs the library

    tls = address.tls
    if tls is None:
        raise WrongProtocolError("HTTP/3 is spoken over TLS alone")
    _, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Http3Client(address, tls), remote_addr=(address.host, address.port)
    )
    try:
        await client.established
    except BaseException:
        client.close()
        raise
    return client


def secured(transport: asyncio.BaseTransport) -> Secured | None:
    """Return what was agreed upon in the TLS handshake; None: it is a plain connection."""
    tls = transport.get_extra_info("ssl_object")
    if not isinstance(tls, ssl.SSLObject):
        return None
    cipher = tls.cipher()
    return Secured(
        version=tls.version() or "",
        cipher=cipher[0] if cipher else "",
        resumed=bool(tls.session_reused),
        alpn=tls.selected_alpn_protocol(),
    )
