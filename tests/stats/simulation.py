"""Runs made up with the noise of a real machine: rounds that differ, and one-sided bursts."""

from collections.abc import Sequence

import numpy as np

from bench.stats.compare import Series

ROUND_SD = 0.01  # how one process differs from the next, of the log
SLICE_SD = 0.03  # how one slice differs from the next
BURSTS = 0.15  # share of slices that a burst slows by 5 to 40 %


def run(
    rng: np.random.Generator,
    effects: Sequence[float],
    *,
    rounds: int = 5,
    rotations: int = 8,
    noisier: Sequence[float] = (),
) -> dict[str, Series]:
    """One run: a figure (a time) of each slice of each profile, "p0", "p1" and so on.

    effects: how much longer each profile takes, as a share. noisier: how many times as much the
    rounds of the last profiles differ as those of the others.
    """
    found: dict[str, Series] = {}
    factors = [1.0] * (len(effects) - len(noisier)) + list(noisier)
    for index, (effect, factor) in enumerate(zip(effects, factors, strict=True)):
        logs = np.log1p(effect) + rng.normal(0, ROUND_SD * factor, (rounds, 1))
        logs = logs + rng.normal(0, SLICE_SD, (rounds, rotations))
        slow = rng.random((rounds, rotations)) < BURSTS
        logs = logs + np.where(slow, np.log1p(rng.uniform(0.05, 0.4, slow.shape)), 0)
        figures = np.exp(logs)
        found[f"p{index}"] = {
            (r, t): float(figures[r, t]) for r in range(rounds) for t in range(rotations)
        }
    return found
