"""Whether an SLO holds at one rate: pass, fail or undecided, by bounds on pooled slices.

A clause is a ratio of sums, R, against a limit, L. It is below when the mean over the slices of
numerator - L x denominator is: Fieller, Some Problems in Interval Estimation, J. R. Statist. Soc. B
16 (1954). Requests within a slice wait in one queue and are not independent, so slices are the
units (batch means: Law, Simulation Modeling and Analysis, 5th ed. (2015), section 9.5.3), and
Student's t bounds the mean. Where slices agree to the last request, as when none has failed, t
would be certain; so a share must also be bounded exactly, as that of independent requests, which is
the least doubt that there can be.

Looking again after more slices is paid for: each look has an equal share of the error, which bounds
the error of all looks together however they depend on each other (Bonferroni's inequality; what
looking costs unpaid: Jennison and Turnbull, Group Sequential Methods (2000), chapter 2). The latest
look counts.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from math import ceil, log
from typing import Final

from bench.analysis.capacity.slo import Average, Clause, ClauseCounts, Slo, Trial
from bench.stats.bounds import Bounds, of_mean, of_share

ERROR: Final = 0.05
"""Probability that a rate at the very limit is called pass or fail: half of it each."""

LOOKS: Final = (2, 3, 4, 6, 8, 12, 16, 24)
"""After so many slices a rate is looked at; more are not asked for."""

_LEVEL: Final = ERROR / 2 / len(LOOKS)


class SloDecision(StrEnum):
    """What the slices at one rate have shown."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNDECIDED = "undecided"


def decide(slo: Slo, trials: Sequence[Trial]) -> SloDecision:
    """Decide by all slices at one rate, in the order in which they were measured."""
    look = max((count for count in LOOKS if count <= len(trials)), default=None)
    return SloDecision.UNDECIDED if look is None else _look(slo, trials[:look])


def broken(slo: Slo, trials: Sequence[Trial]) -> tuple[Clause, ...]:
    """Clauses that the pooled slices (one or more) do not hold, taken at their word."""
    return tuple(
        clause
        for clause, counts in _by_clause(slo, trials)
        if (found := ratio(counts)) is None or found >= clause.allowed
    )


def slices_needed(slo: Slo, trials: Sequence[Trial]) -> int:
    """How many slices like these (one or more) it takes to pass, if not one request failed.

    None of n requests bounds a share by 1 - level^(1/n): a tenth of a per cent takes thousands.
    """
    needed = [
        log(_LEVEL) / log(1 - clause.allowed) / (sum(t.denominator for t in counts) or 1.0)
        for clause, counts in _by_clause(slo, trials)
        if not isinstance(clause, Average)
    ]
    return ceil(max(needed, default=0.0) * len(trials))


def ratio(counts: Sequence[ClauseCounts]) -> float | None:
    """Sum of numerators / sum of denominators; None when nothing was counted."""
    total = sum(each.denominator for each in counts)
    return sum(each.numerator for each in counts) / total if total else None


def _by_clause(
    slo: Slo, trials: Sequence[Trial]
) -> Iterator[tuple[Clause, tuple[ClauseCounts, ...]]]:
    return zip(slo.clauses, zip(*trials, strict=True), strict=True)


def _look(slo: Slo, trials: Sequence[Trial]) -> SloDecision:
    """Look once. All clauses must pass, each at the full level; any one may fail, at a share of it.

    That all hold is an intersection-union test: Berger, Multiparameter Hypothesis Testing and
    Acceptance Sampling, Technometrics 24 (1982).
    """
    of_all = [_bounds(clause, counts, _LEVEL) for clause, counts in _by_clause(slo, trials)]
    if all(bounds.hi < 0 for bounds in of_all):
        return SloDecision.PASS
    level = _LEVEL / len(slo.clauses)
    of_any = [_bounds(clause, counts, level) for clause, counts in _by_clause(slo, trials)]
    if any(bounds.lo > 0 for bounds in of_any):
        return SloDecision.FAIL
    return SloDecision.UNDECIDED


def _bounds(clause: Clause, counts: Sequence[ClauseCounts], level: float) -> Bounds:
    """Bound by how much an average slice exceeds what a clause allows it: the wider of both."""
    of = sum(each.denominator for each in counts)
    if not of:
        return Bounds(-1.0, 1.0)
    found = of_mean([t.numerator - clause.allowed * t.denominator for t in counts], level)
    if isinstance(clause, Average):
        return found
    exact = of_share(round(sum(each.numerator for each in counts)), round(of), level)
    scale = of / len(counts)
    return Bounds(
        min(found.lo, (exact.lo - clause.allowed) * scale),
        max(found.hi, (exact.hi - clause.allowed) * scale),
    )
