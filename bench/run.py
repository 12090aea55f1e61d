"""One run, from what was resolved to the facts on disk: environments, gates, experiment."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench import __version__, clock, resume
from bench.domain import (
    Facts,
    Gate,
    Instrument,
    Manifest,
    Pacing,
    Purpose,
    Resumption,
    SelfTest,
    ServerFacts,
)
from bench.errors import HarnessError
from bench.experiment import Experiment, Start
from bench.gate import gate
from bench.journal import FORMAT_VERSION, Journal, drop_torn_line, write_manifest
from bench.laboratory import Contender, Laboratory
from bench.load.process import LoadProcess, load_process
from bench.machine import Cores, machine, pinned, share_out
from bench.progress import Teller
from bench.repository import ROOT, commit
from bench.resolve import NO_SUITE, Resolved
from bench.selftest import Form, possible, selftest
from bench.tally import Tally
from bench.together import together
from servers.environment import Environment, build
from servers.errors import LaunchError, ServerError
from servers.importing import check_import
from servers.launch import launch
from servers.profile import Interface, Profile

GATES_AT_ONCE: Final = 2
_Environments = Mapping[str, Environment | None]


async def run(
    wanted: Resolved, folder: Path, command: Sequence[str], started_at: str, tell: Teller
) -> set[str]:
    """Measure; every fact is in `folder` as soon as it is known.

    Returns the profiles that failed their gate, did not start, or died under load.

    Raises ServerError and HarnessError. A cancellation ends every process, notes in the journal
    that the run was interrupted, and goes on its way.
    """
    logs = folder / "logs"
    logs.mkdir()
    environments = await _prepared(wanted, logs, tell)
    cores = share_out(wanted.settings.generator_cores)
    async with _generator(wanted, cores, tell) as (load, instrument):
        proof = await _selftest(wanted, load, cores, logs, tell)
        facts = _manifest(wanted, environments, command, started_at, cores, instrument, proof)
        write_manifest(folder, facts)
        with Journal(folder) as journal:
            laboratory = _laboratory(wanted, facts, cores, load, journal, logs, tell)
            work = _measure(wanted, environments, laboratory, Facts(facts), tell)
            return await _noted(journal, work)


async def go_on(wanted: Resolved, folder: Path, facts: Facts, tell: Teller) -> set[str]:
    """Measure what is missing of a run that had stopped; see `run`.

    The machine, the versions and the arguments must be what they were, and the journal the plan's:
    raises UsageError and HarnessError before anything is written.
    """
    logs = folder / "logs"
    environments = await _prepared(wanted, logs, tell)
    cores = share_out(wanted.settings.generator_cores)
    then = facts.manifest
    async with _generator(wanted, cores, tell) as (load, instrument):
        now = _manifest(
            wanted, environments, then.command, then.started_at, cores, instrument, then.selftest
        )
        resume.check_same(then, now)
        names = [profile.name for profile in wanted.profiles_and_twin]
        resume.check_planned(facts, wanted.settings, names)
        dropped = drop_torn_line(folder)
        tell.phase(f"going on after {len(facts.slices)} slices")
        with Journal(folder) as journal:
            journal.write(Resumption(clock.wall_iso(), len(facts.slices), dropped))
            laboratory = _laboratory(wanted, then, cores, load, journal, logs, tell)
            work = _measure(wanted, environments, laboratory, facts, tell)
            return await _noted(journal, work)


async def _prepared(wanted: Resolved, logs: Path, tell: Teller) -> _Environments:
    """Build the environments, and see that the app can be imported in them."""
    tell.phase(f"preparing the environments of {len(wanted.profiles)} servers")
    environments = await _environments(wanted)
    await _check_app(wanted, environments, logs)
    return environments


@asynccontextmanager
async def _generator(
    wanted: Resolved, cores: Cores, tell: Teller
) -> AsyncIterator[tuple[LoadProcess, Instrument]]:
    """The load generator, and how it works here."""
    tell.phase("starting the load generator")
    async with load_process(cores.generator, wanted.settings.generator_cores) as load:
        instrument = await load.instrument()
        _say_what_is_missing(instrument, cores, tell)
        yield load, instrument


def _laboratory(
    wanted: Resolved,
    facts: Manifest,
    cores: Cores,
    load: LoadProcess,
    journal: Journal,
    logs: Path,
    tell: Teller,
) -> Laboratory:
    return Laboratory(
        readiness=wanted.readiness,
        cores=cores,
        load=load,
        instrument=facts.instrument,
        ceiling_rps=facts.selftest.ceiling_rps if facts.selftest else None,
        journal=journal,
        logs=logs,
        watcher=tell,
    )


async def _noted(journal: Journal, work: Coroutine[Any, Any, set[str]]) -> set[str]:
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


def _say_what_is_missing(instrument: Instrument, cores: Cores, tell: Teller) -> None:
    """Say once what this machine lacks; every slice that depends on it is doubted."""
    if cores.usable == 1:
        tell.note("there is one core: the generator's own cost is in every figure")
    elif not instrument.cores:
        tell.note("generator and servers cannot have cores of their own here")
    if instrument.pacing is Pacing.POLL:
        tell.note("there is no timerfd here: requests are sent to the millisecond, not better")
    if not instrument.kernel_timestamps:
        tell.note("the kernel stamps no answers here: the client's own delay is not known")


async def _selftest(
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


async def _environments(wanted: Resolved) -> _Environments:
    """Build what is not in the cache, all at once; None for a server that somebody else runs."""
    own = [profile for profile in wanted.profiles_and_twin if not profile.external]
    built = await together(build(profile, wanted.app) for profile in own)
    by_name = {profile.name: environment for profile, environment in zip(own, built, strict=True)}
    return {profile.name: by_name.get(profile.name) for profile in wanted.profiles_and_twin}


async def _check_app(wanted: Resolved, environments: _Environments, logs: Path) -> None:
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


def _manifest(
    wanted: Resolved,
    environments: _Environments,
    command: Sequence[str],
    started_at: str,
    cores: Cores,
    instrument: Instrument,
    proof: SelfTest | None,
) -> Manifest:
    return Manifest(
        format_version=FORMAT_VERSION,
        purpose=Purpose.COMPARISON,
        weighbridge=__version__,
        started_at=started_at,
        seed=wanted.settings.seed,
        command=tuple(command),
        settings=asdict(wanted.settings),
        machine=machine(cores),
        servers=tuple(_server(p, environments[p.name], wanted) for p in wanted.profiles_and_twin),
        app=wanted.app.asgi or wanted.app.wsgi or "",
        tests=_shown(wanted.suite) if wanted.suite else NO_SUITE,
        commit=commit(),
        baseline=wanted.baseline,
        instrument=instrument,
        selftest=proof,
        stage=wanted.settings.stage,
    )


def _server(profile: Profile, environment: Environment | None, wanted: Resolved) -> ServerFacts:
    return ServerFacts(
        name=profile.name,
        title=profile.title,
        interface=profile.interface,
        argv=profile.argv,
        packages=dict(environment.packages) if environment else {},
        url=profile.url,
        settings=dict(profile.settings.shown) if profile.settings else {},
        bare=profile.settings.bare if profile.settings else None,
        twin_of=wanted.baseline if profile is wanted.twin else None,
    )


def _shown(path: Path) -> str:
    """A path as a reader on another machine can use it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


