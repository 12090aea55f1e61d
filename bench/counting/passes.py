"""Counting many starts of many servers: one a core side by side, as noise moves no count."""

import asyncio
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from bench.counting.callgrind_file import CodePlace
from bench.counting.count import Countable, Counted, Start, count
from bench.counting.errors import CounterError, CountingError
from bench.counting.kernel import kernel_work
from bench.counting.spending import spending
from bench.counting.tool import meter
from bench.facts.instructions import (
    Counter,
    CountFailure,
    InstructionCount,
    KernelWork,
    Spending,
)
from bench.system.tasks import gather_all

STARTS: Final = 3
"""Fresh starts of each server, unless said: so many tell how starts differ."""

CountFact: TypeAlias = InstructionCount | CountFailure | Spending | KernelWork


@dataclass(frozen=True, slots=True)
class CountingJob:
    """One start that is to be counted."""

    what: Countable
    number: int

    @property
    def key(self) -> tuple[str, str]:
        """What it is a start of: profile and workload."""
        return self.what.profile.name, self.what.workload


@dataclass(slots=True)
class CountingPass:
    """Counts jobs; each fact goes to `record` as soon as it is known, and a line to `say`.

    cores: that servers may use, each for one start at a time; none: they cannot be told apart, and
    there is one start at a time. A server that could not be counted once is not started again.
    Each start has a layout of its own, that of its number; see `laid_out`. kernel: whether one more
    start of each server shows what the kernel does for it.
    """

    counter: Counter
    logs: Path
    cores: Sequence[int]
    record: Callable[[CountFact], None]
    say: Callable[[str], None]
    kernel: bool = True
    _failed: set[tuple[str, str]] = field(default_factory=set)
    _at_fault: set[str] = field(default_factory=set)
    _parts: defaultdict[tuple[str, str], Tally[CodePlace]] = field(
        default_factory=lambda: defaultdict(Tally)
    )
    _counts: defaultdict[tuple[str, str], list[InstructionCount]] = field(
        default_factory=lambda: defaultdict(list)
    )

    async def run(self, jobs: Sequence[CountingJob]) -> set[str]:
        """Count them in this order, as many at once as there are cores; who failed in it.

        Servers of which the counter cannot tell have not failed. Raises HarnessError where the
        machine lacks what is needed.
        """
        free: asyncio.Queue[frozenset[int] | None] = asyncio.Queue()
        for core in self.cores:
            free.put_nowait(frozenset({core}))
        if not self.cores:
            free.put_nowait(None)
        left = Tally(job.key for job in jobs)
        await gather_all(self._when_free(job, free, left) for job in jobs)
        return self._at_fault

    async def _when_free(
        self,
        job: CountingJob,
        free: asyncio.Queue[frozenset[int] | None],
        left: Tally[tuple[str, str]],
    ) -> None:
        cpus = await free.get()
        try:
            if job.key not in self._failed:
                await self._count(job, cpus)
        finally:
            free.put_nowait(cpus)
            left[job.key] -= 1
        if not left[job.key] and job.key not in self._failed:
            self._note_spending(job.key)
            if self.kernel:
                await self._note_kernel_work(job)

    async def _count(self, job: CountingJob, cpus: frozenset[int] | None) -> None:
        profile, name = job.what.profile, job.what.profile.name
        self.say(f"counting instructions: {name}, {job.what.workload}, start {job.number}")
        log = self.logs / f"{profile.slug}.instructions-{job.number}.log"
        start = Start(job.number, log, cpus, job.number)
        try:
            with meter(self.counter) as found:
                counted = await count(job.what, start, found, self.counter)
        except CountingError as error:
            self._failed.add(job.key)
            tool = isinstance(error, CounterError)
            if not tool:
                self._at_fault.add(name)
            self.record(CountFailure(*job.key, job.number, str(error), tool))
            self.say(f"counting instructions: {name} failed: {error}")
            return
        self._keep(job, counted)

    def _keep(self, job: CountingJob, counted: Counted) -> None:
        self.record(counted.count)
        self._counts[job.key].append(counted.count)
        self._parts[job.key].update(counted.parts)

    def _note_spending(self, key: tuple[str, str]) -> None:
        """Say what all starts of one server together have spent."""
        counts, parts = self._counts[key], self._parts[key]
        if counts and parts:
            requests = sum(each.requests for each in counts)
            self.record(spending(counts[0], parts, requests))

    async def _note_kernel_work(self, job: CountingJob) -> None:
        """See what the kernel does for it, in a start of its own; it is absent where that fails."""
        log = self.logs / f"{job.what.profile.slug}.kernel.log"
        with suppress(CountingError):
            self.record(await kernel_work(job.what, Start(0, log)))


def in_turns(countables: Iterable[Countable], starts: int = STARTS) -> list[CountingJob]:
    """So many starts of each, in turns: what the machine does meanwhile, it does to all."""
    every = list(countables)
    return [CountingJob(what, number + 1) for number in range(starts) for what in every]
