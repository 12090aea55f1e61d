"""Ports: a fresh one, whether a process listens there, and which."""

import asyncio
import socket
from contextlib import ExitStack, closing, suppress

import psutil

from servers.errors import PortInUseError

_POLL_S = 0.01


def free_port(host: str) -> int:
    """Return a port that was not bound a moment ago: another program may still take it."""
    (port,) = free_ports(host, 1)
    return port


def free_ports(host: str, count: int) -> list[int]:
    """Return so many different ports, as `free_port` does."""
    with ExitStack() as stack:
        return [_bound_port(host, stack) for _ in range(count)]


def _bound_port(host: str, stack: ExitStack) -> int:
    """Bind a port of TCP that is free for UDP, too: HTTP/3 is at the same number."""
    while True:
        probe = stack.enter_context(closing(socket.socket(_family(host), socket.SOCK_STREAM)))
        probe.bind((host, 0))
        port = int(probe.getsockname()[1])
        datagrams = stack.enter_context(closing(socket.socket(_family(host), socket.SOCK_DGRAM)))
        with suppress(OSError):
            datagrams.bind((host, port))
            return port


def can_be_bound(host: str, port: int) -> bool:
    """Tell whether a port can be bound: nothing listens on it or connects from it."""
    with closing(socket.socket(_family(host), socket.SOCK_STREAM)) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def is_listening(host: str, port: int) -> bool:
    """Tell whether anything accepts connections there.

    Asked by connecting: binding would also fail on a client's local port.
    """
    with closing(socket.socket(_family(host), socket.SOCK_STREAM)) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect((host, port))
        except OSError:
            return False
        return bool(probe.getsockname() != probe.getpeername())  # A port can meet itself.


async def wait_until_free(host: str, port: int, limit_s: float) -> bool:
    """Wait until nothing listens there; False when something still does after `limit_s`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            while is_listening(host, port):  # noqa: ASYNC110 - the kernel has no event for it
                await asyncio.sleep(_POLL_S)
            return True
    return False


def require_free(host: str, port: int) -> None:
    """Raise PortInUseError, naming who listens there, unless the port is free."""
    if not is_listening(_reachable(host), port):
        return
    raise PortInUseError(
        f"port {port} is in use{_by_whom(port)}: stop it or pass --port with another number"
    )


def _by_whom(port: int) -> str:
    """Name the process that listens; macOS tells only root, Linux only its owner."""
    try:
        for found in psutil.net_connections("tcp"):
            here = bool(found.laddr and found.laddr.port == port)
            if here and found.status == psutil.CONN_LISTEN and found.pid is not None:
                return f" by pid {found.pid} ({psutil.Process(found.pid).name()})"
    except psutil.Error:
        pass
    return " by another program"


def _reachable(host: str) -> str:
    """Return an address to connect to for a host that means every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
