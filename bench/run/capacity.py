"""One search for capacity, from what was resolved to the facts on disk."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.analysis.capacity.goal import OVERLOAD, CapacityGoal
from bench.facts.selftest import SelfTest
from bench.facts.settings import RunSettings
from bench.load.reckoning.samples import MOST_IN_A_SLICE
from bench.progress.listener import ProgressListener
from bench.run.before_load.right_answers import with_answers
from bench.run.counting import count_instructions, counter_for
from bench.run.request.options import MOST_RATE
from bench.run.request.resolve import RunRequest
from bench.run.rounds.capacity_experiment import CapacityExperiment
from bench.run.rounds.judging import CEILING_SHARE
from bench.run.session import begun
from bench.system.machine import pinned

_ROOM: Final = 0.9  # of the requests that the generator can write down: a plan is random


async def run(
    wanted: RunRequest,
    aim: CapacityGoal,
    folder: Path,
    command: Sequence[str],
    started_at: str,
    progress: ProgressListener,
) -> set[str]:
    """Search, verify, overload; every fact is in `folder` as soon as it is known.

    Returns the profiles that failed their gate, did not start, or died under load.

    Raises ServerError and HarnessError. A cancellation ends every process, notes in the journal
    that the run was interrupted, and goes on its way.
    """
    protocols = {profile.protocol for profile in wanted.profiles_and_twin}

    def bounded(settings: RunSettings, proof: SelfTest | None) -> RunSettings:
        return replace(settings, top_rate=top_rate(aim, lowest_ceiling(proof, protocols)))

    counter_for(wanted)  # what it needs is missed before anything is measured
    async with begun(wanted, folder, command, started_at, progress, bounded) as session:
        sound, failed = await session.gate()
        if not sound:
            return failed
        top = top_rate(
            aim,
            lowest_ceiling(
                session.context.proof,
                protocols,
                renewed=bool(session.wanted.settings.new_connections),
            ),
        )
        context = await with_answers(session.wanted, sound, session.context, progress)
        experiment = CapacityExperiment(sound, session.wanted.settings, aim, top, context)
        with pinned(session.context.cores.servers):
            await experiment.run()
        await count_instructions(session.wanted, sound, context, (), progress.phase)
        return failed | experiment.failed


def lowest_ceiling(
    proof: SelfTest | None, protocols: Iterable[str], *, renewed: bool = False
) -> float | None:
    """What the generator can do over each of these protocols; None: unknown."""
    known = [] if proof is None else protocols
    found = [proof.ceiling_over(each, renewed=renewed) for each in known if proof]
    return min((each for each in found if each is not None), default=None)


def top_rate(aim: CapacityGoal, ceiling_rps: float | None) -> float:
    """The highest rate that may be searched, requests a second.

    Where the generator's own cost is no great part of the figure, and what it notes of each request
    has room, in the overload too.
    """
    longest_s = max(aim.lead_in_s + aim.window_s, OVERLOAD * aim.overload_s)
    limits = [MOST_RATE, _ROOM * MOST_IN_A_SLICE / longest_s]
    if ceiling_rps is not None:
        limits.append(ceiling_rps * CEILING_SHARE)
    return min(limits)
