"""How a target is reached: the address, TLS and protocol of its connections, checked beforehand."""

import ssl
from collections import deque
from pathlib import Path
from typing import Any

import httpx

from bench.errors import UsageError
from bench.facts.load import Client
from bench.facts.run import Pacing
from bench.load.http1.transport import WireTransport
from bench.load.http2.transport import StreamTransport
from bench.load.net.address import Peer, resolve, resolve_host
from bench.load.net.tls import Handshake
from bench.load.order import Order, Target
from bench.load.pacing.poller import Poller, make_poller
from bench.load.pools.fresh_pool import FreshPool
from bench.load.pools.pool import MessagePool, MultiplexedPool, Pool, StreamPool
from bench.load.websocket.handshake import Upgrade
from servers.certificate import spoken_name
from servers.protocol import Protocol
from servers.tls import Tls


def pool_for(
    target: Target, pacing: Pacing, *, stamps: bool, upgrade: Upgrade | None = None
) -> Pool | MultiplexedPool[Any]:
    """Connections to a target, none of them open yet. Raises UsageError, HarnessError.

    `upgrade`: they are to be WebSockets.
    """
    address, handshake = _line_to(target)
    if target.streams < 1:
        raise UsageError(f"{target.streams} streams on a connection: give 1 or more")
    poller = make_poller(pacing)
    if upgrade is not None:
        return MessagePool(address, poller, upgrade, stamps=stamps, handshake=handshake)
    if target.protocol is Protocol.H3:
        return _quic_pool(target, address, poller, stamps=stamps)
    if not target.protocol.has_streams:
        kind = FreshPool if target.new_connections else Pool
        return kind(address, poller, stamps=stamps, handshake=handshake)
    return StreamPool(address, poller, streams=target.streams, stamps=stamps, handshake=handshake)


def _quic_pool(
    target: Target, address: Peer, poller: Poller, *, stamps: bool
) -> MultiplexedPool[Any]:
    """Connections that speak HTTP/3. Raises UsageError."""
    # loaded here: nothing else needs the library
    from bench.load.http3.session import QuicHandshake  # noqa: PLC0415
    from bench.load.pools.quic_pool import QuicPool  # noqa: PLC0415

    listening = target.address
    if listening is None or listening.tls is None or isinstance(address, str):
        raise UsageError(f"h3 is spoken over UDP, and '{target.base_url}' is no such place")
    handshake = QuicHandshake(spoken_name(listening.host), _authorities(listening.tls))
    return QuicPool(address, poller, handshake, streams=target.streams, stamps=stamps)


def _authorities(tls: Tls) -> bytes | None:
    """Who vouches for a certificate, in PEM; None: it is not looked at. Raises UsageError."""
    if not tls.verified:
        return None
    ca = tls.ca or Path(ssl.get_default_verify_paths().openssl_cafile)
    if not ca.is_file():
        raise UsageError("this machine has no file of certificate authorities: pass --ca FILE")
    return ca.read_bytes()


def transport_for(order: Order) -> httpx.AsyncBaseTransport | None:
    """What an order's httpx sends over; None: its own. Raises UsageError where that cannot be."""
    protocol = order.target.protocol
    if protocol is Protocol.H3:
        raise UsageError("httpx is not measured over h3, only the generator's own connections")
    if order.client is Client.WIRE_HTTPX:
        return StreamTransport() if protocol.has_streams else WireTransport()
    if protocol.has_streams:
        raise UsageError(f"stock httpx is measured over HTTP/1.1 alone, not {protocol}")
    return None


def _line_to(target: Target) -> tuple[Peer, Handshake | None]:
    """Where a target's connections go, and how they begin. Raises UsageError, HarnessError."""
    listening, protocol = target.address, target.protocol
    tls = None if listening is None else listening.tls
    if tls is None and protocol.secure:
        raise UsageError(f"{protocol} is spoken over TLS, and '{target.base_url}' has none")
    if tls is not None and protocol is Protocol.H2C:
        raise UsageError(f"h2c is spoken without TLS, and '{target.base_url}' has it: ask for h2")
    if listening is None:
        return resolve(httpx.URL(target.base_url)), None
    handshake = None
    if tls is not None:
        context = tls.context(protocol.alpn)
        handshake = Handshake(context, listening.host, deque() if target.resume_tls else None)
    if listening.socket is not None:
        return str(listening.socket), handshake
    return resolve_host(listening.host, listening.port), handshake
