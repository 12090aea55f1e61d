"""Figures as cells of a table: what a reader sees, and what the column is sorted by."""

from bench.formatting import VAGUE, interval, number, share, vague
from bench.report.document import Cell, Value
from bench.stats.estimate import Estimate
from bench.stats.family import Pair

NONE = "\N{EN DASH}"
"""Stands where there is no figure."""


def unshown(pair: Pair) -> str:
    """Say that a comparison shows no difference, or could not be tested; empty where it does."""
    if pair.shown:
        return ""
    return "not tested" if pair.p_adjusted is None else "no difference shown"


def estimated(estimate: Estimate | None, before: str = "") -> Cell:
    """A figure with its interval; `before`: what is to be said ahead of it."""
    if estimate is None:
        return NONE
    if vague(estimate):
        return Value(before + VAGUE, sort=estimate.value)
    detail = interval(estimate) or "no interval"
    return Value(before + number(estimate.value), detail, estimate.value)


def compared(pair: Pair) -> Cell:
    """A ratio with its interval, or that it shows no difference."""
    return estimated(pair.ratio, f"{of_pair}, " if (of_pair := unshown(pair)) else "")


def relative(value: float | None) -> Cell:
    """A relative difference: 0.0312 is "3.1%"."""
    return NONE if value is None else Value(share(value), sort=value)


def counted(count: int) -> Cell:
    """A number of things."""
    return Value(f"{count:,}", sort=count)
