"""Facts of a search for capacity, made up: queues in virtual time, journaled as the real ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.analysis.capacity.goal import RECOVERY_S, CapacityGoal, resolved
from bench.analysis.capacity.phases import Phase, SearchState
from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.run import Facts, Manifest, Purpose
from bench.facts.server import Drain, Launch
from bench.facts.slice import Outcome, Role, Slice
from bench.proof.selftest.queue_recursion import responses
from bench.stats.histogram import Histogram
from tests.build.runs import manifest, passed
from tests.build.slices import MIB, slice_of

NS = 1_000_000_000
TOP = 40_000.0
WORKLOAD = "get_item"


@dataclass(frozen=True)
class FakeQueue:
    """A made-up server: one queue that serves `mu` requests a second, exponentially."""

    name: str
    mu: float


TWO = (FakeQueue("uvicorn", 6000), FakeQueue("granian", 9000))


def capacity_manifest(names: Sequence[str], aim: CapacityGoal) -> Manifest:
    """The manifest of a search for the capacity of these servers."""
    of_a_run = manifest([(name, f"{name} 1.0") for name in names])
    settings = replace(
        of_a_run.settings,
        connections=128,
        workloads=(WORKLOAD,),
        capacity=aim.settings,
        top_rate=TOP,
    )
    command = ("python", "-m", "bench", "capacity", "--slo", aim.slo.text)
    return replace(of_a_run, purpose=Purpose.CAPACITY, settings=settings, command=command)


def capacity_facts(fakes: Sequence[FakeQueue] = TWO, slo: str = "p95<20ms, failures<0.1%") -> Facts:
    """All phases of all servers."""
    aim = resolved(slo, 0.03, None, 3.0)
    names = [fake.name for fake in fakes]
    return Facts(
        manifest=capacity_manifest(names, aim),
        gates=tuple(passed(name) for name in names),
        launches=tuple(Launch(n, r, 600_000_000, (100,), 50 * MIB) for n in names for r in Phase),
        drains=tuple(Drain(name, r, 60 * MIB, killed=False) for name in names for r in Phase),
        slices=tuple(one for seed, fake in enumerate(fakes) for one in course(fake, aim, seed)),
        ending="finished",
    )


def course(fake: FakeQueue, aim: CapacityGoal, seed: int) -> list[Slice]:
    """All slices of one server, as the experiment would ask for them."""
    rng = np.random.default_rng(seed)
    warm = slice_of(Cell(fake.name, WORKLOAD, Load(Mode.CLOSED, 128)), 1, 0, [20_000_000])
    rps = round(fake.mu * 0.97 * warm.window_ns / NS)
    done = [replace(warm, role=Role.WARM_UP, answered_in_window=rps)]
    taken = SearchState.begun(aim, TOP, done[0])
    for phase, most in ((Phase.SEARCH, aim.search_slices), (Phase.VERIFY, 6), (Phase.OVERLOAD, 9)):
        for rotation in range(1, most + 1):
            rate = taken.next_rate(phase)
            if rate is None:
                break
            done.append(offered(rng, fake, aim, rate, phase, rotation))
            taken.take(done[-1])
    return done


def offered(
    rng: np.random.Generator,
    fake: FakeQueue,
    aim: CapacityGoal,
    rate: float,
    phase: Phase,
    rotation: int,
) -> Slice:
    """One slice: the queue is empty at first, and what is late by the end of the drain is lost."""
    lead_in_s, window_s = aim.lead_in_s, aim.window_s
    if phase is Phase.OVERLOAD:
        lead_in_s, window_s = 0.0, aim.overload_s if rotation == 1 else RECOVERY_S
    end_s = lead_in_s + window_s
    due_s = np.sort(rng.random(rng.poisson(rate * end_s))) * end_s
    due = (due_s * NS).astype(np.int64)
    times = responses(due, rng.exponential(NS / fake.mu, len(due)).astype(np.int64))
    counted = due_s >= lead_in_s
    right = counted & (due + times < (end_s + aim.drain_s) * NS)
    lost = int(counted.sum() - right.sum())
    load = Load(Mode.OPEN, 128, rate, Arrivals.POISSON)
    made = slice_of(Cell(fake.name, WORKLOAD, load), int(phase), rotation, [])
    outcomes = {Outcome.OK: int(right.sum())} | ({Outcome.UNSENT: lost} if lost else {})
    return replace(
        made,
        window_ns=round(window_s * NS),
        outcomes=outcomes,
        answered_in_window=int((counted & (due + times < end_s * NS)).sum()),
        response=Histogram.of(times[right]),
    )
