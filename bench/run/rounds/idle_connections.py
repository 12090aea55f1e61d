"""What idle WebSockets weigh: measured once for each server, when its load of a round is over."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bench.errors import HarnessError
from bench.facts.server import IdleConnections
from bench.load.order import Target
from bench.load.process import LoadProcess
from bench.system import open_files
from servers.server import Server

WANTED: Final = 1000
LEAST: Final = 100
"""Of fewer, the weight of one could not be told from what else comes and goes."""
_OTHER_FILES: Final = 200
"""That a server, or the generator, has open beside them."""


async def weighed(
    server: Server, target: Target, load: LoadProcess, tell: Callable[[str], None]
) -> IdleConnections | None:
    """Open many connections that say nothing, weigh the server without and with them, close them.

    tell: what is about to be done, which takes some seconds.
    None: the target is no WebSocket, the server's memory cannot be read, or not all of them could
    be opened.
    """
    number = min(WANTED, open_files.limit() - _OTHER_FILES)
    if number < LEAST or not await load.hold(target.key, 0):
        return None
    tell(f"weighing {number:,} idle WebSockets of each server")
    without_bytes = server.pss_bytes()
    held = await load.hold(target.key, number)
    with_bytes = server.pss_bytes()
    with suppress(HarnessError):
        await load.hold(target.key, 0)
    if not held or without_bytes is None or with_bytes is None:
        return None
    return IdleConnections(number, without_bytes, with_bytes)
