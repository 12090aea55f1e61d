"""What every run begins with, whatever it is to show: environments, self-test, manifest, gates."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from bench import __version__
from bench.analysis.notes import APP_HAS, unproved_claims, written_files
from bench.errors import HarnessError, UsageError
from bench.facts.journal import FORMAT_VERSION, Journal
from bench.facts.run import Instrument, Manifest, Pacing
from bench.facts.selftest import SelfTest
from bench.facts.server import Gate, ServerFacts
from bench.load.process import LoadProcess, load_process
from bench.progress.listener import ProgressListener
from bench.proof.selftest import SelfTestForm, possible, selftest
from bench.run.context import Candidate, RunContext
from bench.run.environments import Environments, Prepared, built, yielded
from bench.run.folder_changes import FolderState, states
from bench.run.gate import Runner, gate
from bench.run.readiness import remark
from bench.run.request import NO_SUITE, RunRequest
from bench.system.machine import Cores, machine, pinned
from bench.system.repository import ROOT, commit, commit_of
from bench.system.tasks import gather_all
from bench.workloads.contents import digests
from servers.app import App, items_app
from servers.environment import Environment
from servers.errors import LaunchError, ServerError
from servers.importing import check_import
from servers.lacks import notes
from servers.launch import launch
from servers.leftovers import advice, leftovers
from servers.patience import Patience
from servers.profile import Interface, Lack, Profile

GATES_AT_ONCE: Final = 2
ALONE: Final = (
    "--alone: one server lives at a time, so none is compared with another piece by piece: "
    "intervals are wider, and each is started once more to find the rate"
)


async def prepared(wanted: RunRequest, logs: Path, progress: ProgressListener) -> Prepared:
    """Say what is left out, build the environments, and see that the app can be imported there."""
    if found := leftovers():
        progress.note(advice(found))
    for note in wanted.notes:
        progress.note(note)
    for reason in wanted.left_out:
        progress.note(f"left out: {reason}")
    if wanted.readiness is not None and (told := remark(wanted.readiness)):
        progress.note(told)
    if wanted.settings.alone:
        progress.note(ALONE)
    progress.phase(f"preparing the environments of {len(wanted.profiles)} servers")
    ready = await built(wanted, progress)
    apps = [ready.wanted.app_of(profile) for profile in ready.wanted.profiles]
    ready = replace(ready, folders=tuple(states(apps, logs.parent)))
    parts = await _check_apps(ready.wanted, ready.environments, logs, progress)
    if not parts or wanted.app == items_app():  # whose startup does nothing
        return ready
    for note in notes(ready.wanted.profiles, parts):
        progress.note(note)
    beside = {**ready.wanted.told, APP_HAS: sorted(parts)}
    return replace(ready, wanted=replace(ready.wanted, told=beside))


async def _check_apps(
    wanted: RunRequest, environments: Environments, logs: Path, progress: ProgressListener
) -> set[Lack]:
    """Import each app once for each interface: one clear line instead of seven servers' logs.

    Once more with the settings it is measured with, and where a profile sets variables: it may
    refuse them. Returns what they have that not every server runs.
    """
    patience = Patience(wanted.start_limit_s, lambda what: progress.waiting("app", what))
    parts: set[Lack] = set()
    seen: set[tuple[App, Interface, bool, frozenset[tuple[str, str]]]] = set()
    for profile in wanted.profiles:
        app, environment = wanted.app_of(profile), environments[profile.name]
        env = frozenset(profile.env.items())
        key = app, profile.interface, profile.settings is not None, env
        if environment is None or key in seen:
            continue
        seen.add(key)
        log = logs / f"import-{profile.slug}.log"
        parts |= await check_import(profile, environment, app, log, patience)
    return parts


@asynccontextmanager
async def generator(
    wanted: RunRequest, cores: Cores, progress: ProgressListener, before: Instrument | None = None
) -> AsyncIterator[tuple[LoadProcess, Instrument]]:
    """The load generator, and how it works here; what this machine lacks is said once.

    `before`: how it worked in the part of the run that there is. It paces as it did then: whether
    a core is idle at this moment says nothing of the run.
    """
    progress.phase("starting the load generator")
    async with load_process(cores.generator, wanted.settings.generator_cores) as load:
        if before is not None:
            await load.keep_pacing(before.pacing, before.pacing_reason)
        instrument = await load.instrument()
        _say_what_is_missing(instrument, cores, progress)
        yield load, instrument


def _say_what_is_missing(instrument: Instrument, cores: Cores, progress: ProgressListener) -> None:
    """Say once what this machine lacks; every slice that depends on it is doubted."""
    if cores.usable == 1:
        progress.note("there is one core: the generator's own cost is in every figure")
    elif not instrument.cores:
        progress.note("generator and servers cannot have cores of their own here")
    if instrument.pacing is Pacing.POLL:
        progress.note("there is no timerfd here: requests are sent to the millisecond, not better")
    if not instrument.kernel_timestamps:
        progress.note("the kernel stamps no answers here: the client's own delay is not known")


async def prove(
    wanted: RunRequest, load: LoadProcess, cores: Cores, logs: Path, progress: ProgressListener
) -> SelfTest | None:
    """Let the instrument prove itself before it measures anything; None: it was not to."""
    if not wanted.selftest or not possible():
        why = "--no-selftest" if not wanted.selftest else "its servers need Linux"
        progress.note(
            f"no self-test: {why}. Nothing shows that the instrument can be trusted here."
        )
        return None
    progress.phase("self-test of the instrument")
    with pinned(cores.servers):
        found = await selftest(SelfTestForm.SHORT, load, cores, logs, progress.phase)
    if not found.passed:
        progress.note(unproved_claims(found))
    return found


def manifest(
    wanted: RunRequest,
    environments: Environments,
    command: Sequence[str],
    started_at: str,
    cores: Cores,
    instrument: Instrument,
    proof: SelfTest | None,
) -> Manifest:
    """Put down what a run is asked to do, with what, and where."""
    contents = digests(wanted.sources)
    return Manifest(
        format_version=FORMAT_VERSION,
        purpose=wanted.purpose,
        weighbridge=__version__,
        started_at=started_at,
        seed=wanted.settings.seed,
        command=tuple(command),
        settings={
            **asdict(wanted.settings),
            **({"workload_files": contents} if contents else {}),
            **wanted.told,
            **({"left_out": list(wanted.left_out)} if wanted.left_out else {}),
        },
        machine=machine(cores),
        servers=tuple(_server(p, environments[p.name], wanted) for p in wanted.profiles_and_twin),
        app=wanted.app.asgi or wanted.app.wsgi or "",
        tests=_shown(wanted.suite) if wanted.suite else NO_SUITE,
        commit=commit(),
        baseline=wanted.baseline,
        instrument=instrument,
        selftest=proof,
        stage=wanted.settings.stage,
        app_commit=_app_commit(wanted),
    )


def _app_commit(wanted: RunRequest) -> str | None:
    """That of the app, where all servers that are started here run it from one folder."""
    started = [profile for profile in wanted.profiles if not profile.external]
    folders = {wanted.app_of(profile).directory for profile in started}
    return commit_of(folders.pop()) if len(folders) == 1 else None


def _server(profile: Profile, environment: Environment | None, wanted: RunRequest) -> ServerFacts:
    return ServerFacts(
        name=profile.name,
        title=profile.title,
        interface=profile.interface,
        argv=profile.argv,
        packages=dict(environment.packages) if environment else {},
        yielded=tuple(yielded(environment)) if environment else (),
        url=profile.url,
        settings=dict(profile.settings.shown) if profile.settings else {},
        bare=profile.settings.bare if profile.settings else None,
        twin_of=wanted.baseline if profile is wanted.twin else None,
        lacks=tuple(profile.lacks),
        connection=profile.connection,
        target=None if profile.external else wanted.app_of(profile).target(profile),
        directory=_shown(profile.directory),
    )


def _shown(path: Path) -> str:
    """A path as a reader on another machine can use it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def laboratory(
    wanted: RunRequest,
    facts: Manifest,
    cores: Cores,
    load: LoadProcess,
    journal: Journal,
    logs: Path,
    progress: ProgressListener,
) -> RunContext:
    """What the experiments of a run work with."""
    return RunContext(
        readiness=wanted.readiness,
        start_limit_s=wanted.start_limit_s,
        cores=cores,
        load=load,
        instrument=facts.instrument,
        ceiling_rps=facts.selftest.ceiling_rps if facts.selftest else None,
        journal=journal,
        logs=logs,
        watcher=progress,
        sources=wanted.sources,
    )


