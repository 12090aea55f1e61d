"""From a slice to what it says of the server; nothing, where its client was at fault."""

from typing import Final

from bench.capacity.slo import Slo, Trial
from bench.domain import DoubtKind, Slice

NOT_THE_SERVER: Final = frozenset(
    {
        DoubtKind.SEND_LAG,
        DoubtKind.GENERATOR_CEILING,
        DoubtKind.GENERATOR_STARVED,
        DoubtKind.COLLECTOR_RAN,
        DoubtKind.STOLEN_CPU,
    }
)
"""The client was late, or the machine was taken away. Such a slice is left out whichever way it
went: to leave out those alone that did not hold would make the others look better. An overload, and
requests that found every connection busy, are the server's: they count."""


def trial(slo: Slo, done: Slice) -> Trial | None:
    """What a slice adds to each clause; None: it was spoiled."""
    return None if spoilers(done) else slo.trial(done)


def spoilers(done: Slice) -> list[DoubtKind]:
    """Why a slice says nothing of the server."""
    return [doubt.kind for doubt in done.doubts if doubt.kind in NOT_THE_SERVER]
