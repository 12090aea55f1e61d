"""One run, from what was resolved to the facts on disk: environments, gates, experiment."""

from collections.abc import Sequence
from pathlib import Path

from bench.facts.journal import Journal, drop_torn_line, write_manifest
from bench.facts.run import Facts, Resumption
from bench.progress.listener import ProgressListener
from bench.run import resuming
from bench.run.context import RunContext
from bench.run.environments import Prepared
from bench.run.experiment import Experiment, StartingPoint
from bench.run.precision import PrecisionSoFar
from bench.run.request import RunRequest
from bench.run.session import (
    contenders,
    gated,
    generator,
    laboratory,
    manifest,
    noted,
    prepared,
    prove,
)
from bench.system import clock
from bench.system.machine import pinned, share_out


async def run(
    wanted: RunRequest,
    folder: Path,
    command: Sequence[str],
    started_at: str,
    progress: ProgressListener,
) -> set[str]:
    """Measure; every fact is in `folder` as soon as it is known.

    Returns the profiles that failed their gate, did not start, or died under load.

    Raises ServerError and HarnessError. A cancellation ends every process, notes in the journal
    that the run was interrupted, and goes on its way.
    """
    logs = folder / "logs"
    logs.mkdir()
    ready = await prepared(wanted, logs, progress)
    wanted = ready.wanted
    cores = share_out(wanted.settings.generator_cores)
    async with generator(wanted, cores, progress) as (load, instrument):
        proof = await prove(wanted, load, cores, logs, progress)
        facts = manifest(wanted, ready.environments, command, started_at, cores, instrument, proof)
        write_manifest(folder, facts)
        with Journal(folder) as journal:
            lab = laboratory(wanted, facts, cores, load, journal, logs, progress)
            return await noted(
                journal, _measure(ready, lab, Facts(facts), progress), ready, progress
            )


async def go_on(
    wanted: RunRequest, folder: Path, facts: Facts, progress: ProgressListener
) -> set[str]:
    """Measure what is missing of a run that had stopped; see `run`.

    The machine, the versions and the arguments must be what they were, and the journal the plan's:
    raises UsageError and HarnessError before anything is written.
    """
    logs = folder / "logs"
    ready = await prepared(wanted, logs, progress)
    wanted = ready.wanted
    cores = share_out(wanted.settings.generator_cores)
    then = facts.manifest
    async with generator(wanted, cores, progress, then.instrument) as (load, instrument):
        now = manifest(
            wanted,
            ready.environments,
            then.command,
            then.started_at,
            cores,
            instrument,
            then.selftest,
        )
        resuming.check_same(then, now)
        names = [profile.name for profile in wanted.profiles_and_twin]
        resuming.check_planned(facts, wanted.settings, names)
        dropped = drop_torn_line(folder)
        progress.phase(f"going on after {len(facts.slices)} slices")
        with Journal(folder) as journal:
            journal.write(Resumption(clock.wall_iso(), len(facts.slices), dropped))
            lab = laboratory(wanted, then, cores, load, journal, logs, progress)
            return await noted(journal, _measure(ready, lab, facts, progress), ready, progress)


async def _measure(
    ready: Prepared, lab: RunContext, facts: Facts, progress: ProgressListener
) -> set[str]:
    """Gate every server, then load those that passed; the names of those that failed.

    What is in `facts` is not done again.
    """
    wanted = ready.wanted
    every = contenders(wanted, ready.environments)
    sound, failed = await gated(ready, every, lab, facts.gates, progress)
    if not sound:
        return failed
    tally = PrecisionSoFar(wanted.baseline, wanted.twin.name if wanted.twin else None)
    experiment = Experiment(sound, wanted.settings, lab, tally, StartingPoint.after(facts))
    with pinned(lab.cores.servers):
        await experiment.run()
    died = {drain.profile for drain in facts.drains if drain.failure}
    return failed | experiment.failed | died