def contenders(wanted: RunRequest, environments: Environments) -> list[Candidate]:
    """All that is measured, with what it takes to start it."""
    return [
        Candidate(profile, wanted.app_of(profile), environments[profile.name])
        for profile in wanted.profiles_and_twin
    ]


async def gated(
    ready: Prepared,
    every: Sequence[Candidate],
    lab: RunContext,
    known: Iterable[Gate],
    progress: ProgressListener,
) -> tuple[list[Candidate], set[str]]:
    """Gate every server but those whose gate is known; who passed, and the names of who failed.

    A twin is gated as what it is the twin of; a server that cannot be had has failed.
    """
    wanted = ready.wanted
    found = {gate.profile: gate for gate in known}
    for name, why in ready.refused.items():
        if name not in found:
            found[name] = Gate(name, error=why)
            lab.journal.write(found[name])
            progress.troubled(name, why)
    missing = [
        each for each in every if each.profile is not wanted.twin and each.profile.name not in found
    ]
    for fresh in await _gate_all(ready, missing, lab.logs, progress):
        lab.journal.write(fresh)
        found[fresh.profile] = fresh
    failed = {name for name, gate in found.items() if not gate.passed}
    skipped = {name for name, gate in found.items() if gate.skipped}
    sound = [
        replace(each, gated=name not in skipped)
        for each in every
        if (name := _gated_as(each.profile, wanted)) not in failed
    ]
    return sound, failed


