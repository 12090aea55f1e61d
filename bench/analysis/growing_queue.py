"""Whether a server fell behind what was offered: when a queue was growing."""

from collections.abc import Sequence
from math import sqrt
from typing import Final

from bench.facts.slice import Observation

GROWN_SHARE: Final = 0.1
"""Of what was due in a window, by which more may wait at its end than at its beginning. A server
that falls behind by less is not told from one that keeps up in so short a time."""

CHANCE_SIGMAS: Final = 3.0
"""How many are in flight at a moment is a matter of chance, with the root of it as the spread: the
difference of two moments has the root of both."""


def growing_queue(observations: Sequence[Observation]) -> float | None:
    """By how much more waited when windows ended, as a share of what was due; None: as before.

    Of a slice in open loop, or of many of one cell: what chance may explain in one, it does not in
    many. Slices that are cut into pieces say nothing: their load begins with nothing in flight.
    """
    whole = [observation for observation in observations if observation.pieces is None]
    due = sum(each.requests for each in whole)
    begun = sum(each.waiting_at_start for each in whole)
    ended = sum(each.waiting_at_end for each in whole)
    if ended - begun > GROWN_SHARE * due + CHANCE_SIGMAS * sqrt(begun + ended + len(whole)):
        return (ended - begun) / due
    return None
