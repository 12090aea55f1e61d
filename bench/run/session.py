"""Opening a run and closing it: environments, generator, self-test, manifest, journal."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.errors import HarnessError, UsageError
from bench.facts.journal import Journal, drop_torn_line, write_manifest
from bench.facts.run import FINISHED, Facts, Instrument, Manifest, Pacing, Resumption
from bench.facts.selftest import SelfTest
from bench.facts.server import Gate
from bench.facts.settings import RunSettings
from bench.formatting import plural
from bench.load.process import LoadProcess, load_process
from bench.messages import changed_files, failed_selftest
from bench.progress.listener import ProgressListener
from bench.proof.selftest import SelfTestForm, possible, proved_for, selftest
from bench.run import resume_checks
from bench.run.before_load.environments import Prepared
from bench.run.before_load.gate import gated
from bench.run.before_load.preparation import prepared
from bench.run.context import Candidate, RunContext
from bench.run.manifest import manifest
from bench.run.own_app.folder_changes import FolderState
from bench.run.request.resolve import RunRequest
from bench.system import clock
from bench.system.machine import Cores, pinned, share_out
from servers.errors import ServerError


@dataclass(frozen=True, slots=True)
class Session:
    """What a run works with: what can be started, the load generator, the journal.

    `context` is for its experiments; `manifest` is on disk.
    """

    ready: Prepared
    manifest: Manifest
    context: RunContext
    progress: ProgressListener

    @property
    def wanted(self) -> RunRequest:
        """What is asked for, without the servers that cannot be had."""
        return self.ready.wanted

    async def gate(self, known: Iterable[Gate] = ()) -> tuple[list[Candidate], set[str]]:
        """Gate every server but those whose gate is known; who passed, and the names of others."""
        every = [
            Candidate(profile, self.wanted.app_of(profile), self.ready.environments[profile.name])
            for profile in self.wanted.profiles_and_twin
        ]
        return await gated(self.ready, every, self.context, known, self.progress)


@asynccontextmanager
async def begun(
    wanted: RunRequest,
    folder: Path,
    command: Sequence[str],
    started_at: str,
    progress: ProgressListener,
    completed: Callable[[RunSettings, SelfTest | None], RunSettings] = lambda settings, _: settings,
) -> AsyncIterator[Session]:
    """Begin a run in a new folder; how it ends is noted in its journal.

    `completed`: adds to the settings what the self-test decides.
    Raises ServerError and HarnessError.
    """
    logs = folder / "logs"
    logs.mkdir()
    ready = await prepared(wanted, logs, progress)
    wanted = ready.wanted
    cores = share_out(wanted.settings.generator_cores)
    async with _generator(wanted, cores, progress) as (load, instrument):
        proof = await _proved(wanted, load, cores, logs, progress)
        facts = manifest(wanted, ready.environments, command, started_at, cores, instrument, proof)
        facts = replace(facts, settings=completed(facts.settings, proof))
        write_manifest(folder, facts)
        with Journal(folder) as journal, _end_noted(journal, ready.folders, progress):
            context = _context(wanted, facts, cores, load, journal, logs, progress)
            yield Session(ready, facts, context, progress)


@asynccontextmanager
async def continued(
    wanted: RunRequest, folder: Path, facts: Facts, progress: ProgressListener
) -> AsyncIterator[Session]:
    """Go on with a run that had stopped.

    The machine, the versions and the arguments must be what they were, and the journal the plan's:
    raises UsageError and HarnessError before anything is written.
    """
    logs, then = folder / "logs", facts.manifest
    ready = await prepared(wanted, logs, progress)
    wanted = ready.wanted
    cores = share_out(wanted.settings.generator_cores)
    async with _generator(wanted, cores, progress, then.instrument) as (load, instrument):
        now = manifest(
            wanted,
            ready.environments,
            then.command,
            then.started_at,
            cores,
            instrument,
            then.selftest,
        )
        resume_checks.check_same(then, now)
        names = [profile.name for profile in wanted.profiles_and_twin]
        resume_checks.check_planned(facts, wanted.settings, names)
        dropped = drop_torn_line(folder)
        progress.phase(f"resuming after {plural(facts.counted, 'slice')}")
        with Journal(folder) as journal:
            journal.write(Resumption(clock.wall_iso(), facts.counted, dropped))
            with _end_noted(journal, ready.folders, progress):
                context = _context(wanted, then, cores, load, journal, logs, progress)
                yield Session(ready, then, context, progress)


def _context(
    wanted: RunRequest,
    facts: Manifest,
    cores: Cores,
    load: LoadProcess,
    journal: Journal,
    logs: Path,
    progress: ProgressListener,
) -> RunContext:
    return RunContext(
        readiness=wanted.readiness,
        start_limit_s=wanted.start_limit_s,
        cores=cores,
        load=load,
        instrument=facts.instrument,
        proof=facts.selftest,
        journal=journal,
        logs=logs,
        watcher=progress,
        sources=wanted.sources,
    )


@asynccontextmanager
async def _generator(
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
        progress.note("there is only one core: every figure includes the generator's own cost")
    elif not instrument.cores:
        progress.note("generator and servers cannot be pinned to cores of their own here")
    if instrument.pacing is Pacing.POLL:
        progress.note("there is no timerfd here: send times are accurate only to a millisecond")
    if not instrument.kernel_timestamps:
        progress.note(
            "the kernel does not timestamp responses here: the client's own delay is unknown"
        )


async def _proved(
    wanted: RunRequest, load: LoadProcess, cores: Cores, logs: Path, progress: ProgressListener
) -> SelfTest | None:
    """Let the instrument prove itself before it times anything; None: it was not to."""
    if not wanted.settings.timed:
        return None
    if not wanted.selftest or not possible():
        why = "--no-selftest" if not wanted.selftest else "its servers need Linux"
        progress.note(
            f"no self-test: {why}. Nothing shows that measurements on this machine can be trusted."
        )
        return None
    progress.phase("self-test of the measurement")
    protocols = proved_for(each.protocol for each in wanted.profiles_and_twin)
    with pinned(cores.servers):
        found = await selftest(
            SelfTestForm.SHORT, load, cores, logs, progress.phase, protocols,
            renewed=bool(wanted.settings.new_connections),
        )  # fmt: skip
    if not found.passed:
        progress.note(failed_selftest(found))
    return found


@contextmanager
def _end_noted(
    journal: Journal, folders: Iterable[FolderState], progress: ProgressListener
) -> Iterator[None]:
    """Note in the journal how the work ended, and what is left in the app's folder."""
    try:
        try:
            yield
        finally:
            _note_changes(journal, folders, progress)
    except asyncio.CancelledError:
        journal.end("interrupted")
        raise
    except (HarnessError, ServerError, UsageError):  # a workload may fail in the midst of it
        journal.end("failed")
        raise
    journal.end(FINISHED)


def _note_changes(
    journal: Journal, folders: Iterable[FolderState], progress: ProgressListener
) -> None:
    """Journal which files servers have left in folders that they share, and say so."""
    for folder in folders:
        changes = folder.changes()
        if changes is not None:
            journal.write(changes)
            progress.note(changed_files(changes))
