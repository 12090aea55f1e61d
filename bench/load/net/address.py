"""Where a server is: names are resolved once, before any connection, never in the window."""

import socket
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final

import httpx

from bench.errors import HarnessError, UsageError

Address = tuple[str, int]
"""An IPv4 or IPv6 address in figures, and a port."""

Peer = Address | str
"""Who is connected to; a string is the path of a unix socket."""

_DEFAULT_PORT: Final = 80
_CONNECT_TIMEOUT_S: Final = 5.0


def host_and_port(url: httpx.URL) -> tuple[str, int]:
    """Name or address, and port, of a URL. Raises UsageError for anything but http."""
    if url.scheme != "http":
        raise UsageError(f"'{url}' cannot be loaded: only http:// is supported")
    return url.host, url.port or _DEFAULT_PORT


def resolve(url: httpx.URL) -> Address:
    """The address of a URL's host: of several, the first that accepts a connection.

    Raises UsageError for anything but http, HarnessError when the name is not known.
    """
    return resolve_host(*host_and_port(url))


def resolve_host(host: str, port: int) -> Address:
    """The address of a host: of several, the first that accepts a connection.

    Raises HarnessError when the name is not known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HarnessError(f"the host '{host}' cannot be resolved: {error}") from error
    addresses = distinct(where for *_, where in found)
    if len(addresses) == 1:
        return addresses[0]
    return next(filter(_accepts, addresses), addresses[0])


def distinct(found: Iterable[tuple[Any, ...]]) -> list[Address]:
    """Socket addresses as getaddrinfo gives them, without flow and scope, each once."""
    return list(dict.fromkeys((where[0], where[1]) for where in found))


def _accepts(address: Address) -> bool:
    try:
        with closing(socket.create_connection(address, timeout=_CONNECT_TIMEOUT_S)):
            return True
    except OSError:
        return False
