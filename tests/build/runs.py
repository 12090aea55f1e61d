"""Runs: a realistic one, and small ones to reckon with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import numpy as np

from bench.facts.journal import FORMAT_VERSION
from bench.facts.load import Cell, Mode
from bench.facts.run import Facts, Instrument, Machine, Manifest, Pacing, Purpose
from bench.facts.selftest import Claim, ErrorBudget, Finding, SelfTest
from bench.facts.server import Drain, Gate, GateTest, Launch, ServerFacts
from bench.facts.settings import RunSettings, Timing
from bench.facts.slice import Cut, Doubt, DoubtKind, Role, Slice
from tests.build.slices import CLOSED, LAG_NS, MIB, OPEN, START, answered, exposure, slice_of

EACH = 250  # answers of either time in a slice of `small`: enough for a p99

MACHINE = Machine(
    cpu="Example CPU @ 2.50GHz",
    cores=2,
    memory_bytes=8 * 2**30,
    kernel="Linux 6.1.0",
    python="3.11.9",
    virtual="kvm",
    server_cores=(1,),
    generator_cores=(0,),
)


INSTRUMENT = Instrument(
    Pacing.TIMER, "no spinning: 2 cores leave none for the rest of the system", True, 1
)
PROVED = SelfTest(
    form="short",
    started_at=START.isoformat(),
    duration_s=8.2,
    claims=(
        Claim("The plan", "requests due as scheduled", "1,251", "1,251 of 1,251", Finding.HOLDS),
        Claim("Limits", "wire: ceiling", "", "56,511 a second", Finding.NOTED),
    ),
    ceiling_rps=56_511.0,
    ceiling_connections=32,
    budget=ErrorBudget(
        avg_ns=21_300, p50_ns=19_500, p90_ns=23_100, p95_ns=35_000, p99_ns=61_200, experiments=3
    ),
)  # fmt: skip


@dataclass(frozen=True)
class FakeServer:
    """A made-up server: mean time at the common rate and at saturation, CPU, start and memory."""

    name: str
    title: str
    mean_ms: float
    throughput_rps: float
    cpu_us: float
    startup_ms: float
    pss_mib: float


SEVEN = (
    FakeServer("uvicorn", "uvicorn 0.54.0 (httptools, uvloop)", 0.41, 11800, 80, 620, 52),
    FakeServer("gunicorn", "gunicorn 25.0.0 (uvicorn worker)", 0.43, 11500, 82, 900, 78),
    FakeServer("gunicorn-asgi", "gunicorn 25.0.0 (own ASGI worker)", 0.52, 8600, 110, 880, 75),
    FakeServer("hypercorn", "hypercorn 0.18.0", 0.98, 4900, 190, 700, 58),
    FakeServer("daphne", "daphne 4.2.1", 1.35, 3600, 265, 1150, 66),
    FakeServer("uwsgi", "uWSGI 2.0.31 (pyuwsgi, a2wsgi)", 0.86, 5600, 168, 1400, 61),
    FakeServer("granian", "granian 2.6.0", 0.405, 12400, 79, 760, 57),
)


SETTINGS = RunSettings(
    profiles=("uvicorn",),
    workloads=("get_item",),
    rounds=1,
    seed=7,
    timing=Timing(stage_s=0.0, budget_s=0.0),
)
"""Of a run of whose length nothing is said."""


def manifest(names: Sequence[tuple[str, str]], baseline: str = "uvicorn") -> Manifest:
    """A manifest of these servers, given as name and title."""
    return Manifest(
        format_version=FORMAT_VERSION,
        purpose=Purpose.COMPARISON,
        weighbridge="0.1.0",
        started_at=START.isoformat(),
        seed=7,
        command=("python", "-m", "bench", "run", "--servers", ",".join(name for name, _ in names)),
        settings=SETTINGS,
        machine=MACHINE,
        servers=tuple(
            ServerFacts(
                name, title, "asgi", (name, "app.main:app", "--port", "8000"), {name: "1.0"}
            )
            for name, title in names
        ),
        app="app.main:app",
        tests="tests/test_items.py",
        commit="0123abc",
        app_commit="fedcba9",
        baseline=baseline,
        instrument=INSTRUMENT,
        selftest=PROVED,
    )


def cut(names: Sequence[str]) -> Cut:
    """How the slices of these servers were cut."""
    pieces = {Mode.OPEN: dict.fromkeys(names, 16), Mode.CLOSED: dict.fromkeys(names, 8)}
    pieces[Mode.CLOSED][names[0]] = 12
    return Cut(0.2, pieces, exposure_s=1.5, lead_in_s=0.1, drain_s=5.0)


def passed(profile: str) -> Gate:
    """A gate with two tests that passed."""
    tests = (GateTest("test_get_item_success", True), GateTest("test_create_item_success", True))
    return Gate(profile, tests)


def small(*names: str, rounds: int = 3, rotations: int = 1, step: float = 2.0) -> Facts:
    """A run without noise: each server takes `step` times as long as the one before it."""
    names = names or ("uvicorn", "daphne")
    slices = [
        slice_of(
            Cell(name, "get_item", load),
            round_,
            rotation,
            [int(1_000_000 * step**place), int(3_000_000 * step**place)] * EACH,
            answered_in_window=int(1000 / step**place),
        )
        for round_ in range(1, rounds + 1)
        for rotation in range(rotations)
        for load in (OPEN, CLOSED)
        for place, name in enumerate(names)
    ]
    return Facts(
        manifest=manifest([(name, f"{name} 1.0") for name in names], names[0]),
        gates=tuple(passed(name) for name in names),
        launches=tuple(
            Launch(name, r, 600_000_000, (100,), 50 * MIB)
            for name in names
            for r in range(1, rounds + 1)
        ),
        drains=tuple(
            Drain(name, r, 60 * MIB, killed=False) for name in names for r in range(1, rounds + 1)
        ),
        rates={"get_item": 2400.0},
        cuts={"get_item": cut(names)},
        slices=tuple(slices),
        ending="finished",
    )


def realistic(
    servers: Sequence[FakeServer] = SEVEN,
    *,
    rounds: int = 5,
    rotations: int = 8,
    workloads: Sequence[str] = ("get_item",),
    seed: int = 1,
) -> Facts:
    """A run with noise: rounds differ by 1 %, slices by 2 %, and one in seven meets a burst."""
    return _realistic(tuple(servers), rounds, rotations, tuple(workloads), seed)


@cache  # facts are frozen, and hundreds of tests ask for the same few runs
def _realistic(
    servers: tuple[FakeServer, ...],
    rounds: int,
    rotations: int,
    workloads: tuple[str, ...],
    seed: int,
) -> Facts:
    rng = np.random.default_rng(seed)
    # all that is drawn is drawn in this order, which decides every expected figure
    slices = _noisy_slices(rng, servers, rounds, rotations, workloads)
    return Facts(
        manifest=manifest([(server.name, server.title) for server in servers]),
        gates=tuple(passed(server.name) for server in servers),
        launches=_noisy_launches(rng, servers, rounds),
        drains=_noisy_drains(rng, servers, rounds),
        rates=dict.fromkeys(workloads, 2400.0),
        cuts=dict.fromkeys(workloads, cut([server.name for server in servers])),
        slices=slices,
        ending="finished",
    )


def _noisy_slices(
    rng: np.random.Generator,
    servers: Sequence[FakeServer],
    rounds: int,
    rotations: int,
    workloads: Sequence[str],
) -> tuple[Slice, ...]:
    slices: list[Slice] = []
    cells = [(s, w, load) for s in servers for w in workloads for load in (OPEN, CLOSED)]
    for round_ in range(1, rounds + 1):
        starts = {server.name: rng.normal(0, 0.01) for server in servers}
        for rotation in range(rotations + 1):
            for position, index in enumerate(rng.permutation(len(cells))):
                server, workload, load = cells[index]
                slow = float(np.exp(starts[server.name] + rng.normal(0, 0.02)))
                slow *= 1.25 if rng.random() < 1 / 7 else 1.0
                ended_s = 30 + 0.6 * len(slices)
                slices.append(
                    replace(
                        _noisy(rng, server, Cell(server.name, workload, load), slow),
                        round=round_,
                        rotation=rotation,
                        position=position,
                        role=Role.EXPOSURE if rotation else Role.WARM_UP,
                        ended_s=ended_s,
                        started_at=(START + timedelta(seconds=ended_s)).isoformat(),
                    )
                )
    return tuple(slices)


def _noisy_launches(
    rng: np.random.Generator, servers: Sequence[FakeServer], rounds: int
) -> tuple[Launch, ...]:
    return tuple(
        Launch(
            server.name,
            round_,
            int(server.startup_ms * 1e6 * rng.normal(1, 0.03)),
            (100 + round_,),
            int(server.pss_mib * MIB * rng.normal(1, 0.002)),
        )
        for round_ in range(1, rounds + 1)
        for server in servers
    )


def _noisy_drains(
    rng: np.random.Generator, servers: Sequence[FakeServer], rounds: int
) -> tuple[Drain, ...]:
    return tuple(
        Drain(
            server.name,
            round_,
            int(server.pss_mib * MIB * rng.normal(1.08, 0.004)),
            killed=False,
        )
        for round_ in range(1, rounds + 1)
        for server in servers
    )


def _noisy(rng: np.random.Generator, server: FakeServer, cell: Cell, slow: float) -> Slice:
    """A slice of this server that is `slow` times as slow as it ought to be."""
    is_open = cell.load.mode is Mode.OPEN
    rate = 2400.0 if is_open else server.throughput_rps / slow
    mean_ms = server.mean_ms * slow if is_open else 32 / rate * 1e3
    count = int(rng.poisson(rate * 0.4))
    shape = 4.0 if is_open else 12.0
    times = rng.gamma(shape, mean_ms * 0.9 / shape, count) + np.where(
        rng.random(count) < 0.01, rng.exponential(8 * mean_ms, count), 0.02 * mean_ms
    )
    times_ns = (times * 1e6).astype(np.int64)
    lag = rng.exponential(LAG_NS, count).astype(np.int64)
    return replace(
        exposure(cell, answered(cell, times_ns, lag, lag // 2)),
        window_ns=400_000_000,
        cpu_ns=int(count * server.cpu_us * 1000 * slow**0.3 * rng.normal(1, 0.004)),
        doubts=(Doubt(DoubtKind.STOLEN_CPU, rng.uniform(0.02, 0.05)),)
        if rng.random() < 0.03
        else (),
    )
