"""A server from its start to its end: ready inside, and gone after, whatever happened."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from servers.app import App
from servers.bounded_log import cut
from servers.cleanup import finish
from servers.command import Address
from servers.environment import Environment
from servers.errors import KeeperError, LaunchError
from servers.keeper_client import KeptProgram
from servers.logs import tail
from servers.loopback_proxy import door
from servers.missing_features import possible_cause
from servers.ports import wait_until_free
from servers.probe import UntrustedError
from servers.process import now_ns
from servers.profile import Profile
from servers.readiness import HealthReadiness, Readiness, ReadinessWait, WrongAnswerError
from servers.readiness_errors import wrong
from servers.server import Server, ServerStop, StopKind
from servers.start import ServerStart
from servers.wait_limit import START_LIMIT_S, Patience

_FREE_LIMIT_S = 2.0  # The kernel closes a killed process's sockets within milliseconds.
_LAST_LINES = 20
_FOUND_LIMIT_S = 10.0  # A server that somebody else runs is there, or is not.
_HELPERS_S = 0.5  # How long a server's helper processes may take to see that it has gone.


@asynccontextmanager
async def launch(
    profile: Profile,
    environment: Environment | None,
    app: App,
    *,
    log: Path,
    cpus: frozenset[int] | None = None,
    workers: int = 1,
    deadline_s: float = START_LIMIT_S,
    grace_s: float = 6.0,
    readiness: Readiness | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> AsyncIterator[Server]:
    """Give a ready server; on leaving, drain it, kill what is left, see its port free.

    Close the client's connections to it before leaving: some servers wait for them. `cpus` are
    the cores its tree may use (None: all). `readiness` is /health of the items app unless given.
    `on_wait` is told in a line what is waited for, where a start takes long.
    A profile with a url is not started, only asked; it needs no environment. It may be entered
    in one task and left in another. Leaving cannot be cut short by a cancellation and takes at
    most `grace_s` and a few seconds.
    Raises LaunchError, or ProfileError where profile, app and workers do not go together.
    """
    readiness = readiness or HealthReadiness()
    if profile.url is not None:
        found = await _find(profile, log, readiness, deadline_s)
        async with door(found.address) as found.door:
            yield found
        return
    if environment is None:
        raise ValueError(f"{profile.name} is started here, so it needs an environment")
    patience = Patience(deadline_s, on_wait)
    start = ServerStart(profile, environment, app, log, cpus, workers, patience, readiness)
    try:
        server, held = await _started(start)
        try:
            yield server
        finally:
            await finish(_leave(server, held, grace_s))
    finally:
        cut(log)


async def _started(start: ServerStart) -> tuple[Server, AsyncExitStack]:
    """Start it; where it fails, say what it lacks too."""
    try:
        with _as_its_own(start.profile.name, start.log):
            return await start.run()
    except LaunchError as error:
        error.add(possible_cause(start.profile, start.app))
        raise


@contextmanager
def _as_its_own(name: str, log: Path) -> Iterator[None]:
    """Make what happens to a server's keeper a failure of that server: the others go on."""
    try:
        yield
    except KeeperError as error:
        raise LaunchError(f"{name} failed: {error}", server=name, log_tail=tail(log)) from error


async def _find(profile: Profile, log: Path, readiness: Readiness, deadline_s: float) -> Server:
    """Return the server that somebody else runs, once it answers; raises LaunchError."""
    parts = urlsplit(profile.url or "")
    port = parts.port or (80 if profile.tls is None else 443)
    address = Address(parts.hostname or "127.0.0.1", port, tls=profile.tls)
    waiting = ReadinessWait(address, readiness, tree=None)
    limit_s = min(deadline_s, _FOUND_LIMIT_S)
    try:
        async with asyncio.timeout(limit_s):
            await waiting.until_ready(1)
    except TimeoutError:
        raise LaunchError(
            f"{profile.name} at {profile.url} did not answer rightly within {limit_s:g} s: "
            f"asked {readiness.question}, last seen: {waiting.last_seen}; is it started?",
            server=profile.name,
        ) from None
    except UntrustedError as error:
        raise LaunchError(
            f"{profile.name} at {profile.url} has a certificate that is not trusted ({error}): add "
            "'verify = false' to its profile, or name the authority's file there: verify = FILE",
            server=profile.name,
        ) from error
    except WrongAnswerError as error:
        raise LaunchError(
            f"{profile.name} at {profile.url} {wrong(waiting, error.answer)}", server=profile.name
        ) from error
    return Server(profile=profile, address=address, workers=1, answering=frozenset(), log=log)


async def _leave(server: Server, held: AsyncExitStack, grace_s: float) -> None:
    """Drain the server, let its keeper kill what is left, see the port free."""
    kept = server.kept
    if kept is None:
        return
    how, drain_ns = await _drain(kept, grace_s)
    with _as_its_own(server.name, server.log):
        await held.aclose()
    server.ending = ServerStop(how, drain_ns, kept.status, kept.leftovers or 0)
    server.last_said = server.tail(_LAST_LINES)
    address = server.address
    if address.socket is not None:
        return  # it was in the fresh folder, which has gone too
    if not await wait_until_free(address.host, address.port, _FREE_LIMIT_S):
        raise LaunchError(
            f"{server.name} is gone and port {address.port} is still served: "
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
