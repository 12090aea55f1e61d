"""Two sides compared with something taken into account that both vary in: analysis of covariance.

The log of a figure is taken to be that of its side, plus so much for each unit of the covariate,
the same on both sides: Fisher, Statistical Methods for Research Workers, 4th ed. (1932), 49.1.
"""

from collections.abc import Sequence
from math import inf, sqrt
from typing import Final, TypeAlias

import numpy as np

from bench.stats.unpaired import Unpaired

LEAST_DF: Final = 3
"""Fewer starts tell so little of the slope that comparing without it is as good."""

Observed: TypeAlias = Sequence[tuple[float, float]]
"""Of each start a figure (> 0), and its covariate."""


def compare_adjusted(subject: Observed, reference: Observed, most: float = inf) -> Unpaired | None:
    """Compare two sides as if they had had the same covariate.

    most: by how much the log of a figure may grow with each unit of the covariate; it never
    shrinks. Where the figure moves the covariate, too, an unbounded slope would take what differs
    between the sides for an effect of the covariate. None where there are too few starts, or their
    covariates are all the same.
    """
    figures, covariates = (
        [np.array([one[place] for one in side]) for side in (subject, reference)]
        for place in (0, 1)
    )
    logs = [np.log(side) for side in figures]
    df = len(subject) + len(reference) - 3
    if df < LEAST_DF or not len(subject) or not len(reference):
        return None
    around = [side - side.mean() for side in covariates]
    spread = sum(float(side @ side) for side in around)
    if not spread:
        return None
    slope = sum(float(x @ y) for x, y in zip(around, logs, strict=True)) / spread
    slope = min(max(slope, 0.0), most)
    apart = covariates[0].mean() - covariates[1].mean()
    center = float(logs[0].mean() - logs[1].mean() - slope * apart)
    left = [y - y.mean() - slope * x for x, y in zip(around, logs, strict=True)]
    variance = sum(float(side @ side) for side in left) / df
    sizes = (len(subject), len(reference))
    slopes_error = min(sqrt(variance / spread), most)  # it is known to lie within its bounds
    error = sqrt(variance * (1 / sizes[0] + 1 / sizes[1]) + (slopes_error * float(apart)) ** 2)
    return Unpaired.of(center, error, df, sizes)
