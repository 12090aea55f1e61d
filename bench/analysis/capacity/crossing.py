"""Where the SLO's figure crosses its limit: a regression on the rate, near the crossing.

For M/M/1, P(T > t) = exp(-(mu - lambda) t): the logarithm of the share that is slower than a time
is linear in the rate, exactly (Kleinrock, Queueing Systems I (1975), 5.118), and so is 1 / the
average, which is mu - lambda (5.107). Other queues come near it where few requests are slow, and
only the neighbourhood of the crossing is used. A share is fitted by its logit, which is its
logarithm while it is small and which beyond saturation lets it stay below 1 (McCullagh and Nelder,
Generalized Linear Models, 2nd ed. (1989), sections 4.3 and 4.4).
"""

from collections.abc import Mapping, Sequence
from math import log, sqrt
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.analysis.capacity.slo import Average, Clause, ClauseCounts, Slo, Trial

NEAR: Final = 0.15
"""Rates this far from those between which a clause seems to give out take part in the fit."""

_HALF: Final = 0.5
_ROUNDS: Final = 50
_STEEPEST: Final = 20.0
_Floats = NDArray[np.float64]
_Sums: TypeAlias = tuple[float, float]  # of numerators, of denominators


def crossing(
    slo: Slo, trials: Mapping[float, Sequence[Trial]], low: float, high: float
) -> float | None:
    """The rate at which the first clause gives out, within `low` to `high`, requests a second.

    None where every clause holds, its slices taken at their word.
    """
    found = [_of_clause(clause, index, trials) for index, clause in enumerate(slo.clauses)]
    known = [rate for rate in found if rate is not None]
    return float(np.clip(min(known), low, high)) if known else None


def _of_clause(clause: Clause, index: int, trials: Mapping[float, Sequence[Trial]]) -> float | None:
    """Where one clause crosses its limit, not below where it seems to hold; None: it does not."""
    counts = {rate: [trial[index] for trial in found] for rate, found in trials.items()}
    seen = {rate: pooled for rate, found in counts.items() if (pooled := _pooled(found))}
    first, last = _between(seen, clause.allowed)
    if first is None or last is None:
        return first
    near = {r: sums for r, sums in seen.items() if last / (1 + NEAR) <= r <= first * (1 + NEAR)}
    rates = np.array(list(near))
    numerators, denominators = (np.array(column) for column in zip(*near.values(), strict=True))
    middle = sqrt(last * first)
    fit = _inverse_average if isinstance(clause, Average) else _logistic
    at, slope = fit(rates / middle - 1, numerators, denominators, clause.allowed)
    return max(last, middle * (1 - at / slope)) if slope > 0 else middle


def _between(seen: Mapping[float, _Sums], allowed: float) -> tuple[float | None, float | None]:
    """The lowest rate at which a clause does not seem to hold, and the next one below it."""
    first = min((rate for rate, (hits, of) in seen.items() if hits >= allowed * of), default=None)
    if first is None:
        return None, None
    return first, max((rate for rate in seen if rate < first), default=None)


def _pooled(counts: Sequence[ClauseCounts]) -> _Sums | None:
    """Both sums of a clause at one rate; None: nothing was counted."""
    total = sum(each.denominator for each in counts)
    return (sum(each.numerator for each in counts), total) if total else None


def _inverse_average(
    x: _Floats, times: _Floats, answers: _Floats, allowed: float
) -> tuple[float, float]:
    """Fit 1 / limit - 1 / average; intercept and slope."""
    slope, at = np.polyfit(x, 1 / allowed - answers / times, 1, w=np.sqrt(answers))
    return float(at), float(slope)


def _logistic(x: _Floats, hits: _Floats, of: _Floats, allowed: float) -> tuple[float, float]:
    """Fit the logit of a share, less that of the limit, by iteratively reweighted least squares."""
    wanted = log(allowed / (1 - allowed))
    observed = (hits + _HALF) / (of + 2 * _HALF)  # a share of 0 has no logit
    design = np.stack([np.ones_like(x), x], axis=1)
    eta = np.log(observed / (1 - observed)) - wanted
    found: NDArray[np.floating[Any]] = np.zeros(2)
    for _ in range(_ROUNDS):
        mean = 1 / (1 + np.exp(-np.clip(eta + wanted, -_STEEPEST, _STEEPEST)))
        variance = mean * (1 - mean)
        weight = of * variance
        working = eta + (hits / of - mean) / variance
        scaled = design * weight[:, None]
        fresh = np.linalg.solve(scaled.T @ design, scaled.T @ working)
        eta = np.clip(design @ fresh, -_STEEPEST, _STEEPEST)
        if np.allclose(fresh, found, rtol=1e-9):
            break
        found = fresh
    return float(found[0]), float(found[1])
