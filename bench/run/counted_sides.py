"""One run in which base and head are counted instead of timed: many fresh starts, side by side."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.counting.count import Countable
from bench.counting.passes import CountFact, CountingJob, CountingPass
from bench.counting.tool import chosen
from bench.facts.instructions import CountFailure
from bench.facts.journal import Journal
from bench.facts.settings import RunSettings
from bench.progress.listener import ProgressListener
from bench.run.before_load.right_answers import with_answers
from bench.run.counting import cores_of, countables
from bench.run.request.resolve import RunRequest
from bench.run.session import begun
from bench.stats.estimate import ROUNDS_NEEDED
from bench.stats.units import NS_PER_S
from bench.system import clock

MOST_AT_ONCE: Final = 8
"""Servers that are counted side by side: each takes some 300 MB under valgrind."""


async def count_sides(
    wanted: RunRequest,
    folder: Path,
    command: Sequence[str],
    started_at: str,
    progress: ProgressListener,
) -> set[str]:
    """Count both sides; every fact is in `folder` as soon as it is known.

    Returns the sides that failed their gate or as they were counted. Raises what
    `bench.run.comparison.run` raises.
    """
    async with begun(wanted, folder, command, started_at, progress) as session:
        sound, failed = await session.gate()
        if failed:
            return failed
        context = await with_answers(session.wanted, sound, session.context, progress)
        counting = CountingPass(
            chosen(),
            context.logs,
            cores_of(context)[:MOST_AT_ONCE],
            _recorder(context.journal, progress),
            progress.phase,
            kernel=False,
        )
        every = list(countables(session.wanted, sound, context))
        return await _in_rounds(session.wanted.settings, counting, every, progress)


def _recorder(journal: Journal, progress: ProgressListener) -> Callable[[CountFact], None]:
    """Write each fact down; who could not be counted is said at once."""

    def record(fact: CountFact) -> None:
        journal.write(fact)
        if isinstance(fact, CountFailure):
            progress.server_failed(fact.profile, f"could not be counted: {fact.reason}")

    return record


async def _in_rounds(
    settings: RunSettings,
    counting: CountingPass,
    every: Sequence[Countable],
    progress: ProgressListener,
) -> set[str]:
    """Each round starts all of them once; there are fewer rounds where the budget ends.

    How many are counted depends on the time alone, and never on what was counted.
    """
    rounds = settings.rounds
    at_once = max(1, len(counting.cores) // len(every))
    ends_ns = clock.monotonic_ns() + round(settings.timing.budget_s * NS_PER_S)
    failed: set[str] = set()
    for first in range(1, rounds + 1, at_once):
        began_ns = clock.monotonic_ns()
        numbers = range(first, min(first + at_once, rounds + 1))
        failed |= await counting.run([CountingJob(each, n) for n in numbers for each in every])
        took_ns = clock.monotonic_ns() - began_ns
        done = numbers[-1]
        if ROUNDS_NEEDED <= done < rounds and clock.monotonic_ns() + took_ns > ends_ns:
            progress.note(f"--budget was enough for {done} of {rounds} rounds")
            break
    return failed
