"""Stopping a server: SIGTERM, a grace, then its keeper kills what is left of its tree."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

from servers.errors import KeeperError, LaunchError
from servers.logs import tail
from servers.ports import wait_until_free
from servers.processes.keeper_client import KeptProgram
from servers.processes.process_tree import now_ns
from servers.server import Server, ServerStop, StopKind

_FREE_LIMIT_S = 2.0  # The kernel closes a killed process's sockets within milliseconds.
_LAST_LINES = 20
_HELPERS_S = 0.5  # How long a server's helper processes may take to see that it has gone.


@contextmanager
def keeper_failure_of(name: str, log: Path) -> Iterator[None]:
    """Turn the loss of a server's keeper into a failure of that server: the others go on."""
    try:
        yield
    except KeeperError as error:
        raise LaunchError(f"{name} failed: {error}", server=name, log_tail=tail(log)) from error


async def stop(server: Server, held: AsyncExitStack, grace_s: float) -> None:
    """Drain the server, let its keeper kill what is left, see the port free."""
    kept = server.kept
    if kept is None:
        return
    how, drain_ns = await _drain(kept, grace_s)
    with keeper_failure_of(server.name, server.log):
        await held.aclose()
    server.ending = ServerStop(how, drain_ns, kept.status, kept.leftovers or 0)
    server.last_said = server.tail(_LAST_LINES)
    address = server.address
    if address.socket is not None:
        return  # it was in the fresh folder, which is removed
    if not await wait_until_free(address.host, address.port, _FREE_LIMIT_S):
        raise LaunchError(
            f"{server.name} has stopped but port {address.port} is still served: "
            "one of its processes escaped; find it with ss -tlnp",
            server=server.name,
            log_tail=server.tail(),
        )


async def _drain(kept: KeptProgram, grace_s: float) -> tuple[StopKind, int | None]:
    if not kept.running:
        return StopKind.DIED, None
    asked_ns = now_ns()
    await kept.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(grace_s):
            await kept.wait()
    except TimeoutError:
        return StopKind.KILLED, None
    except KeeperError:
        return StopKind.DIED, None
    with suppress(TimeoutError):
        async with asyncio.timeout(_HELPERS_S):
            await kept.wait_empty()
    return StopKind.DRAINED, (kept.exited_ns or now_ns()) - asked_ns
