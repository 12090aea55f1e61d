"""A server that stands still: who must be slow, by the server's own record of that time."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from bench.facts.selftest import Claim
from bench.load.reckoning.stalls import silences
from bench.proof.selftest.claims import claim, noted
from bench.proof.selftest.exactness import BUCKET
from bench.proof.selftest.formatting import ms
from bench.proof.selftest.server_record import (
    CLOCKS_NS,
    AnswerTimes,
    Recorded,
    Times,
    counted,
    measured,
    reported,
    shortest_times,
    waiting_since,
)
from bench.stats.histogram import MIDPOINTS_NS, Histogram

GROUP: Final = "A server that stalls for a time S (SIGSTOP)"
OMISSION: Final = "What a closed loop omits"
_AT: Final = (0.25, 0.5, 0.75)  # of the stall
NEAR: Final = 1 / 8
"""Of the stall: coordinated omission, or a stall that is not seen, is off by the whole of it."""


def open_loop(asked_ns: int, seen: Recorded) -> list[Claim]:
    """Every request that was due while the server stood still waited for its end.

    By the server's books it took so long at the least, and by the client's own reading at the most:
    no delay of anybody can bring what is reported out of these bounds.
    """
    if seen.answers is None:
        return []
    stood_ns = stood_still(seen.answers)
    return [
        _stood(asked_ns, stood_ns),
        _slower(stood_ns, seen, seen.answers),
        _longest(stood_ns, seen, seen.answers),
    ]


def stood_still(answers: AnswerTimes) -> int:
    """Longest time in which no answer left the server, by its own books, ns."""
    return int(np.diff(np.sort(answers.left)).max(initial=0))


def _stood(asked_ns: int, stood_ns: int) -> Claim:
    """The server did as it was told, or there is nothing to see."""
    return claim(
        GROUP,
        "S by the server's record",
        f"at least {ms(asked_ns, digits=0)}",
        ms(stood_ns, digits=0),
        holds=stood_ns >= asked_ns - CLOCKS_NS,
    )


def _slower(stood_ns: int, seen: Recorded, answers: AnswerTimes) -> Claim:
    trace, which = seen.trace, counted(seen.trace)
    least = shortest_times(waiting_since(trace), answers, seen.connections)[which]
    most, found = (trace.done - trace.due)[which], reported(trace.observation)
    bounds = [_bounds(stood_ns * share, least, most) for share in _AT]
    counts = [_above(found, stood_ns * share) for share in _AT]
    return claim(
        GROUP,
        "slower than S/4, S/2, 3S/4",
        ", ".join(f"{low:,}-{high:,}" for low, high in bounds),
        ", ".join(f"{each:,}" for each in counts),
        holds=bounds[0][0] > 0 and _all_within(counts, bounds),
    )


def _bounds(time_ns: float, least: Times, most: Times) -> tuple[int, int]:
    """How many are slower at the least and at the most; a histogram's value may be off."""
    spare = time_ns * BUCKET + CLOCKS_NS
    return int((least > time_ns + spare).sum()), int((most > time_ns - spare).sum())


def _above(times: Histogram, time_ns: float) -> int:
    return int(times.held[MIDPOINTS_NS[times.used] > time_ns].sum())


def _all_within(found: Sequence[int], bounds: Sequence[tuple[int, int]]) -> bool:
    return all(low <= each <= high for each, (low, high) in zip(found, bounds, strict=True))


def _longest(stood_ns: int, seen: Recorded, answers: AnswerTimes) -> Claim:
    """The stall that is reported is the server's, but for the way of the messages at its ends.

    Where either process had to wait for a core between the clock and the kernel, the way is long.
    """
    trace = seen.trace
    there, back = answers.came - trace.sent, trace.sent + measured(trace) - answers.left
    near = max(stood_ns * NEAR, float(there.max() + back.max() + CLOCKS_NS))
    within = silences(answers.came, answers.left, answers.left).within(trace.start, trace.end)
    found = trace.observation.stalls.longest_ns
    return claim(
        GROUP,
        "the longest stall",
        f"{within.longest_ns / 1e6:.0f} (within {ms(near, digits=0)})",
        ms(found, digits=0),
        holds=abs(found - within.longest_ns) <= near,
    )


def closed_loop(seen: Recorded) -> list[Claim]:
    """Every connection has one request that waited for the end of the stall, and no other.

    By the server's books at the least; and at the most those that another's delay has made slow.
    """
    if seen.answers is None:
        return []
    half, near = (stood_still(seen.answers) * share for share in (0.5, NEAR))
    took, found = seen.answers.took, _above(seen.trace.observation.service, half)
    longer = max(near, float((measured(seen.trace) - took).max()))
    low, high = int((took > half + near).sum()), int((took > half - longer).sum())
    return [
        claim(
            GROUP,
            f"closed loop, {seen.connections} connections: slower than S/2",
            f"{low}-{high}, by the server's record",
            f"{found}",
            holds=0 < low <= found <= high,
        )
    ]


def omission(services: Histogram) -> Claim:
    """Note how little a closed loop sees of a stall: coordinated omission."""
    tail = services.percentile_ns(99)
    return noted(OMISSION, "p99 of a server that stalled", "none" if tail is None else ms(tail))
