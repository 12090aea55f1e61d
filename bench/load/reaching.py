"""How a target is reached: the address, TLS and protocol of its connections, checked beforehand."""

import httpx

from bench.errors import UsageError
from bench.facts.load import Client
from bench.facts.run import Pacing
from bench.load.http1.transport import WireTransport
from bench.load.http2.transport import StreamTransport
from bench.load.net.address import Peer, resolve, resolve_host
from bench.load.net.tls import Handshake
from bench.load.order import Order, Target
from bench.load.pacing.poller import make_poller
from bench.load.pool import MessagePool, Pool, StreamPool
from bench.load.websocket.handshake import Upgrade
from servers.protocol import Protocol


def pool_for(
    target: Target, pacing: Pacing, *, stamps: bool, upgrade: Upgrade | None = None
) -> Pool | StreamPool:
    """Connections to a target, none of them open yet. Raises UsageError, HarnessError.

    `upgrade`: they are to be WebSockets.
    """
    if target.protocol is Protocol.H3:
        raise UsageError("h3 cannot be loaded: the load generator does not speak it")
    address, handshake = _line_to(target)
    if target.streams < 1:
        raise UsageError(f"{target.streams} streams on a connection: give 1 or more")
    poller = make_poller(pacing)
    if upgrade is not None:
        return MessagePool(address, poller, upgrade, stamps=stamps, handshake=handshake)
    if not target.protocol.has_streams:
        return Pool(address, poller, stamps=stamps, handshake=handshake)
    return StreamPool(address, poller, streams=target.streams, stamps=stamps, handshake=handshake)


def transport_for(order: Order) -> httpx.AsyncBaseTransport | None:
    """What an order's httpx sends over; None: its own. Raises UsageError where that cannot be."""
    protocol = order.target.protocol
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
        handshake = Handshake(context, listening.host)
    if listening.socket is not None:
        return str(listening.socket), handshake
    return resolve_host(listening.host, listening.port), handshake
