"""The life of one server as a context: started and ready inside, stopped after."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from servers.apps.app import App
from servers.apps.missing_features import possible_cause
from servers.asking.loopback_proxy import door
from servers.asking.probe import UntrustedError
from servers.bounded_log import cut
from servers.cleanup import finish
from servers.command import Address, Prefix
from servers.environments.environment import Environment
from servers.errors import LaunchError
from servers.profile import Profile
from servers.readiness import HealthReadiness, Readiness, ReadinessWait, WrongAnswerError
from servers.readiness_errors import wrong
from servers.server import Server
from servers.start import ServerStart
from servers.stop import keeper_failure_of, stop
from servers.wait_limit import START_LIMIT_S, Patience

_FOUND_LIMIT_S = 10.0  # A server that is run externally either answers or does not.


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
    prefix: Prefix | None = None,
) -> AsyncIterator[Server]:
    """Give a ready server; on leaving, drain it, kill what is left, see its port free.

    Close the client's connections to it before leaving: some servers wait for them. `cpus` are
    the cores its tree may use (None: all). `readiness` is /health of the items app unless given.
    `on_wait` gets a line that says what is waited for, if a start takes long. `prefix`: of the
    launch line, for a server that is to run under a tool.
    A profile with a url is not started, only asked; it needs no environment. The context may be
    entered in one task and left in another. A cancellation cannot cut leaving short, which takes
    at most `grace_s` and a few seconds.
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
    start = ServerStart(
        profile, environment, app, log, cpus, workers, patience, readiness, prefix or Prefix()
    )
    try:
        server, held = await _started(start)
        try:
            yield server
        finally:
            await finish(stop(server, held, grace_s))
    finally:
        cut(log)


async def _started(start: ServerStart) -> tuple[Server, AsyncExitStack]:
    """Start it; where it fails, say what it lacks too."""
    try:
        with keeper_failure_of(start.profile.name, start.log):
            return await start.run()
    except LaunchError as error:
        error.add(possible_cause(start.profile, start.app))
        raise


async def _find(profile: Profile, log: Path, readiness: Readiness, deadline_s: float) -> Server:
    """Return the server that is run externally, once it answers; raises LaunchError."""
    parts = urlsplit(profile.url or "")
    port = parts.port or (80 if profile.tls is None else 443)
    host = parts.hostname or "127.0.0.1"
    address = Address(host, port, tls=profile.tls, protocol=profile.protocol)
    waiting = ReadinessWait(address, readiness, tree=None)
    limit_s = min(deadline_s, _FOUND_LIMIT_S)
    try:
        async with asyncio.timeout(limit_s):
            await waiting.until_ready(1)
    except TimeoutError:
        raise LaunchError(
            f"{profile.name} at {profile.url} did not answer correctly within {limit_s:g} s: "
            f"asked {readiness.question}, last seen: {waiting.last_seen}; is it running?",
            server=profile.name,
        ) from None
    except UntrustedError as error:
        raise LaunchError(
            f"{profile.name} at {profile.url} has a certificate that is not trusted ({error}): add "
            "'verify = false' to its profile, or name the file of its CA there: verify = FILE",
            server=profile.name,
        ) from error
    except WrongAnswerError as error:
        raise LaunchError(
            f"{profile.name} at {profile.url} {wrong(waiting, error.answer)}", server=profile.name
        ) from error
    return Server(
        profile=profile,
        address=address,
        workers=1,
        answering=frozenset(),
        log=log,
        secured=waiting.secured,
    )
