"""Facts made up for the tests of the reports: a realistic run, and small ones to reckon with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from bench.facts.journal import FORMAT_VERSION
from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.run import Facts, Instrument, Machine, Manifest, Pacing, Purpose
from bench.facts.selftest import Claim, ErrorBudget, Finding, SelfTest
from bench.facts.server import Drain, Gate, GateTest, Launch, ServerFacts
from bench.facts.slice import Cut, Doubt, DoubtKind, Outcome, Role, Slice, Stalls, Verdict
from bench.stats.histogram import Histogram

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MIB = 2**20
LAG_NS = 40_000
EACH = 250  # answers of either time in a slice of `small`: enough for a p99
OPEN = Load(Mode.OPEN, 32, 2400.0, Arrivals.POISSON)
CLOSED = Load(Mode.CLOSED, 32)

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
class Kind:
    """A made-up server: mean time at the common rate and at saturation, CPU, start and memory."""

    name: str
    title: str
    mean_ms: float
    throughput_rps: float
    cpu_us: float
    startup_ms: float
    pss_mib: float


SEVEN = (
    Kind("uvicorn", "uvicorn 0.54.0 (httptools, uvloop)", 0.41, 11800, 80, 620, 52),
    Kind("gunicorn", "gunicorn 25.0.0 (uvicorn worker)", 0.43, 11500, 82, 900, 78),
    Kind("gunicorn-asgi", "gunicorn 25.0.0 (own ASGI worker)", 0.52, 8600, 110, 880, 75),
    Kind("hypercorn", "hypercorn 0.18.0", 0.98, 4900, 190, 700, 58),
    Kind("daphne", "daphne 4.2.1", 1.35, 3600, 265, 1150, 66),
    Kind("uwsgi", "uWSGI 2.0.31 (pyuwsgi, a2wsgi)", 0.86, 5600, 168, 1400, 61),
    Kind("granian", "granian 2.6.0", 0.405, 12400, 79, 760, 57),
)


def manifest(names: Sequence[tuple[str, str]], baseline: str = "uvicorn") -> Manifest:
    """A manifest of these servers, given as name and title."""
    return Manifest(
        format_version=FORMAT_VERSION,
        purpose=Purpose.COMPARISON,
        weighbridge="0.1.0",
        started_at=START.isoformat(),
        seed=7,
        command=("python", "-m", "bench", "run", "--servers", ",".join(name for name, _ in names)),
        settings={"client": "wire", "connections": 32, "workers": 1, "arrivals": "poisson"},
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


def piece(
    cell: Cell, round_: int, rotation: int, times_ns: Sequence[int], **changes: object
) -> Slice:
    """One valid slice of half a second whose right answers took these times."""
    times = np.asarray(times_ns, dtype=np.int64)
    is_open = cell.load.mode is Mode.OPEN
    lag = np.full(len(times), LAG_NS)
    built = Slice(
        cell=cell,
        round=round_,
        rotation=rotation,
        position=0,
        role=Role.EXPOSURE,
        ended_s=0.0,
        started_at=(START + timedelta(seconds=10 * round_ + rotation)).isoformat(),
        window_ns=500_000_000,
        outcomes={Outcome.OK: len(times_ns)},
        answered_in_window=len(times_ns),
        in_flight_mean=32.0,
        response=Histogram.of(times) if is_open else None,
        connection_wait=Histogram.of(np.zeros_like(times)) if is_open else None,
        send_lag=Histogram.of(lag) if is_open else None,
        service=Histogram.of(times),
        client_delay=Histogram.of(times // 10 if is_open else times[::8] // 10),
        raw=Histogram.of(times + lag + times // 10 if is_open else times[::8]),
        corrected=None if is_open else Histogram.of(times[::8] - times[::8] // 10),
        stalls=Stalls(0, 0, 0),
        waiting_at_start=1,
        waiting_at_end=1,
        cpu_ns=len(times_ns) * 80_000,
        cpu_requests=len(times_ns),
        settling_ns=0,
        settled=True,
        processes_changed=0,
        connections_opened=0,
        connections_lost=0,
        network_ns=5_000,
        generator_cpu_ns=len(times_ns) * 9_000,
        generator_cpu_share=0.4,
        starved_share=0.001,
        preemptions=2,
        stolen_share=0.0,
        collections=0,
    )
    return replace(built, **changes)  # type: ignore[arg-type]


def small(*names: str, rounds: int = 3, rotations: int = 1, step: float = 2.0) -> Facts:
    """A run without noise: each server takes `step` times as long as the one before it."""
    names = names or ("uvicorn", "daphne")
    slices = [
        piece(
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
    kinds: Sequence[Kind] = SEVEN,
    *,
    rounds: int = 5,
    rotations: int = 8,
    workloads: Sequence[str] = ("get_item",),
    seed: int = 1,
) -> Facts:
    """A run with noise: rounds differ by 1 %, slices by 2 %, and one in seven meets a burst."""
    rng = np.random.default_rng(seed)
    slices: list[Slice] = []
    for round_ in range(1, rounds + 1):
        starts = {kind.name: rng.normal(0, 0.01) for kind in kinds}
        for rotation in range(rotations + 1):
            cells = [(k, w, load) for k in kinds for w in workloads for load in (OPEN, CLOSED)]
            for position, index in enumerate(rng.permutation(len(cells))):
                kind, workload, load = cells[index]
                slow = float(np.exp(starts[kind.name] + rng.normal(0, 0.02)))
                slow *= 1.25 if rng.random() < 1 / 7 else 1.0
                cell = Cell(kind.name, workload, load)
                slices.append(
                    replace(
                        _noisy(rng, kind, cell, slow),
                        round=round_,
                        rotation=rotation,
                        position=position,
                        role=Role.EXPOSURE if rotation else Role.WARM_UP,
                        ended_s=30 + 0.6 * len(slices),
                        started_at=(START + timedelta(seconds=30 + 0.6 * len(slices))).isoformat(),
                    )
                )
    return Facts(
        manifest=manifest([(kind.name, kind.title) for kind in kinds]),
        gates=tuple(passed(kind.name) for kind in kinds),
        launches=tuple(
            Launch(
                kind.name,
                r,
                int(kind.startup_ms * 1e6 * rng.normal(1, 0.03)),
                (100 + r,),
                int(kind.pss_mib * MIB * rng.normal(1, 0.002)),
            )
            for r in range(1, rounds + 1)
            for kind in kinds
        ),
        drains=tuple(
            Drain(kind.name, r, int(kind.pss_mib * MIB * rng.normal(1.08, 0.004)), killed=False)
            for r in range(1, rounds + 1)
            for kind in kinds
        ),
        rates=dict.fromkeys(workloads, 2400.0),
        cuts=dict.fromkeys(workloads, cut([kind.name for kind in kinds])),
        slices=tuple(slices),
        ending="finished",
    )


def _noisy(rng: np.random.Generator, kind: Kind, cell: Cell, slow: float) -> Slice:
    """A slice of this server that is `slow` times as slow as it ought to be."""
    is_open = cell.load.mode is Mode.OPEN
    rate = 2400.0 if is_open else kind.throughput_rps / slow
    mean_ms = kind.mean_ms * slow if is_open else 32 / rate * 1e3
    count = int(rng.poisson(rate * 0.4))
    shape = 4.0 if is_open else 12.0
    times = rng.gamma(shape, mean_ms * 0.9 / shape, count) + np.where(
        rng.random(count) < 0.01, rng.exponential(8 * mean_ms, count), 0.02 * mean_ms
    )
    times_ns = (times * 1e6).astype(np.int64)
    lag = rng.exponential(LAG_NS, count).astype(np.int64)
    return replace(
        piece(cell, 0, 0, times_ns.tolist()),
        window_ns=400_000_000,
        send_lag=Histogram.of(lag) if is_open else None,
        service=Histogram.of(times_ns),
        client_delay=Histogram.of(lag // 2 if is_open else lag[::8] // 2),
        raw=Histogram.of(times_ns + lag + lag // 2 if is_open else times_ns[::8]),
        corrected=None if is_open else Histogram.of(times_ns[::8] - lag[::8] // 2),
        cpu_ns=int(count * kind.cpu_us * 1000 * slow**0.3 * rng.normal(1, 0.004)),
        doubts=(Doubt(DoubtKind.STOLEN_CPU, rng.uniform(0.02, 0.05)),)
        if rng.random() < 0.03
        else (),
    )


def troubled(facts: Facts) -> Facts:
    """The same run after much went wrong: gates, answers, doubts, and an early end."""
    changed = tuple(_trouble(one) for one in facts.slices if one.cell.profile != "gunicorn-asgi")
    failed = (
        GateTest("test_get_item_success", True),
        GateTest(
            "test_create_item_invalid_input",
            False,
            "assert 422 == 500\n  where | 500 = <Response [500]> `x` <script>alert(1)</script>",
        ),
    )
    gates = tuple(
        Gate(gate.profile, failed) if gate.profile == "gunicorn-asgi" else gate
        for gate in facts.gates
    )
    return replace(
        facts,
        slices=changed,
        gates=gates,
        launches=tuple(x for x in facts.launches if x.profile != "gunicorn-asgi"),
        drains=tuple(
            replace(x, failure="process 4121 died: signal 11 (SIGSEGV)", killed=True)
            if x.profile == "uwsgi" and x.round == 2
            else x
            for x in facts.drains
            if x.profile != "gunicorn-asgi"
        ),
        ending="interrupted",
        notes=("journal.jsonl: the last line was cut off and left out.",),
    )


def _trouble(one: Slice) -> Slice:
    """Wrong answers from uwsgi, lag at daphne, and a saturated generator in closed loop."""
    if one.cell.profile == "uwsgi":
        ok = one.outcomes[Outcome.OK]
        return replace(
            one,
            outcomes={Outcome.OK: ok - 40, Outcome.WRONG_STATUS: 30, Outcome.RESET: 10},
            verdict=Verdict.INVALID,
            doubts=(Doubt(DoubtKind.WRONG_RESPONSES, 40 / ok, fatal=True),),
        )
    if one.cell.profile == "daphne" and one.rotation % 3 == 1:
        return replace(
            one,
            verdict=Verdict.SUSPECT,
            doubts=(Doubt(DoubtKind.LITTLES_LAW, 0.8), Doubt(DoubtKind.CONNECTIONS_LOST, 3)),
        )
    if one.cell.profile == "granian" and one.cell.load.mode is Mode.CLOSED:
        return replace(
            one, verdict=Verdict.SUSPECT, doubts=(Doubt(DoubtKind.GENERATOR_SATURATED, 0.97),)
        )
    return one


def changed_slices(facts: Facts, slices: Sequence[Slice]) -> Facts:
    """The same run with other slices."""
    return replace(facts, slices=tuple(slices))