def _gated_as(profile: Profile, wanted: RunRequest) -> str:
    """Whose gate speaks for a profile."""
    return wanted.baseline if profile is wanted.twin else profile.name


async def _gate_all(
    ready: Prepared, contenders: Sequence[Candidate], logs: Path, progress: ProgressListener
) -> list[Gate]:
    """Put every server through the suite, a few at once; in the order of the contenders."""
    wanted = ready.wanted
    if wanted.suite is None and contenders:
        progress.note("no gate: --tests none. Nothing shows that these servers answer rightly.")
    places = asyncio.Semaphore(1 if wanted.settings.alone else GATES_AT_ONCE)

    async def gated(contender: Candidate) -> Gate:
        suite = wanted.suite_of(contender.profile)
        if suite is None:
            return Gate(contender.profile.name, skipped=True)
        async with places:
            progress.phase(f"gate: {contender.profile.name}")
            found = await _gate(ready, contender, suite, logs, progress)
            if not found.passed:
                progress.troubled(found.profile, f"failed its gate: {_why(found)}")
            return found

    return await gather_all(gated(contender) for contender in contenders)


async def _gate(
    ready: Prepared, contender: Candidate, suite: Path, logs: Path, progress: ProgressListener
) -> Gate:
    """Start one server for the suite alone: what it leaves in the store is not measured."""
    wanted, profile = ready.wanted, contender.profile
    runner = _runner(ready, contender)
    try:
        async with launch(
            profile,
            contender.environment,
            contender.app,
            log=logs / f"{profile.slug}.log",
            workers=wanted.settings.workers,
            deadline_s=wanted.start_limit_s,
            readiness=wanted.readiness,
            on_wait=lambda what: progress.waiting(profile.name, what),
        ) as server:
            log = logs / f"{profile.slug}.gate.log"
            return await gate(profile.name, server.url, suite, log, runner)
    except LaunchError as error:
        return Gate(profile.name, error=error.of_itself)


def _runner(ready: Prepared, contender: Candidate) -> Runner:
    """What a suite is run by: the user's in its project, with the app's packages beside ours."""
    environment = ready.suites.get(contender.profile.name)
    if environment is None:
        return Runner()
    return Runner(environment.python, contender.app.directory)


def _why(found: Gate) -> str:
    if found.error is not None:
        return found.error
    broken = [test for test in found.tests if not test.passed]
    if not broken:
        return "no test"
    first = broken[0]
    message = first.message.partition("\n")[0]
    return f"{len(broken)} of {len(found.tests)} tests, first {first.name}: {message}"


async def noted(
    journal: Journal,
    work: Coroutine[Any, Any, set[str]],
    ready: Prepared,
    progress: ProgressListener,
) -> set[str]:
    """Do the work, and note in the journal how it ended, and what is left in the app's folder."""
    try:
        try:
            failed = await work
        finally:
            _note_changes(journal, ready.folders, progress)
    except asyncio.CancelledError:
        journal.end("interrupted")
        raise
    except (HarnessError, ServerError, UsageError):  # a workload may fail in the midst of it
        journal.end("failed")
        raise
    journal.end("finished")
    return failed


def _note_changes(
    journal: Journal, folders: Iterable[FolderState], progress: ProgressListener
) -> None:
    """Journal which files servers have left in folders that they share, and say so."""
    for folder in folders:
        changes = folder.changes()
        if changes is not None:
            journal.write(changes)
            progress.note(written_files(changes))
