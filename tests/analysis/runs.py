"""Runs made up for the tests of what is said across runs, in memory and on disk."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from bench.analysis.measured_run import MeasuredRun, reduced
from bench.facts.journal import Journal, write_manifest
from bench.facts.load import Arrivals, Cell, Load, Mode
from bench.facts.run import Facts, Manifest
from bench.facts.server import Drain, Gate, Launch, ServerFacts
from bench.facts.slice import Cut, Slice
from tests.report.factory import OPEN, START, realistic, small
from tests.report.factory import Kind as Server

UVICORN = Server("uvicorn", "uvicorn", 0.41, 11800, 80, 620, 52)
GRANIAN = Server("granian", "granian", 0.405, 12400, 79, 760, 57)
TIMING = {"lead_in_s": 0.05, "window_s": 0.4, "drain_s": 1.0, "warm_up_s": 0.5, "budget_s": 300.0}
SETTINGS = {
    "profiles": ["uvicorn", "granian"],
    "workloads": ["get_item"],
    "rate": None,
    "connections": 32,
    "rounds": 5,
    "arrivals": "poisson",
    "client": "wire",
    "workers": 1,
    "generator_cores": 1,
    "timing": TIMING,
}


def slower(server: Server, share: float) -> Server:
    """The same server, taking longer by this share of all that it takes."""
    return replace(
        server,
        mean_ms=server.mean_ms * (1 + share),
        throughput_rps=server.throughput_rps / (1 + share),
        cpu_us=server.cpu_us * (1 + share),
    )


def noisy(seed: int, *servers: Server, rounds: int = 5, rotations: int = 4) -> Facts:
    """A run with the noise of a real one."""
    facts = realistic(servers or (UVICORN, GRANIAN), rounds=rounds, rotations=rotations, seed=seed)
    return told(facts, settings=SETTINGS, seed=seed)


def quiet(*names: str, rounds: int = 3, step: float = 2.0) -> Facts:
    """A run without noise."""
    return told(small(*names, rounds=rounds, step=step), settings=SETTINGS)


def told(facts: Facts, **changes: object) -> Facts:
    """The same run with other things in its manifest."""
    manifest: Manifest = replace(facts.manifest, **changes)  # type: ignore[arg-type]
    return replace(facts, manifest=manifest)


def later(facts: Facts, days: float) -> Facts:
    """The same run, started some days after the others."""
    return told(facts, started_at=(START + timedelta(days=days)).isoformat())


def with_settings(facts: Facts, **changes: object) -> Facts:
    """The same run with other options."""
    return told(facts, settings={**facts.manifest.settings, **changes})


def with_servers(facts: Facts, change: Callable[[ServerFacts], ServerFacts]) -> Facts:
    """The same run with other facts about each server."""
    return told(facts, servers=tuple(map(change, facts.manifest.servers)))


def versioned(facts: Facts, **versions: str) -> Facts:
    """The same run with these versions of packages, each in the environment of its server."""
    return with_servers(
        facts,
        lambda server: replace(
            server,
            packages={name: versions.get(name, kept) for name, kept in server.packages.items()},
        ),
    )


def changed(facts: Facts, change: Callable[[Slice], Slice]) -> Facts:
    """The same run with other slices."""
    return replace(facts, slices=tuple(map(change, facts.slices)))


def at_rate(facts: Facts, rate: float) -> Facts:
    """The same run, whose open loops had another offered rate."""
    load = Load(Mode.OPEN, OPEN.connections, rate, Arrivals.POISSON)

    def moved(one: Slice) -> Slice:
        if one.cell.load.mode is Mode.CLOSED:
            return one
        return replace(one, cell=Cell(one.cell.profile, one.cell.workload, load))

    return replace(changed(facts, moved), rates={"get_item": rate})


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
                        mode: dict.fromkeys((each.name for each in facts.manifest.servers), 16)
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
