"""One run that compares servers, from what was resolved to the facts on disk."""

from collections.abc import Sequence
from pathlib import Path

from bench.facts.run import Facts
from bench.progress.listener import ProgressListener
from bench.run.before_load.right_answers import with_answers
from bench.run.counting import count_instructions, counter_for
from bench.run.leaving import watch_leaving
from bench.run.request.resolve import RunRequest
from bench.run.rounds.experiment import Experiment
from bench.run.rounds.precision import PrecisionSoFar
from bench.run.rounds.starting_point import StartingPoint
from bench.run.session import Session, begun, continued
from bench.system.machine import pinned


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
    counter_for(wanted)  # what it needs is missed before anything is measured
    async with begun(wanted, folder, command, started_at, progress) as session:
        return await _measure(session, Facts(session.manifest))


async def go_on(
    wanted: RunRequest, folder: Path, facts: Facts, progress: ProgressListener
) -> set[str]:
    """Measure what is missing of a run that had stopped; see `run`.

    Raises UsageError too, where what would be measured has changed.
    """
    async with continued(wanted, folder, facts, progress) as session:
        return await _measure(session, facts)


async def _measure(session: Session, facts: Facts) -> set[str]:
    """Gate every server, then load those that passed; the names of those that failed.

    What is in `facts` is not done again.
    """
    wanted = session.wanted
    sound, failed = await session.gate(facts.gates)
    if not sound:
        return failed
    so_far = PrecisionSoFar(wanted.baseline, wanted.twin.name if wanted.twin else None)
    context = await with_answers(wanted, sound, session.context, session.progress)
    start = StartingPoint.after(facts)
    experiment = Experiment.begun(sound, wanted.settings, context, so_far, start)
    with pinned(session.context.cores.servers):
        await experiment.run()
    died = {drain.profile for drain in facts.drains if drain.failure}
    counted = {(each.profile, each.workload) for each in facts.spendings}
    known = counted | {(each.profile, each.workload) for each in facts.count_failures}
    await count_instructions(wanted, sound, context, known, session.progress.phase)
    watched = {each.profile for each in facts.left_streams}
    await watch_leaving(wanted, sound, context, watched, session.progress.phase)
    return failed | experiment.failed | died
