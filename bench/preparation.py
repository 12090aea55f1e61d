"""What every run begins with, whatever it is to show: environments, self-test, gates."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from bench.domain import Gate, Instrument, Pacing, SelfTest
from bench.errors import HarnessError
from bench.gate import gate
from bench.journal import Journal
from bench.laboratory import Contender
from bench.load.process import LoadProcess
from bench.machine import Cores, pinned
from bench.progress import Teller
from bench.resolve import Resolved
from bench.selftest import Form, possible, selftest
from bench.together import together
from servers.environment import Environment, build
from servers.errors import LaunchError, ServerError
from servers.importing import check_import
from servers.launch import launch
from servers.profile import Interface, Profile

GATES_AT_ONCE: Final = 2
Environments: TypeAlias = Mapping[str, Environment | None]


async def build_environments(wanted: Resolved) -> Environments:
    """Build what is not in the cache, all at once; None for a server that somebody else runs."""
    own = [profile for profile in wanted.profiles if not profile.external]
    built = await together(build(profile, wanted.app) for profile in own)
    by_name = {profile.name: environment for profile, environment in zip(own, built, strict=True)}
    return {profile.name: by_name.get(profile.name) for profile in wanted.profiles}


async def check_app(wanted: Resolved, environments: Environments, logs: Path) -> None:
    """Import the app once for each interface: one clear line instead of seven servers' logs.

    Once more with the settings it is measured with: it may refuse them.
    """
    first: dict[tuple[Interface, bool], Profile] = {}
    for profile in wanted.profiles:
        first.setdefault((profile.interface, profile.settings is not None), profile)
    for (interface, is_set), profile in first.items():
        environment = environments[profile.name]
        if environment is not None:
            log = logs / f"import-{interface}{'-with-settings' if is_set else ''}.log"
            await check_import(profile, environment, wanted.app, log)


def say_what_is_missing(instrument: Instrument, cores: Cores, tell: Teller) -> None:
    """Say once what this machine lacks; every slice that depends on it is doubted."""
    if cores.usable == 1:
        tell.note("there is one core: the generator's own cost is in every figure")
    elif not instrument.cores:
        tell.note("generator and servers cannot have cores of their own here")
    if instrument.pacing is Pacing.POLL:
        tell.note("there is no timerfd here: requests are sent to the millisecond, not better")
    if not instrument.kernel_timestamps:
        tell.note("the kernel stamps no answers here: the client's own delay is not known")


async def prove(
    wanted: Resolved, load: LoadProcess, cores: Cores, logs: Path, tell: Teller
) -> SelfTest | None:
    """Let the instrument prove itself before it measures anything; None: it was not to."""
    if not wanted.selftest or not possible():
        why = "--no-selftest" if not wanted.selftest else "its servers need Linux"
        tell.note(f"no self-test: {why}. Nothing shows that the instrument can be trusted here.")
        return None
    tell.phase("self-test of the instrument")
    with pinned(cores.servers):
        found = await selftest(Form.SHORT, load, cores, logs, tell.phase)
    if not found.passed:
        tell.note("the instrument failed its self-test on this machine; the report says where")
    return found


async def gate_all(
    wanted: Resolved, contenders: Sequence[Contender], logs: Path, tell: Teller
) -> list[Gate]:
    """Put every server through the suite, a few at once; in the order of the contenders."""
    if wanted.suite is None:
        tell.note("no gate: --tests none. Nothing shows that these servers answer rightly.")
        return [Gate(contender.profile.name, skipped=True) for contender in contenders]
    places = asyncio.Semaphore(GATES_AT_ONCE)

    async def gated(contender: Contender, suite: Path) -> Gate:
        async with places:
            tell.phase(f"gate: {contender.profile.name}")
            found = await _gate(wanted, contender, suite, logs)
            if not found.passed:
                tell.note(f"{found.profile} failed its gate: {_why(found)}")
            return found

    return await together(gated(contender, wanted.suite) for contender in contenders)


async def _gate(wanted: Resolved, contender: Contender, suite: Path, logs: Path) -> Gate:
    """Start one server for the suite alone: what it leaves in the store is not measured."""
    profile = contender.profile
    try:
        async with launch(
            profile,
            contender.environment,
            contender.app,
            log=logs / f"{profile.slug}.log",
            workers=wanted.settings.workers,
            readiness=wanted.readiness,
        ) as server:
            return await gate(profile.name, server.url, suite, logs / f"{profile.slug}.gate.log")
    except LaunchError as error:
        return Gate(profile.name, error=str(error))


def _why(found: Gate) -> str:
    if found.error is not None:
        return found.error
    broken = [test.name for test in found.tests if not test.passed]
    return f"{len(broken)} of {len(found.tests)} tests, first {broken[0]}" if broken else "no test"


async def noted(journal: Journal, work: Coroutine[Any, Any, set[str]]) -> set[str]:
    """Do the work, and note in the journal how it ended."""
    try:
        failed = await work
    except asyncio.CancelledError:
        journal.end("interrupted")
        raise
    except (HarnessError, ServerError):
        journal.end("failed")
        raise
    journal.end("finished")
    return failed
