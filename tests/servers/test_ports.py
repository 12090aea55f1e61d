"""TCP ports: fresh, taken, and by whom."""

import os
import re
import socket

import psutil
import pytest

from servers import ports
from servers.errors import PortInUseError


def test_free_port_can_be_listened_on() -> None:
    """A server may bind it."""
    port = ports.free_port("127.0.0.1")
    with socket.create_server(("127.0.0.1", port)):
        assert ports.is_listening("127.0.0.1", port)
    assert not ports.is_listening("127.0.0.1", port)


async def test_wait_until_free() -> None:
    """True at once for a free port, False after the limit for one that stays taken."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not await ports.wait_until_free("127.0.0.1", port, 0.03)
    assert await ports.wait_until_free("127.0.0.1", port, 0.03)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - it is asked, not bound
def test_owner_is_named(host: str) -> None:
    """Which pid, which program, and what to do."""
    name = re.escape(psutil.Process().name())
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        expected = (
            rf"^port {port} is in use by pid {os.getpid()} \({name}\): stop it or pass --port"
        )
        with pytest.raises(PortInUseError, match=expected):
            ports.require_free(host, port)
    ports.require_free(host, port)
