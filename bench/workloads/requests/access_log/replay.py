"""The part of an access log that is replayed: its busiest, and when each of its requests is due."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.errors import UsageError
from bench.facts.settings import ReplayRecord
from bench.stats.units import NS_PER_S
from bench.workloads.requests.access_log.entry import LogEntry
from bench.workloads.requests.access_log.log import AccessLog
from bench.workloads.requests.access_log.sampling import gathered
from bench.workloads.requests.access_log.times import shown_time
from bench.workloads.requests.plain_request import MOST_REQUESTS, PlainRequest

BEFORE_S: Final = 5.0
"""Of the replay's time, that may be sent before the part that is measured: lead-ins are shorter,
but where a request takes seconds."""
AFTER_S: Final = 5.0
"""And after it, until all is answered that was due in it."""
MOST_REPLAYED: Final = 500_000
"""Requests of a part, those before and after it included: what a slice has room for."""
SPEEDS: Final = tuple(digit * 10.0**power for power in range(-2, 6) for digit in (1, 2, 5))
_SPREAD: Final = 5  # apart from what else the seed draws

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a log, ns since 1970, and how many of its requests came in it.

    unit_ns: how exactly the log has times: a second, or what it says.
    """

    start_ns: int
    end_ns: int
    requests: int
    unit_ns: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What is sent, and when.

    due_ns: when each request is due, from the beginning of the part that is measured, at the speed
    of the replay; ascending, negative for what comes before. order: which request of its set each
    is, by index.
    """

    record: ReplayRecord
    requests: tuple[PlainRequest, ...] = field(repr=False)
    due_ns: "array[int]" = field(repr=False)
    order: "array[int]" = field(repr=False)


def busiest(times: Times, window_s: float, shortest_s: float, speed: float) -> Stretch:
    """The part of a log in which most requests came; the first of several.

    times: of all requests, ns since 1970, ascending, at least one. window_s: how long the replay is
    to be, at this speed; no longer than the log, but for `shortest_s`. Where times are whole
    seconds, so are the part's ends. What is left free around its requests is so on both sides.
    """
    unit_ns = NS_PER_S if not np.any(times % NS_PER_S) else 1
    span_ns = int(times[-1] - times[0]) + unit_ns
    length_ns = max(min(window_s * speed * NS_PER_S, span_ns), shortest_s * speed * NS_PER_S)
    length_ns = ceil(length_ns / unit_ns) * unit_ns
    ends = np.searchsorted(times, times + length_ns)
    counts = ends - np.arange(len(times))
    first = int(np.argmax(counts))
    last = int(ends[first]) - 1
    earliest_ns = int(times[last]) + unit_ns - length_ns
    free_units = (int(times[first]) - earliest_ns) // unit_ns
    start_ns = earliest_ns + free_units // 2 * unit_ns
    return Stretch(start_ns, start_ns + length_ns, int(counts[first]), unit_ns)


def fast_enough(
    times: Times, window_s: float, shortest_s: float, least: int, above: float
) -> float | None:
    """A speed at which so many requests come in the busiest part; None: there is none."""
    for speed in SPEEDS:
        if speed > above and busiest(times, window_s, shortest_s, speed).requests >= least:
            return speed
    return None


def replay(log: AccessLog, times: Times, part: Stretch, speed: float, seed: int) -> Replay:
    """Read that part of a log again. Raises UsageError where it is more than can be sent.

    `times` are the log's, ascending. Requests of one whole second are spread over it evenly at
    random, in the log's order; times that are finer are kept as they are. `seed` draws.
    """
    start_ns, end_ns = _with_surroundings(log, times, part, speed)
    found = sorted(log.between(start_ns, end_ns), key=lambda entry: entry.at_ns or 0)
    logged_ns = np.array([entry.at_ns or 0 for entry in found], np.int64)
    at_ns = _spread(logged_ns, seed) if part.unit_ns == NS_PER_S else logged_ns
    measured = (at_ns >= part.start_ns) & (at_ns < part.end_ns)
    if not measured.any():
        raise UsageError(
            f"{log.source} was changed while it was read: name one that stays as it is"
        )
    requests, order = _told_apart(log, found, measured)
    sent = order >= 0
    due_ns = np.rint((at_ns - part.start_ns) / speed).astype(np.int64)
    record = ReplayRecord(
        log=log.path.name,
        form=log.form,
        began=shown_time(part.start_ns),
        ended=shown_time(part.end_ns),
        speed=speed,
        window_s=(part.end_ns - part.start_ns) / NS_PER_S / speed,
        requests=int((measured & sent).sum()),
        whole_seconds=part.unit_ns == NS_PER_S,
    )
    return Replay(
        record, requests, array("q", due_ns[sent].tolist()), array("q", order[sent].tolist())
    )


def _with_surroundings(
    log: AccessLog, times: Times, part: Stretch, speed: float
) -> tuple[int, int]:
    """From when until when requests are sent, as far as there is room. Raises UsageError."""
    start_ns = part.start_ns - round(BEFORE_S * speed * NS_PER_S)
    end_ns = part.end_ns + round(AFTER_S * speed * NS_PER_S)
    before, first, end, after = np.searchsorted(
        times, (start_ns, part.start_ns, part.end_ns, end_ns)
    ).tolist()
    room = (MOST_REPLAYED - (end - first)) // 2
    if room < 0:
        raise UsageError(
            f"{log.source} has {end - first:,} requests in the part that would be replayed: at "
            f"most {MOST_REPLAYED:,} can be; lower --replay-speed, or --budget"
        )
    if first - before > room:
        start_ns = int(times[first - room])
    if after - end > room:
        end_ns = int(times[end + room])
    return start_ns, end_ns


def _spread(whole_ns: Times, seed: int) -> Times:
    """Times within the seconds in which requests came; those of a second in their order."""
    draw = np.random.default_rng([seed, _SPREAD])
    return np.sort(whole_ns + draw.integers(NS_PER_S, size=len(whole_ns)))


def _told_apart(
    log: AccessLog, found: Sequence[LogEntry], measured: NDArray[np.bool_]
) -> tuple[tuple[PlainRequest, ...], Times]:
    """The different requests, and which of them each is; -1: it is not sent.

    Those that are measured come first: all of them have room. Raises UsageError where they have
    not.
    """
    places = np.argsort(~measured, kind="stable")
    told = gathered((found[place] for place in places), MOST_REQUESTS, log.headers)
    order = np.empty(len(found), np.int64)
    order[places] = told.order
    lacking = int((order[measured] < 0).sum()) - told.unsendable
    if lacking > 0:
        raise UsageError(
            f"{log.source} has more than {MOST_REQUESTS:,} different requests in the part that "
            "would be replayed: lower --replay-speed, or --budget"
        )
    return told.requests, order
