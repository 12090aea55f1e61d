"""Runs made up with the noise of a shared machine: rounds that differ, one-sided bursts in time."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bench.analysis.slice_figures import CPU
from bench.facts.load import Mode
from bench.proof.estimators.analysis import Known
from bench.proof.estimators.contest import COPIES, PLANTED

ROUNDS: Final = 5
ROTATIONS: Final = 8
ROUND_SD: Final = 0.01  # how one process differs from the next, of the log
SLICE_SD: Final = 0.02  # how one slice differs from the next
BURST_RATE: Final = 0.02  # that a burst begins with a slice
BURST_SLICES: Final = 10.0  # that it lasts, mean: it goes over several profiles
BURST_DEPTH: Final = (0.05, 0.4)  # how much longer everything takes in it


def simulated(runs: int, seed: int = 1) -> Iterator[Known]:
    """So many runs of copies of one server, and of it slowed."""
    rng = np.random.default_rng(seed)
    planted = {f"slower-{share:g}": share for share in PLANTED}
    effects = dict.fromkeys([f"copy-{n}" for n in range(COPIES)], 0.0) | planted
    for _ in range(runs):
        yield Known(Mode.CLOSED, CPU, _run(rng, effects), planted)


def _run(
    rng: np.random.Generator, effects: dict[str, float]
) -> dict[str, dict[tuple[int, int], float]]:
    names = list(effects)
    found: dict[str, dict[tuple[int, int], float]] = {name: {} for name in names}
    left, depth = 0, 0.0
    for round_ in range(1, ROUNDS + 1):
        process = {name: rng.normal(0, ROUND_SD) for name in names}
        for rotation in range(1, ROTATIONS + 1):
            for index in rng.permutation(len(names)):
                if left == 0 and rng.random() < BURST_RATE:
                    left, depth = int(rng.geometric(1 / BURST_SLICES)), rng.uniform(*BURST_DEPTH)
                slow = np.log1p(depth) if left else 0.0
                left = max(0, left - 1)
                name = names[index]
                log = np.log1p(effects[name]) + process[name] + rng.normal(0, SLICE_SD) + slow
                found[name][round_, rotation] = float(np.exp(log))
    return found
