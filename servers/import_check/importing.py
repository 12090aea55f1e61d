"""Whether the app can be imported in a server's environment, before any server tries."""

import asyncio
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from servers.apps.app import App
from servers.bounded_log import cut
from servers.command import Address, LaunchPlan, scrubbed
from servers.environments.environment import Environment
from servers.errors import ProfileError
from servers.folders import laid_out
from servers.import_check.app_check import DOCUMENTED, HAS, REFUSED
from servers.import_check.import_errors import failure, overdue
from servers.import_check.missing_environment import LINES
from servers.logs import last_said, tail, telling
from servers.ports import free_port
from servers.processes.keeper_client import KeptProgram, keep
from servers.profile import Lack, Profile
from servers.wait_limit import Patience

_INVALID = re.compile(r"\d+ validation errors? for ")
_PROGRAM = Path(__file__).resolve().with_name("app_check.py")
_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Imported:
    """What an app has, as far as it can be seen.

    parts: that not every server runs. document: the path of its OpenAPI document; None: it does not
    tell, or has none.
    """

    parts: frozenset[Lack] = frozenset()
    document: str | None = None


async def check_import(
    profile: Profile,
    environment: Environment,
    app: App,
    log: Path,
    patience: Patience = Patience(),  # noqa: B008 - it is frozen
) -> Imported:
    """Import the app as this profile's server would; raises ProfileError when that fails.

    From where servers are started, with their variables: it may look for files there.
    """
    status = await _status(profile, environment, app, log, patience)
    if status == 0:
        said = tail(log, LINES)
        return Imported(_parts(said), next(_told(said, DOCUMENTED), None))
    target, lines = app.target(profile), tail(log)
    if lines and lines[-1].startswith(REFUSED):
        raise ProfileError(f"app {target!r} cannot be used: {lines[-1].removeprefix(REFUSED)}")
    if profile.settings is not None:
        settings = " ".join(f"{name}={value}" for name, value in profile.settings.shown.items())
        raise ProfileError(
            f"app {target!r} cannot be imported with --app-setting {settings}: {_complaint(lines)}"
        )
    raise ProfileError(
        f"app {target!r} cannot be imported from '{app.directory}' with the packages of "
        f"{profile.name!r}: {failure(status, tail(log, LINES), app)}"
    )


def _parts(lines: Sequence[str]) -> frozenset[Lack]:
    """Read the last line of its kind: the app itself may print after it is imported."""
    known = {lack.value: lack for lack in Lack}
    named = next(_told(lines, HAS), "").split()
    return frozenset(known[name] for name in named if name in known)


def _told(lines: Sequence[str], mark: str) -> Iterator[str]:
    """Yield what lines say that begin with a mark, the last first."""
    return (line.removeprefix(mark) for line in reversed(lines) if line.startswith(mark))


async def _status(
    profile: Profile, environment: Environment, app: App, log: Path, patience: Patience
) -> int:
    """Return the attempt's exit status; raises ProfileError when it did not end."""
    target = app.target(profile)
    # -P: the folder of this file holds modules whose names an app may have, too.
    argv = [str(environment.python), "-P", str(_PROGRAM), target, profile.interface]
    with tempfile.TemporaryDirectory(prefix="weighbridge-", ignore_cleanup_errors=True) as made:
        scratch = Path(made)
        folders = await laid_out(app, target, scratch)
        nowhere = Address(_HOST, 0, folders.home / "socket", spare_port=free_port(_HOST))
        env = scrubbed(LaunchPlan(profile, environment, app, nowhere, folders))
        try:
            async with keep(
                argv, log=log, env=env, cwd=folders.start, scratch=scratch
            ) as importing:
                return await _ended(importing, target, log, patience)
        finally:
            cut(log)


async def _ended(importing: KeptProgram, target: str, log: Path, patience: Patience) -> int:
    """Wait for the attempt's end and return its status; raises ProfileError where it has none."""
    ending = asyncio.create_task(importing.wait())

    def waits() -> str:
        return (
            f"{target!r} is not imported after {patience.after_s:g} s, waiting up to "
            f"{patience.limit_s:g} s (--start-timeout); {last_said(tail(log, 1))}"
        )

    try:
        await patience.first_of({ending}, waits)
        if ending.done():
            return ending.result()
        raise ProfileError(
            f"app {target!r} was not imported within {patience.limit_s:g} s; "
            f"{last_said(tail(log, 1))}; {overdue(tail(log))}"
        )
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


def _complaint(lines: Sequence[str]) -> str:
    """Return a settings model's error in one line: it has a line for each setting."""
    starts = [i for i, line in enumerate(lines) if _INVALID.search(line)]
    if not starts:
        return telling(lines)
    start = starts[-1]  # before it, a traceback may quote the line that raised it
    said = [re.sub(r"\s*\[type=.*", "", line).strip() for line in lines[start + 1 :]]
    return " ".join(line for line in said if line and not line.startswith("For further"))