async def _measure(
    wanted: Resolved,
    environments: _Environments,
    laboratory: Laboratory,
    facts: Facts,
    tell: Teller,
) -> set[str]:
    """Gate every server, then load those that passed; the names of those that failed.

    What is in `facts` is not done again. A twin is gated as what it is the twin of.
    """
    every = [Contender(p, wanted.app, environments[p.name]) for p in wanted.profiles_and_twin]
    known = {found.profile for found in facts.gates}
    contenders = [
        each for each in every if each.profile is not wanted.twin and each.profile.name not in known
    ]
    gates = await _gate_all(wanted, contenders, laboratory.logs, tell)
    for passed in gates:
        laboratory.journal.write(passed)
    failed = {found.profile for found in (*facts.gates, *gates) if not found.passed}
    sound = [each for each in every if _of(each.profile, wanted) not in failed]
    if not sound:
        return failed
    tally = Tally(wanted.baseline, wanted.twin.name if wanted.twin else None)
    experiment = Experiment(sound, wanted.settings, laboratory, tally, Start.after(facts))
    with pinned(laboratory.cores.servers):
        await experiment.run()
    died = {drain.profile for drain in facts.drains if drain.failure}
    return failed | experiment.failed | died


def _of(profile: Profile, wanted: Resolved) -> str:
    """Whose gate speaks for a profile."""
    return wanted.baseline if profile is wanted.twin else profile.name


async def _gate_all(
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
