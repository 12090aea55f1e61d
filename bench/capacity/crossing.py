"""Where the SLO's figure crosses its limit: a regression on the rate, near the bracket.

For M/M/1, P(T > t) = exp(-(mu - lambda) t): the logarithm of the share that is slower than a time
is linear in the rate, exactly (Kleinrock, Queueing Systems I (1975), 5.118), and so is 1 / the
average, which is mu - lambda (5.107). Other queues come near it where few requests are slow, and
only the neighbourhood of the crossing is used. A share is fitted by its logit, which is its
logarithm while it is small and stays below 1 beyond saturation, with a variance of slices in place
of the binomial one (McCullagh and Nelder, Generalized Linear Models, 2nd ed. (1989), 4.5).
"""

from collections.abc import Mapping, Sequence
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.capacity.slo import Average, Clause, Slo, Trial

NEAR: Final = 0.15
"""Rates this far beyond the bracket, as a share, take part in the fit."""

_ROUNDS: Final = 50
_STEEPEST: Final = 30.0
_Floats = NDArray[np.float64]


def crossing(
    slo: Slo, trials: Mapping[float, Sequence[Trial]], low: float, high: float
) -> float | None:
    """The rate at which the first clause gives out, within `low` to `high`, requests a second.

    None where no clause grows with the rate in what was seen.
    """
    near = {
        rate: found
        for rate, found in trials.items()
        if low / (1 + NEAR) <= rate <= high * (1 + NEAR) and found
    }
    found = [_of_clause(clause, index, near) for index, clause in enumerate(slo.clauses)]
    known = [rate for rate in found if rate is not None]
    return float(np.clip(min(known), low, high)) if known else None


def _of_clause(clause: Clause, index: int, trials: Mapping[float, Sequence[Trial]]) -> float | None:
    """Where one clause crosses its limit; None: it does not."""
    rates = np.array([rate for rate, found in trials.items() for _ in found])
    tallies = [trial[index] for found in trials.values() for trial in found]
    numerators = np.array([tally.numerator for tally in tallies])
    denominators = np.array([tally.denominator for tally in tallies])
    if len(trials) < 2 or not denominators.all():  # noqa: PLR2004  # a line has two points
        return None
    middle = float(np.exp(np.log(rates).mean()))
    x = rates / middle - 1
    if isinstance(clause, Average):
        at, slope = _line(x, denominators / numerators)
        wanted = 1 / clause.allowed
    else:
        at, slope = _logistic(x, numerators, denominators)
        wanted = log(clause.allowed / (1 - clause.allowed))
    rising = -slope if isinstance(clause, Average) else slope
    return middle * (1 + (wanted - at) / slope) if rising > 0 else None


def _line(x: _Floats, y: _Floats) -> tuple[float, float]:
    """Intercept and slope by least squares."""
    slope, at = np.polyfit(x, y, 1)
    return float(at), float(slope)


def _logistic(x: _Floats, hits: _Floats, of: _Floats) -> tuple[float, float]:
    """Intercept and slope of the logit of a share, by iteratively reweighted least squares."""
    design = np.stack([np.ones_like(x), x], axis=1)
    share = hits.sum() / of.sum()
    beta = np.array([log((share + 1e-9) / (1 - share + 1e-9)), 0.0])
    for _ in range(_ROUNDS):
        eta = np.clip(design @ beta, -_STEEPEST, _STEEPEST)
        mean = 1 / (1 + np.exp(-eta))
        weight = of * mean * (1 - mean) + 1e-9
        working = eta + (hits - of * mean) / weight
        step = np.linalg.solve(
            design.T @ (weight[:, None] * design) + 1e-9 * np.eye(2), design.T @ (weight * working)
        )
        if np.allclose(step, beta, rtol=1e-9, atol=1e-9):
            break
        beta = step
    return float(beta[0]), float(beta[1])
