"""Runs made up for the tests of what is said across runs, in memory and on disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.analysis.several_runs.measured_run import MeasuredRun, reduced
from bench.facts.journal import Journal, write_manifest
from bench.facts.load import Mode
from bench.facts.run import Facts
from bench.facts.server import Drain, Gate, Launch
from bench.facts.settings import RunSettings, Timing
from bench.facts.slice import Cut, Slice
from tests.build.runs import FakeServer, realistic, small
from tests.build.variants import with_manifest

UVICORN = FakeServer("uvicorn", "uvicorn", 0.41, 11800, 80, 620, 52)
GRANIAN = FakeServer("granian", "granian", 0.405, 12400, 79, 760, 57)
TIMING = Timing(lead_in_s=0.05, window_s=0.4, warm_up_s=0.5, budget_s=300.0)
SETTINGS = RunSettings(
    profiles=("uvicorn", "granian"), workloads=("get_item",), rounds=5, seed=7, timing=TIMING
)


def slower(server: FakeServer, share: float) -> FakeServer:
    """The same server, taking longer by this share of all that it takes."""
    return replace(
        server,
        mean_ms=server.mean_ms * (1 + share),
        throughput_rps=server.throughput_rps / (1 + share),
        cpu_us=server.cpu_us * (1 + share),
    )


def noisy(seed: int, *servers: FakeServer, rounds: int = 5, rotations: int = 4) -> Facts:
    """A run with the noise of a real one."""
    facts = realistic(servers or (UVICORN, GRANIAN), rounds=rounds, rotations=rotations, seed=seed)
    return with_manifest(facts, settings=SETTINGS, seed=seed)


def quiet(*names: str, rounds: int = 3, step: float = 2.0) -> Facts:
    """A run without noise."""
    return with_manifest(small(*names, rounds=rounds, step=step), settings=SETTINGS)


def run(facts: Facts, name: str = "results/a") -> MeasuredRun:
    """A run as it is compared."""
    return reduced(name, facts)


def on_disk(folder: Path, facts: Facts) -> Path:
    """Write a run as the program does."""
    folder.mkdir(parents=True)
    write_manifest(folder, facts.manifest)
    with Journal(folder) as journal:
        found: list[Gate | Launch | Slice | Drain] = [*facts.gates, *facts.launches, *facts.slices]
        for fact in [*found, *facts.drains]:
            journal.write(fact)
        for workload, rate in facts.rates.items():
            journal.rate(
                workload,
                rate,
                Cut(
                    0.2,
                    {
                        mode: dict.fromkeys((server.name for server in facts.manifest.servers), 16)
                        for mode in Mode
                    },
                    exposure_s=1.6,
                    lead_in_s=0.1,
                    drain_s=5.0,
                ),
            )
        if facts.ending:
            journal.end(facts.ending)
    return folder


def seeds(count: int) -> Sequence[int]:
    """Seeds of simulated runs, none twice."""
    return [int(seed) for seed in np.random.default_rng(5).permutation(10_000)[:count]]
