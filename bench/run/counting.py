"""The pass of a run that counts instructions: after the rounds, with nothing else measured."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from bench.counting.count import BlockPlan, Countable
from bench.counting.passes import STARTS, CountingPass, in_turns
from bench.counting.tool import chosen
from bench.facts.instructions import Counter
from bench.facts.settings import CountKind
from bench.formatting import plural
from bench.run.context import Candidate, RunContext
from bench.run.request.resolve import RunRequest

_WORDS: Final = {
    Counter.VALGRIND: "by valgrind",
    Counter.HARDWARE: "by the CPU's counters",
}


def counter_for(wanted: RunRequest) -> Counter | None:
    """What is to count; None: nothing is to be counted.

    Raises HarnessError where it cannot be done here: before anything is measured.
    """
    return chosen() if wanted.settings.count is CountKind.INSTRUCTIONS else None


async def count_instructions(
    wanted: RunRequest,
    sound: Sequence[Candidate],
    context: RunContext,
    known: Collection[tuple[str, str]],
    say: Callable[[str], None],
) -> set[str]:
    """Count every server that passed its gate, but those that are `known`: profile and workload.

    Returns the names of those that failed in it.
    """
    counter = counter_for(wanted)
    if counter is None:
        return set()
    jobs = in_turns(
        each
        for each in countables(wanted, sound, context)
        if (each.profile.name, each.workload) not in known
    )
    starts = f"{STARTS} starts each, {plural(len(jobs), 'start')} in all"
    say(f"counting instructions {_WORDS[counter]}: {starts}")
    cores = cores_of(context)
    counting = CountingPass(counter, context.logs, cores, context.journal.write, say)
    return await counting.run(jobs)


def cores_of(context: RunContext) -> list[int]:
    """All that the run may use; none where cores cannot be told apart."""
    cores = context.cores
    return sorted((cores.servers or frozenset()) | (cores.generator or frozenset()))


def countables(
    wanted: RunRequest, sound: Sequence[Candidate], context: RunContext
) -> Iterator[Countable]:
    """Every server under every workload; a baseline's twin would be counted twice.

    Where servers are timed too, --connections is of that load, and they are counted over one.
    """
    settings = wanted.settings
    for workload in settings.workloads:
        for each in sound:
            if each.profile is not wanted.twin:
                yield Countable(
                    each.profile,
                    each.app,
                    each.environment,
                    workload,
                    context.source(workload),
                    seed=settings.seed,
                    workers=settings.workers,
                    readiness=context.readiness,
                    start_limit_s=context.start_limit_s,
                    blocks=BlockPlan(connections=1 if settings.timed else settings.connections),
                )
