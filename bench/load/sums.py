"""Observations of one slice by several, or one after the other: what of them adds up."""

from collections.abc import Sequence
from typing import Final

from bench.facts.slice import Observation, Outcome
from bench.stats.histogram import Histogram

ERRORS_KEPT: Final = 5
"""In words, of all that are put together."""


def outcomes(parts: Sequence[Observation]) -> dict[Outcome, int]:
    """How many requests had each outcome; without those that none had."""
    totals = {outcome: sum(part.outcomes.get(outcome, 0) for part in parts) for outcome in Outcome}
    return {outcome: total for outcome, total in totals.items() if total}


def histogram(found: Sequence[Histogram | None]) -> Histogram | None:
    """The sum of all; None where one of them is not known."""
    known = [each for each in found if each is not None]
    return Histogram.merged(known) if len(known) == len(found) else None
